"""How a whole program ends by an exception: what it has changed until then is the caller's, as Python leaves it.

A `raise` after a change leaves the program, as a region, with what its containers and arrays hold at that moment; the
host changes the caller's and raises. One before any change stays a `raise`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from snek_strategies.ir.interpretations import filled
from snek_strategies.ir.rules import effects_of
from snek_strategies.ir.syntax import Atom, Block, Const, Node
from snek_strategies.ir.types import INT
from snek_strategies.staging.attempts import Thrown
from snek_strategies.staging.builder import builder
from snek_strategies.staging.join import zero
from snek_strategies.staging.left_regions import exits_in
from snek_strategies.staging.pytrees import Path
from snek_strategies.staging.rep import Rep

Changes = tuple[tuple[Path, object], ...]
"""Containers of the caller's by their paths in the arguments, each with the structure of what it holds afterwards."""


@dataclass(frozen=True)
class Failure:
    """An end by an exception: what is thrown, what has changed by then, and where the values for both begin."""

    thrown: Thrown
    changes: Changes
    start: int
    held: int

    def of_changes(self, values: tuple[object, ...]) -> tuple[object, ...]:
        """Return the values of the containers, from all that the program gives."""
        return values[self.start : self.start + self.held]

    def error(self, values: tuple[object, ...]) -> BaseException:
        """Return the exception, from all that the program gives."""
        given = iter(values[self.start + self.held :])
        error = self.thrown.exception(*filled(self.thrown.arguments, given))
        if self.thrown.cause is not None:
            error.__cause__ = self.thrown.cause[0](*filled(self.thrown.cause[1], given))
        return error


@dataclass(frozen=True)
class _Exit:
    thrown: Thrown
    changes: Changes
    held: tuple[Atom, ...]
    payload: tuple[Atom, ...]

    @property
    def atoms(self) -> tuple[Atom, ...]:
        return (*self.held, *self.payload)


@dataclass(eq=False)
class ProgramAttempt:
    """Stands around a whole program: it takes what no handler in it takes."""

    label: int
    changed_to: Callable[[list[Atom]], Changes]
    exits: list[_Exit] = field(default_factory=list)
    operations: bool = False
    """What operations raise by themselves stays theirs."""

    def takes(self, error: BaseException) -> bool:  # noqa: ARG002 - it takes any
        """Tell that it takes an exception."""
        return True

    def leave(self, thrown: Thrown, reps: tuple[Rep, ...]) -> None:
        """Emit the end of the program."""
        held: list[Atom] = []
        changes = self.changed_to(held)
        builder().check_scope(tuple(held))
        self.exits.append(_Exit(thrown, changes, tuple(held), tuple(rep.atom for rep in reps)))
        builder().reflect("leave", (), {"label": self.label, "exit": len(self.exits) - 1}, types=())

    def ended(self, nodes: list[Node], results: list[Atom]) -> tuple[list[Node], list[Atom], tuple[Failure, ...]]:
        """Return the program's nodes, what it yields, and the ends among that after which something has changed."""
        used = sorted(exits_in(nodes, self.label))
        changing = [number for number in used if self.exits[number].changes]
        failures: list[Failure] = []
        start = len(results)
        for number in changing:
            one = self.exits[number]
            failures.append(Failure(one.thrown, one.changes, start, len(one.held)))
            start += len(one.atoms)
        patched = list(self._patched(nodes, results, changing))
        if not changing:
            return patched, results, ()
        given = self._given(results, changing, None)
        syms = tuple(builder().sym(atom.type) for atom in given)
        region = Block((), tuple(patched), given)
        raises = frozenset({"raise"}).union(*(node.effects for node in patched))
        node = Node(syms, "try", (), (("label", self.label),), (region,), raises)
        return [node], list(syms), tuple(failures)

    def _given(self, results: list[Atom], changing: list[int], left: int | None) -> tuple[Atom, ...]:
        """Return what an end of the program yields: what belongs to other ends is zero."""
        own = tuple(results) if left is None else tuple(zero(atom.type) for atom in results)
        for number in changing:
            atoms = self.exits[number].atoms
            own += atoms if number == left else tuple(zero(atom.type) for atom in atoms)
        return (*own, Const(0 if left is None else changing.index(left) + 1, INT))

    def _patched(
        self, nodes: list[Node] | tuple[Node, ...], results: list[Atom], changing: list[int]
    ) -> Iterator[Node]:
        for node in nodes:
            params = dict(node.params)
            if node.primitive == "leave" and params["label"] == self.label:
                number = params["exit"]
                assert isinstance(number, int)
                if number in changing:
                    operands = self._given(results, changing, number)
                    yield replace(node, operands=operands, params=(("label", self.label),))
                else:
                    yield _raise(self.exits[number], node)
            elif "raise" in node.effects and node.blocks:
                blocks = (replace(one, nodes=tuple(self._patched(one.nodes, results, changing))) for one in node.blocks)
                yield replace(node, blocks=tuple(blocks))
            else:
                yield node


def _raise(one: _Exit, node: Node) -> Node:
    thrown = one.thrown
    params: list[tuple[str, object]] = [("exception", thrown.exception), ("arguments", thrown.arguments)]
    if thrown.cause is not None:
        params.append(("cause", thrown.cause))
    return Node((), "raise", one.payload, tuple(params), (), effects_of("raise", one.payload), node.place)
