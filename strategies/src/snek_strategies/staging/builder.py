"""The builder: reflect emits a node into the open block, reify collects a block from a piece of Python."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

from snek_core_transform.errors import Place, StagingError
from snek_strategies.ir.rules import effects_of, may_raise, results_of, with_extents
from snek_strategies.ir.symbols import Symbol
from snek_strategies.ir.syntax import Atom, Block, Node, Sym
from snek_strategies.ir.types import Type
from snek_strategies.staging.refusal import refuse, user_place

if TYPE_CHECKING:
    from snek_strategies.staging.rep import Rep


@dataclass(frozen=True)
class Outdated(Sym):
    """Stands for what an array was that may since have changed under another name; no node binds it."""

    was: Atom | None = None


class Store(NamedTuple):
    """A store into an array: what it held before, and how many nodes its block had after."""

    rep: Rep
    before: Atom
    nodes: int


@dataclass(eq=False)
class OpenBlock:
    """A block that is still being filled."""

    parameters: tuple[Sym, ...]
    nodes: list[Node] = field(default_factory=list)
    bound: set[int] = field(default_factory=set)
    journal: list[Store] = field(default_factory=list)
    written: list[tuple[Rep, Atom]] = field(default_factory=list)
    """The arrays of the blocks around it that a closed block stores into, each with what it holds at the end."""
    made: list[Rep] = field(default_factory=list)
    """The arrays that are made in it, or in a block inside it, to store into."""
    hosts: list[tuple[object, tuple[object, ...]]] = field(default_factory=list)
    """The containers that the block changes, each with its content at the end; they hold again what they held."""
    place: Place | None = None
    """The construct that the block is traced for."""
    given: Callable[[], Iterable[Atom | None]] = tuple
    """What the parameters are at first, as far as it comes from the next stage; asked when staging stops."""
    decided_by: OpenBlock | None = None
    """Of a loop's body, the test."""
    facts: dict[int, tuple[bool, int]] = field(default_factory=dict)
    """The flags that are known to hold or not here, and how many nodes the block had when that was found."""


class Builder:
    """Holds the open blocks of one program, innermost last. One builder a staging, found through the context."""

    def __init__(self) -> None:
        self.open: list[OpenBlock] = []
        self._next = 0
        self._labels = 0
        self.writable_scalars = False
        """Whether an argument is an array of rank 0: `+=` would write to it, where a NumPy scalar is replaced."""
        self.closed: list[list[Node]] = []
        """The nodes of the blocks that were, for messages about values of theirs."""
        self.lengths: dict[Symbol, Rep] = {}
        """The symbols among the extents of the arguments, each with its number in the next stage."""
        self.joined_nodes: dict[int, tuple[object, dict[str, object]]] = {}
        """The nodes of registered classes that were joined with others, by `id`, each with what it held then."""
        self.left: list[object] = []
        """The iterators that a loop has walked as far as data decide, or that another one walks."""
        self.list_lengths: dict[int, int] = {}
        """How long lists of the next stage are, by name, where no data decide about it."""
        self.implied: dict[tuple[int, bool], list[tuple[Atom, bool]]] = {}
        """What follows where a flag is known to hold, or not to."""

    @property
    def depth(self) -> int:
        """How many staged regions lie around the point that is being staged; 0 on the program's own level."""
        return len(self.open) - 1

    def label(self) -> int:
        """Return a fresh label of a `try`."""
        self._labels += 1
        return self._labels

    def sym(self, type_: Type) -> Sym:
        """Return a fresh name."""
        self._next += 1
        return Sym(self._next, type_)

    def reflect(
        self,
        primitive: str,
        operands: tuple[Atom, ...],
        params: dict[str, object] | None = None,
        blocks: tuple[Block, ...] = (),
        types: tuple[Type, ...] | None = None,
    ) -> tuple[Sym, ...]:
        """Emit a node and return its results. Refuses, at the user's place, operands that the rule does not take."""
        params = params or {}
        if self.lengths:
            operands = with_extents(operands, params)
        if types is None:
            try:
                types = results_of(primitive, tuple(atom.type for atom in operands), params)
            except (TypeError, ValueError, IndexError) as error:
                refuse(
                    f"{primitive} of ({', '.join(str(atom.type) for atom in operands)}) has no meaning: {error}",
                    code="SNK0203",
                )
        self.check_scope(operands)
        if primitive != "raise" and may_raise(primitive, tuple(atom.type for atom in operands)):
            from snek_strategies.staging.raised_by_operations import guard

            guard(primitive, operands, params)
        effects = effects_of(primitive, operands).union(*(node.effects for block in blocks for node in block.nodes))
        if primitive == "call":
            effects |= {"raise"}
        if primitive == "function":
            effects = frozenset()
        results = tuple(map(self.sym, types))
        self.open[-1].nodes.append(
            Node(results, primitive, operands, tuple(params.items()), blocks, effects, user_place())
        )
        self.open[-1].bound.update(sym.index for sym in results)
        return results

    def define(self, name: Sym, block: Block, label: str) -> None:
        """Emit the node that binds a staged function; its name was taken before, for the calls inside."""
        self.open[-1].nodes.append(
            Node((name,), "function", (), (("name", label),), (block,), frozenset(), user_place())
        )
        self.open[-1].bound.add(name.index)

    def mark(self) -> int:
        """Return where the open block ends now, for `rewind`."""
        return len(self.open[-1].nodes)

    def rewind(self, mark: int) -> None:
        """Take back what was emitted into the open block since `mark`."""
        block = self.open[-1]
        while block.journal and block.journal[-1].nodes > mark:
            undone = block.journal.pop()
            undone.rep.atom = undone.before
        for node in block.nodes[mark:]:
            block.bound.difference_update(sym.index for sym in node.results)
        del block.nodes[mark:]
        block.facts = {flag: fact for flag, fact in block.facts.items() if fact[1] <= mark}

    def check_scope(self, atoms: tuple[Atom, ...]) -> None:
        """Refuse a value of a region that is closed: it left by another way than assignment to a local variable."""
        for atom in atoms:
            if isinstance(atom, Sym) and not any(atom.index in block.bound for block in reversed(self.open)):
                from snek_strategies.staging.origins import since

                if isinstance(atom, Outdated):
                    refuse(
                        "an array is used again that may share its memory with one that has been changed in place (a "
                        "view, or one array on some path); take it again after the change, or copy one of the two "
                        f"before it; the value is {since(atom.was or atom, self, user_place())}",
                        code="SNK0212",
                    )
                refuse(
                    f"a value of type {atom.type} left the staged branch, loop or function that computes it by another "
                    "way than a local variable (nonlocal, a list, an attribute, a closure); return it instead; "
                    f"the value is {since(atom, self, user_place())}",
                    code="SNK0202",
                )

    @contextmanager
    def block(
        self, types: tuple[Type, ...] = (), also: tuple[Sym, ...] = (), hints: tuple[str, ...] = ()
    ) -> Iterator[OpenBlock]:
        """Open a block with parameters of these types (and names known inside), and close it."""
        parameters = tuple(map(self.sym, types))
        if hints:
            parameters = tuple(replace(sym, hint=hint) for sym, hint in zip(parameters, hints, strict=True))
        opened = OpenBlock(parameters, bound={sym.index for sym in (*parameters, *also)})
        self.open.append(opened)
        try:
            yield opened
        finally:
            self.open.remove(opened)
            self.closed.append(opened.nodes)
            self._close(opened)

    @contextmanager
    def looking_into(self, closed: OpenBlock) -> Iterator[None]:
        """Let what is known in a block that was closed be known again."""
        self.open.append(closed)
        try:
            yield
        finally:
            self.open.pop()

    def write(self, rep: Rep, atom: Atom) -> None:
        """Let an array hold other contents from here on, until the block around it closes."""
        block = self.open[-1]
        block.journal.append(Store(rep, rep.atom, len(block.nodes)))
        rep.atom = atom

    def _close(self, block: OpenBlock) -> None:
        """Give the arrays of the blocks around it back what they held before, and note what was stored into them."""
        if self.open:
            self.open[-1].made += block.made
        outer: dict[int, tuple[Rep, Atom]] = {}
        for rep, before, _ in block.journal:
            if id(rep) not in outer and not (isinstance(before, Sym) and before.index in block.bound):
                outer[id(rep)] = (rep, before)
        block.written = [(rep, rep.atom) for rep, _ in outer.values()]
        for rep, before in outer.values():
            rep.atom = before

    def reopen(self, closed: OpenBlock, finish: Callable[[], tuple[Atom, ...]]) -> Block:
        """Add nodes at the end of a block that was closed, and return it with what it yields.

        The arrays that the block has stored into hold what it stored while `finish` runs.
        """
        before = [(rep, rep.atom) for rep, _ in closed.written]
        self.open.append(closed)
        try:
            for rep, atom in closed.written:
                rep.atom = atom
            results = finish()
            self.check_scope(results)
        finally:
            self.open.pop()
            for rep, atom in before:
                rep.atom = atom
        return Block(closed.parameters, tuple(closed.nodes), results)


CURRENT: ContextVar[Builder | None] = ContextVar("snek_builder", default=None)


def builder() -> Builder:
    """Return the builder of the staging that is under way; refuses where none is."""
    current = CURRENT.get()
    if current is None:
        raise StagingError(
            "a value of the next stage is used after its staging ended; return it from the program instead",
            user_place(),
            code="SNK0202",
        )
    return current
