"""The end of a staged function: what it gives, and where a `try` is around its calls, what it throws.

There a function does not raise: it also gives the number of what it throws (0: nothing), and the values in that, and
each of its calls goes on to the handler that takes it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from snek_strategies.ir.syntax import Atom, Block, Node
from snek_strategies.ir.types import INT, Type
from snek_strategies.staging.attempts import Thrown, stored_in
from snek_strategies.staging.builder import OpenBlock, builder
from snek_strategies.staging.join import RAISES, Absent, project, slots, zero
from snek_strategies.staging.left_regions import Leaves, exits_in, patched
from snek_strategies.staging.refusal import refuse
from snek_strategies.staging.rep import Rep, lift
from snek_strategies.staging.watch import Watch


@dataclass(eq=False)
class FunctionAttempt:
    """Stands around a function that is being staged; one that is `catching` takes all that is thrown in it."""

    name: str
    label: int
    depth: int
    watching: Watch
    catching: bool
    kinds: list[Thrown]
    exits: list[tuple[int, tuple[Atom, ...]]] = field(default_factory=list)

    @property
    def operations(self) -> bool:
        """Whether it takes what operations raise."""
        return self.catching

    def takes(self, error: BaseException) -> bool:  # noqa: ARG002 - all or none
        """Tell whether it takes an exception; refuses to raise after a change that would be forgotten."""
        inside = builder().open[self.depth :]
        if self.watching.changed() is not None or stored_in(inside):
            refuse(
                f"{self.name} calls itself, and changes something outside it before it raises; return the new values "
                "instead",
                code="SNK0210",
            )
        return self.catching

    def leave(self, thrown: Thrown, reps: tuple[Rep, ...]) -> None:
        """Emit the end of the function."""
        kind = next((at for at, one in enumerate(self.kinds) if one.same(thrown)), len(self.kinds))
        if kind == len(self.kinds):
            self.kinds.append(thrown)
        self.exits.append((kind, tuple(rep.atom for rep in reps)))
        builder().reflect("leave", (), {"label": self.label, "exit": len(self.exits) - 1}, types=())

    def throws(self, block: OpenBlock) -> bool:
        """Tell whether something is thrown in the function's body."""
        return bool(exits_in(block.nodes, self.label))

    def ended(self, block: OpenBlock, result: object, value: object) -> Block:
        """Return the function's block; `result` is the template of what it gives, `value` what its body gives."""
        if not self.kinds:
            return builder().reopen(block, lambda: tuple(project(result, value)))
        none = tuple(zero(one) for one in slots(result))
        leaves: Leaves = {
            number: ((), tuple(self._given(none, kind + 1, payload)))
            for number, (kind, payload) in enumerate(self.exits)
        }
        block.nodes[:] = patched(tuple(block.nodes), self.label, leaves)
        given = RAISES if isinstance(value, Absent) else value
        closed = builder().reopen(block, lambda: tuple(self._given(tuple(project(result, given)), 0, ())))
        syms = tuple(builder().sym(atom.type) for atom in closed.results)
        effects = frozenset({"raise"}).union(*(node.effects for node in closed.nodes))
        region = Node(syms, "try", (), (("label", self.label),), (Block((), closed.nodes, closed.results),), effects)
        return Block(closed.parameters, (region,), syms)

    def _given(self, own: tuple[Atom, ...], number: int, payload: tuple[Atom, ...]) -> Iterator[Atom]:
        yield lift(number)
        yield from own
        for at, thrown in enumerate(self.kinds, 1):
            yield from payload if at == number else map(zero, thrown.types)


def given_types(result: object, kinds: tuple[Thrown, ...]) -> tuple[Type, ...]:
    """Return the types that a staged function gives: its number comes first where it throws something."""
    own = tuple(slots(result))
    return own if not kinds else (INT, *own, *(one for thrown in kinds for one in thrown.types))
