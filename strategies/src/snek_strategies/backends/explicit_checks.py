"""What may raise, made explicit: before each such operation a test and a `raise` node, so that it no longer can.

Compiled systems neither look at an index nor at a divisor, and their `int` has 64 bits. The tests are ordinary nodes
of the IR; the exception is Python's own, because `Redo` does again on the host what went wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from snek_strategies.backends.bounded_counters import bounded_results
from snek_strategies.backends.checks_before_loops import named_rows, walks_out
from snek_strategies.backends.fitting_ints import fits
from snek_strategies.backends.index_checks import BadIndex, Check, bounds, count_from_the_front, outside
from snek_strategies.backends.known_ranges import KnownRanges
from snek_strategies.backends.linear_checks import factored, solvable
from snek_strategies.backends.rewriting import Emitter, Names, constant, drop_unused
from snek_strategies.ir.indexed_axes import ACCESSES
from snek_strategies.ir.interpretations import HOLE, INTERPRETATIONS
from snek_strategies.ir.rules import BOOLEAN_MATH, INTEGER_MATH
from snek_strategies.ir.syntax import Atom, Block, Const, Node, Program, Sym
from snek_strategies.ir.types import Array, Dim, Scalar

LIMIT = 2.0**63
SLACK = 2.0**32
"""How far a product in float64 may be from the same one in 64 bits; an overflow is off by 2**64 at least."""


@dataclass(frozen=True)
class Redo:
    """Stands for the exception that an operation raises for certain operands: called with them, it raises it."""

    primitive: str
    params: tuple[tuple[str, object], ...] = ()

    def __call__(self, *values: object) -> BaseException:
        """Raise what the operation raises for these operands, and OverflowError where it has another answer."""
        INTERPRETATIONS[self.primitive](*values, **dict(self.params))
        shown = ", ".join(map(repr, values))
        raise OverflowError(
            f"{self.primitive} of {shown} leaves the 64 bits that an int has in a compiled program; "
            "use back-end 'interpret', or floats"
        )


@dataclass(frozen=True)
class Unbound:
    """Stands for the UnboundLocalError of a variable."""

    name: str

    def __call__(self) -> BaseException:
        """Return the exception."""
        return UnboundLocalError(f"cannot access local variable {self.name!r} where it is not associated with a value")


def explicit_checks(program: Program, *, goes_on: bool = False, overflow: bool = True, alone: bool = False) -> Program:
    """Return the program with every check written out; what is left of operations that may raise cannot.

    For systems that go on after an error, operands are made safe too: a divisor of 1, an index of 0. Without `overflow`
    the system itself looks at sums, differences, products, negatives and absolute values of ints, and at what cannot be
    factored. Where each operation stands `alone`, as few as can be are made.
    """
    checked = _Checks(Names(program.body), goes_on, overflow, alone).block(program.body)
    return Program(program.name, drop_unused(checked, frozenset(ACCESSES)))


class _Checks:
    def __init__(self, names: Names, goes_on: bool, overflow: bool, alone: bool) -> None:
        self.names = names
        self.alone = alone
        self.overflow = overflow
        self.goes_on = goes_on
        self.bounded: set[int] = set()
        self.ranges = KnownRanges()
        self.asked: dict[tuple[int, Dim], Atom] = {}
        """What stands for each index that has been compared with a length, in this block or around it."""
        self.in_front: dict[tuple[int, Dim], Atom] = {}
        """What stands for each of them from the front of its axis."""

    def block(self, block: Block) -> Block:
        nodes: list[Node] = []
        around = dict(self.asked), dict(self.in_front)
        for node in block.nodes:
            self._node(node, Emitter(self.names, nodes, node.place))
        self.asked, self.in_front = around
        return replace(block, nodes=tuple(nodes))

    def _node(self, node: Node, emit: Emitter) -> None:
        self.ranges.note(node)
        if node.primitive == "while":
            self.bounded |= bounded_results(node)
            if self.goes_on:
                self._before_loop(node, emit)
        if node.primitive == "require":
            flag = emit("not", node.operands[0])
            self._check(Check(flag, Unbound(str(dict(node.params)["name"]))), emit)
            return
        operands = list(node.operands)
        skip = bool(node.results) and node.results[0].index in self.bounded
        for check in () if skip else _before(node, emit, self.overflow, self.ranges):
            known = None if check.asked is None else self.asked.get(check.asked)
            if known is None:
                self._check(check, emit)
            for at, atom in check.safe:
                safe = atom if known is None else known
                if self.goes_on or isinstance(safe, Const):
                    operands[at] = safe
                if check.asked is not None:
                    self.asked[check.asked] = safe
        if self.goes_on and node.primitive in ACCESSES:
            count_from_the_front(node, operands, self.ranges, self.in_front, emit, self.alone)
        blocks = tuple(map(self.block, node.blocks))
        inner = frozenset().union(*(one.effects for block in blocks for one in block.nodes))
        effects = node.effects | (inner if node.primitive in ("if", "while") else frozenset())
        made = node.over(tuple(operands), blocks)
        emit.nodes.append(made if effects == made.effects else replace(made, effects=effects))
        for check in _after(node, emit, self.overflow):
            self._check(check, emit)

    def _before_loop(self, loop: Node, emit: Emitter) -> None:
        """Ask before a loop what each of its trips would ask: with an error pending it makes none."""
        out = walks_out(loop, self.ranges)
        if out is not None:
            before = Emitter(self.names, emit.nodes, out.access.place)
            flag = before("bool", before("greater", out.bound, out.size))
            self._check(Check(flag, BadIndex(out.axis, out.size), (constant(np.int64(out.size)),)), before)
            self.ranges.at_most(out.counter, out.size - 1)
        named = named_rows(loop)
        if named is not None:
            before = Emitter(self.names, emit.nodes, named.access.place)
            numbers = before("getitem", named.numbers, index=(slice(named.first, named.end),))
            for check in outside(numbers, 0, named.axis, named.size, self.ranges.of(named.numbers), before):
                self._check(check, before)
            self.asked[named.index.index, named.size] = named.index

    def _check(self, check: Check, emit: Emitter) -> None:
        params = (("exception", check.exception), ("arguments", (HOLE,) * len(check.payload)))
        failing = Node((), "raise", check.payload, params, (), frozenset({"raise"}), emit.place)
        blocks = (Block((), (failing,), ()), Block((), (), ()))
        emit.node("if", (check.flag,), blocks, (), frozenset({"raise"}))


def _before(node: Node, emit: Emitter, overflow: bool, ranges: KnownRanges) -> Iterator[Check]:
    name, operands = node.primitive, node.operands
    scalars = all(isinstance(atom.type, Scalar) for atom in operands)
    if name in ("divide", "floor_divide", "remainder") and scalars:
        divisor = operands[1]
        if not (isinstance(divisor, Const) and divisor.value):
            zero = emit("equal", divisor, 0)
            yield Check(zero, Redo(name), operands, ((1, _scalar_where(zero, _one(divisor), divisor, emit)),))
    if name in ("left_shift", "right_shift") and scalars:
        negative = emit("less", operands[1], 0)
        yield Check(negative, Redo(name), operands, ((1, _scalar_where(negative, 0, operands[1], emit)),))
    if name == "power" and all(_whole(atom) for atom in operands) and not _natural(operands[1]):
        negative = emit("less", operands[1], 0)
        if isinstance(negative.type, Array):
            negative = emit("bool", emit("any", negative, axis=tuple(range(len(negative.type.dims)))))
        payload = operands if scalars else (emit("asarray", 2), emit("asarray", -1))
        yield Check(negative, Redo(name), payload, ())
    if name == "floor_divide" and scalars and _integer_result(node):
        yield from _lowest_by_minus_one(node, emit)
    leaves = scalars and _integer_result(node) and None in ranges.of(node.results[0])
    if leaves and (overflow or node.primitive in ("power", "left_shift")):
        yield from _overflow(node, emit)
    if name in ACCESSES:
        yield from bounds(node, emit, ranges)
    yield from fits(node, emit, ranges)
    if overflow:
        yield from solvable(node, emit)
    if name == "int" or (name == "math" and dict(node.params)["function"] in ("floor", "ceil", "trunc")):
        (operand,) = operands
        if not _whole(operand):
            bad = emit("not", emit("bool", emit("less", emit("absolute", operand), LIMIT)))
            yield Check(bad, Redo(name, node.params), (operand,), ())
        elif operand.type == Array(np.dtype("uint64")):
            yield Check(emit("bool", emit("greater_equal", operand, np.uint64(2**63))), Redo(name), (operand,), ())


def _after(node: Node, emit: Emitter, overflow: bool) -> Iterator[Check]:
    """Functions of `math` and powers of Python's floats raise where the result is new as infinity or NaN."""
    if overflow:
        yield from factored(node, emit)
    params = dict(node.params)
    floats = node.results and node.results[0].type == Scalar("float")
    if node.primitive == "math" and params["function"] in BOOLEAN_MATH | INTEGER_MATH:
        return
    if not (node.primitive == "math" or (node.primitive == "power" and floats)):
        return
    finite = emit("isfinite", node.operands[0])
    number = emit("logical_not", emit("isnan", node.operands[0]))
    for other in node.operands[1:]:
        finite = emit("logical_and", finite, emit("isfinite", other))
        number = emit("logical_and", number, emit("logical_not", emit("isnan", other)))
    (result,) = node.results
    new = emit("logical_or", emit("logical_and", emit("isinf", result), finite), emit("isnan", result))
    flag = emit("bool", emit("logical_and", new, number))
    yield Check(flag, Redo(node.primitive, node.params), node.operands)


def _whole(atom: Atom) -> bool:
    kind = atom.type.kind if isinstance(atom.type, Scalar) else getattr(getattr(atom.type, "dtype", None), "kind", "")
    return kind in ("bool", "int") or kind in tuple("biu")


def _natural(atom: Atom) -> bool:
    if isinstance(atom, Const):
        return bool(np.all(np.asarray(atom.value) >= 0))
    return isinstance(atom.type, Array) and atom.type.dtype.kind in "bu"


def _integer_result(node: Node) -> bool:
    return len(node.results) == 1 and node.results[0].type == Scalar("int")


def _one(atom: Atom) -> object:
    return {"bool": True, "int": 1, "float": 1.0, "complex": 1j}[atom.type.kind]  # type: ignore[union-attr]


def _scalar_where(flag: Atom, then: object, other: Atom, emit: Emitter) -> Sym:
    """Choose between Python scalars of one type; `where` would make an array of them."""
    then_atom = Const(then, other.type)
    blocks = (Block((), (), (then_atom,)), Block((), (), (other,)))
    return emit.node("if", (flag,), blocks, (other.type,))[0]


def _overflow(node: Node, emit: Emitter) -> Iterator[Check]:
    name, operands = node.primitive, node.operands
    if name in ("negative", "absolute"):
        yield Check(emit("equal", operands[0], -(2**63)), Redo(name), operands)
    if name in ("add", "subtract"):
        a, b = (
            emit("asarray", one) if one.type == Scalar("int") else emit("asarray", emit("int", one)) for one in operands
        )
        wrapped = emit(name, a, b)
        ours = b if name == "add" else emit("invert", b)
        signs = emit("bitwise_and", emit("bitwise_xor", a, wrapped), emit("bitwise_xor", ours, wrapped))
        yield Check(emit("bool", emit("less", signs, 0)), Redo(name), operands)
    if name in ("multiply", "power", "left_shift"):
        a, b = (
            emit("asarray", one) if one.type == Scalar("int") else emit("asarray", emit("int", one)) for one in operands
        )
        x, y = (emit("astype", one, dtype="float64") for one in (a, b))
        if name == "left_shift":
            real, wrapped = emit("multiply", x, emit("exp2", y)), emit("left_shift", a, b)
        elif name == "power":
            # A negative exponent has been refused; NumPy must not meet it here.
            real, wrapped = emit("power", x, y), emit("power", a, emit("maximum", b, 0))
        else:
            real, wrapped = emit("multiply", x, y), emit("multiply", a, b)
        off = emit("absolute", emit("subtract", real, emit("astype", wrapped, dtype="float64")))
        yield Check(emit("not", emit("bool", emit("less_equal", off, SLACK))), Redo(name), operands)


def _lowest_by_minus_one(node: Node, emit: Emitter) -> Iterator[Check]:
    """The one quotient that leaves 64 bits."""
    a, b = node.operands
    if isinstance(b, Const) and b.value != -1:
        return
    both = emit("logical_and", emit("equal", a, -(2**63)), emit("equal", b, -1))
    yield Check(emit("bool", both), Redo("floor_divide"), (a, b), ())
