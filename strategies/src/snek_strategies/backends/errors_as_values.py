"""Exceptions as values: a program that would raise goes on instead, and gives the number of the `raise` it met.

For systems whose programs cannot raise. Every loop stops once there is an error; `explicit_checks` has made the
operands safe that a program goes on with. Further results are the number (0: none) and what the exception holds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from snek_strategies.backends.raising import Sites
from snek_strategies.backends.rewriting import Emitter, Names, constant
from snek_strategies.ir.loop_counters import counters
from snek_strategies.ir.syntax import Atom, Block, Const, Node, Program, Sym
from snek_strategies.ir.types import INT, Array, Scalar, Type

WIDE = Array(np.dtype("int64"))
Error = tuple[Atom, ...]
"""The number of the first `raise`, and its values: those that are whole as int64, then the others as float64."""


@dataclass(frozen=True)
class Carried:
    """A program whose last results are its error, and how that is read."""

    program: Program
    whole: int
    real: int

    @property
    def extra(self) -> int:
        """How many results the error takes."""
        return 1 + self.whole + self.real


def errors_as_values(program: Program, sites: Sites) -> Carried | None:
    """Return the program with its error as further results, or None where it has no `raise`."""
    failing = [node for node in _all(program.body) if node.primitive == "raise"]
    if not failing:
        return None
    whole = max(sum(_is_whole(atom.type) for atom in node.operands) for node in failing)
    real = max(sum(not _is_whole(atom.type) for atom in node.operands) for node in failing)
    work = _Errors(Names(program.body), sites, whole, real)
    start: Error = tuple(map(constant, (np.int64(0), *[np.int64(0)] * whole, *[np.float64(0)] * real)))
    body, error = work.block(program.body, start)
    return Carried(Program(program.name, replace(body, results=(*body.results, *error))), whole, real)


def payload_of(site: tuple[Type, ...], values: tuple[object, ...], whole: int) -> list[object]:
    """Return what the exception of a `raise` with operands of these types holds, from an error's values."""
    wholes, reals = iter(values[:whole]), iter(values[whole:])
    return [next(wholes) if _is_whole(one) else next(reals) for one in site]


def _is_whole(type_: Type) -> bool:
    kind = type_.kind if isinstance(type_, Scalar) else type_.dtype.kind if isinstance(type_, Array) else ""
    return kind in ("bool", "int", "b", "i", "u")


def _all(block: Block) -> Iterator[Node]:
    for node in block.nodes:
        yield node
        for inner in node.blocks:
            yield from _all(inner)


def _raising(block: Block) -> bool:
    return any(node.primitive == "raise" for node in _all(block))


class _Errors:
    def __init__(self, names: Names, sites: Sites, whole: int, real: int) -> None:
        self.names = names
        self.sites = sites
        self.whole = whole
        self.real = real

    def block(self, block: Block, error: Error) -> tuple[Block, Error]:
        nodes: list[Node] = []
        for node in block.nodes:
            error = self._node(node, error, Emitter(self.names, nodes, node.place))
        return replace(block, nodes=tuple(nodes)), error

    def _node(self, node: Node, error: Error, emit: Emitter) -> Error:
        if node.primitive == "raise":
            return self._raised(node, None, error, emit)
        if node.primitive == "if":
            return self._choice(node, error, emit)
        if node.primitive == "while":
            return self._loop(node, error, emit)
        emit.nodes.append(replace(node, effects=node.effects - {"raise"}))
        return error

    def _raised(self, node: Node, flag: Atom | None, error: Error, emit: Emitter) -> Error:
        first: Atom
        if flag is not None and isinstance(error[0], Const):
            first = flag  # there is no error yet
        else:
            first = emit("equal", error[0], 0)
            first = first if flag is None else emit("logical_and", first, flag)
        given: list[Atom] = [constant(np.int64(self.sites.number(node)))]
        for wanted, count, dtype in ((True, self.whole, "int64"), (False, self.real, "float64")):
            mine = [emit("astype", atom, dtype=dtype) for atom in node.operands if _is_whole(atom.type) is wanted]
            rest = error[len(given) + len(mine) : len(given) + count]
            given += [*mine, *rest]
        return tuple(
            old if new is old else emit("where", first, new, old) for new, old in zip(given, error, strict=True)
        )

    def _choice(self, node: Node, error: Error, emit: Emitter) -> Error:
        body, orelse = node.blocks
        if not node.results and not orelse.nodes and [one.primitive for one in body.nodes] == ["raise"]:
            return self._raised(body.nodes[0], node.operands[0], error, emit)
        made = [self.block(one, error) for one in node.blocks]
        if not any(map(_raising, node.blocks)):
            emit.nodes.append(replace(node, blocks=tuple(block for block, _ in made)))
            return error
        after = tuple(self.names.fresh(atom.type) for atom in error)
        blocks = tuple(replace(block, results=(*block.results, *ends)) for block, ends in made)
        emit.nodes.append(
            replace(node, results=(*node.results, *after), blocks=blocks, effects=node.effects - {"raise"})
        )
        return after

    def _loop(self, node: Node, error: Error, emit: Emitter) -> Error:
        test, body = node.blocks
        if not _raising(test) and not _raising(body):
            if isinstance(error[0], Const):
                emit.nodes.append(node)
                return error
            stopped = self._without_trips(node, error, emit) or self._stopping(self.block(test, error)[0], error)
            blocks = (stopped, self.block(body, error)[0])
            emit.nodes.append(replace(node, blocks=blocks))
            return error
        if _raising(test):
            return self._rotated(node, error, emit)
        at_test, at_body, after = (tuple(self.names.fresh(atom.type) for atom in error) for _ in range(3))
        new_test = self._stopping(replace(test, parameters=(*test.parameters, *at_test)), at_test)
        made, ends = self.block(body, at_body)
        new_body = replace(made, parameters=(*body.parameters, *at_body), results=(*body.results, *ends))
        emit.nodes.append(
            replace(
                node,
                results=(*node.results, *after),
                operands=(*node.operands, *error),
                blocks=(new_test, new_body),
                effects=node.effects - {"raise"},
            )
        )
        return after

    def _without_trips(self, loop: Node, error: Error, emit: Emitter) -> Block | None:
        """Return the test of a loop that counts to a bound, with one that is reached where there is an error."""
        test = loop.blocks[0]
        (ends,) = counters(loop).values() or (None,)
        compared = [node for node in test.nodes if node.primitive == "less"]
        if ends is None or len(compared) != 1:
            return None
        first, bound = ends
        if first.type != bound.type and not {first.type, bound.type} <= {INT, WIDE}:
            return None  # a choice between them might have another dtype
        end = emit("where", emit("equal", error[0], 0), bound, first)
        nodes: list[Node] = []
        inside = Emitter(self.names, nodes, compared[0].place)
        flag = inside("bool", inside("less", compared[0].operands[0], end))
        return replace(test, nodes=tuple(nodes), results=(flag,))

    def _stopping(self, test: Block, error: Error) -> Block:
        """Return a test that is false once there is an error."""
        nodes = list(test.nodes)
        emit = Emitter(self.names, nodes)
        going = emit("logical_and", emit("equal", error[0], 0), test.results[0])
        flag = emit("bool", going)
        return replace(test, nodes=tuple(nodes), results=(flag,))

    def _rotated(self, node: Node, error: Error, emit: Emitter) -> Error:
        """A test that may raise is asked before the loop and at the end of its body; the loop carries its answer."""
        test, body = node.blocks
        first = self._inlined(test, node.operands)
        flag, error = first[0], self._pending(first[1], error, emit)
        state = (flag, *node.operands, *error)
        at_test, at_body, after = (tuple(self.names.fresh(atom.type) for atom in state) for _ in range(3))
        asked = self._stopping(Block(at_test, (), (at_test[0],)), at_test[1 + len(node.operands) :])
        count = len(node.operands)
        renamed: dict[int, Atom] = {
            old.index: new for old, new in zip(body.parameters, at_body[1 : 1 + count], strict=True)
        }
        inner, ends = self.block(self._copied(body, renamed), at_body[1 + count :])
        nodes = list(inner.nodes)
        inside = Emitter(self.names, nodes, node.place)
        again = self._inlined(test, inner.results)
        ends = self._pending(again[1], ends, inside)
        looped = Block(at_body, tuple(nodes), (again[0], *inner.results, *ends))
        emit.nodes.append(Node(after, "while", state, (), (asked, looped), node.effects - {"raise"}, node.place))
        for result, given in zip(node.results, after[1 : 1 + count], strict=True):
            # The loop's results keep their names.
            emit.nodes.append(Node((result,), *_same(given), place=node.place))
        return after[1 + count :]

    def _inlined(self, block: Block, operands: tuple[Atom, ...]) -> tuple[Atom, list[Node]]:
        renamed: dict[int, Atom] = {old.index: new for old, new in zip(block.parameters, operands, strict=True)}
        made = self._copied(replace(block, parameters=()), renamed)
        return made.results[0], list(made.nodes)

    def _pending(self, nodes: list[Node], error: Error, emit: Emitter) -> Error:
        for node in nodes:
            error = self._node(node, error, Emitter(self.names, emit.nodes, node.place))
        return error

    def _copied(self, block: Block, renamed: dict[int, Atom]) -> Block:
        """Return a block with names of its own, `renamed` ones given."""

        def new(sym: Sym) -> Sym:
            made = self.names.fresh(sym.type)
            renamed[sym.index] = made
            return made

        def use(atom: Atom) -> Atom:
            return atom if isinstance(atom, Const) else renamed.get(atom.index, atom)

        parameters = tuple(new(sym) for sym in block.parameters if sym.index not in renamed)
        nodes = []
        for node in block.nodes:
            operands = tuple(map(use, node.operands))
            blocks = tuple(self._copied(one, renamed) for one in node.blocks)
            nodes.append(replace(node, results=tuple(map(new, node.results)), operands=operands, blocks=blocks))
        return Block(parameters, tuple(nodes), tuple(map(use, block.results)))


def _same(atom: Atom) -> tuple[str, tuple[Atom, ...]]:
    """Return a node's primitive and operands that give the atom itself, its type kept."""
    if isinstance(atom.type, Scalar):
        return {"bool": "bool", "int": "int", "float": "float", "complex": "positive"}[atom.type.kind], (atom,)
    return "asarray", (atom,)
