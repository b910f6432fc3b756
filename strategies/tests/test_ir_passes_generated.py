"""Every pass keeps what generated programs give, print and raise: values bit by bit, effects in order."""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snek_strategies.ir.interpret import Interpreter
from snek_strategies.ir.interpretations import HOLE
from snek_strategies.ir.passes.batch_trips import batch_trips
from snek_strategies.ir.passes.hoist_products import hoist_whole_products
from snek_strategies.ir.passes.optimize import ARRAY_PASSES, CHECKED_PASSES, LOOP_PASSES, PASSES, TRACED_PASSES
from snek_strategies.ir.passes.share_loops import share_loops
from snek_strategies.ir.passes.square_powers import square_powers
from snek_strategies.ir.rules import RULES, effects_of
from snek_strategies.ir.show import show
from snek_strategies.ir.syntax import Atom, Block, Const, Node, Program, Sym, next_index
from snek_strategies.ir.types import BOOL, INT, Array, Type, type_of
from snek_strategies.ir.verify import verify

F64, I64 = Array(np.dtype("float64")), Array(np.dtype("int64"))
VECTOR, MATRIX, STACK = (Array(np.dtype("float64"), dims) for dims in ((3,), (3, 3), (4, 3, 3)))
ARGUMENTS = (VECTOR, MATRIX, STACK, F64, INT, BOOL)
NUMBERS: dict[Type, st.SearchStrategy[object]] = {
    INT: st.integers(-3, 9),
    F64: st.sampled_from([0.0, -0.0, 1.0, -1.0, 0.5, np.nan, np.inf]).map(np.float64),
    BOOL: st.booleans(),
    I64: st.integers(-3, 9).map(np.int64),
}


@dataclass
class Maker:
    """Draws a program's nodes; `scope` holds what they may use."""

    draw: Callable[..., object]
    scope: list[Sym] = field(default_factory=list)
    taken: int = 0

    def fresh(self, type_: Type) -> Sym:
        self.taken += 1
        return Sym(self.taken - 1, type_)

    def atom(self, *types: Type) -> Atom:
        """Choose a value of one of the types, or a constant."""
        known = [sym for sym in self.scope if sym.type in types]
        constants = [one for one in types if one in NUMBERS]
        if known and (not constants or self.draw(st.integers(0, 3))):
            return self.draw(st.sampled_from(known))  # type: ignore[return-value]
        value = self.draw(NUMBERS[self.draw(st.sampled_from(constants))])  # type: ignore[index]
        return Const(value, type_of(value))

    def add(self, nodes: list[Node], primitive: str, *operands: Atom, **params: object) -> Sym:
        (type_,) = RULES[primitive](*(one.type for one in operands), **params)
        made = self.fresh(type_)
        nodes.append(Node((made,), primitive, operands, tuple(params.items()), (), effects_of(primitive, operands)))
        self.scope.append(made)
        return made

    def step(self, nodes: list[Node], depth: int) -> None:
        """Add a node or a few, of any kind."""
        kind = self.draw(
            st.sampled_from(["float", "int", "array", "index", "reduce", "product", "effect", "if", "while"])
        )
        if kind == "float":
            name = self.draw(st.sampled_from(["add", "subtract", "multiply", "divide", "maximum"]))
            self.add(nodes, str(name), self.atom(F64), self.atom(F64, VECTOR, MATRIX))
        elif kind == "int":
            name = self.draw(st.sampled_from(["add", "multiply", "subtract", "floor_divide", "remainder", "less"]))
            one = self.draw(st.sampled_from([INT, I64]))
            self.add(nodes, str(name), self.atom(one), self.atom(one))  # type: ignore[arg-type]
        elif kind == "array":
            name = self.draw(st.sampled_from(["add", "subtract", "multiply", "less"]))
            self.add(nodes, str(name), self.atom(VECTOR, MATRIX), self.atom(VECTOR, MATRIX, F64, INT))
            self.add(nodes, "sin", self.atom(VECTOR, MATRIX))
        elif kind == "index":
            self.add(nodes, "getitem", self.atom(STACK), self.atom(INT), index=(HOLE,))
            self.add(nodes, "setitem", self.atom(VECTOR), self.atom(F64), self.atom(INT), index=(HOLE,))
        elif kind == "reduce":
            self.add(nodes, str(self.draw(st.sampled_from(["sum", "max", "min"]))), self.atom(VECTOR), axis=(0,))
        elif kind == "product":
            part = self.add(nodes, "getitem", self.atom(STACK), self.atom(INT), index=(HOLE,))
            self.add(nodes, "matmul", part, self.atom(MATRIX))
        elif kind == "effect":
            params = (("texts", ((("", ""),),)), ("sep", " "), ("end", "\n"), ("stream", "stdout"))
            nodes.append(Node((), "print", (self.atom(F64, INT),), params, (), frozenset({"print"})))
        elif depth < 2:
            (self.choice if kind == "if" else self.loop)(nodes, depth)

    def block(self, parameters: tuple[Sym, ...], depth: int) -> list[Node]:
        self.scope += parameters
        nodes: list[Node] = []
        for _ in range(int(str(self.draw(st.integers(0, 5))))):
            self.step(nodes, depth)
        return nodes

    def choice(self, nodes: list[Node], depth: int) -> None:
        test, before = self.atom(BOOL), len(self.scope)
        blocks, types = [], (F64, VECTOR)
        for _ in range(2):
            inner = self.block((), depth + 1)
            blocks.append(Block((), tuple(inner), tuple(self.atom(one) for one in types)))
            del self.scope[before:]
        self.close(nodes, "if", (test,), tuple(blocks), types)

    def loop(self, nodes: list[Node], depth: int) -> None:
        """Add a loop that counts up to a bound of its own, with a number and a vector beside the counter."""
        first, bound, before = self.atom(INT), Const(self.draw(st.integers(0, 4)), INT), len(self.scope)
        types = (INT, F64, VECTOR)
        start = (first, self.atom(F64), self.atom(VECTOR))
        at, *_ = outer = tuple(map(self.fresh, types))
        flag = self.fresh(BOOL)
        test = Block(outer, (Node((flag,), "less", (at, bound)),), (flag,))
        here, *_ = own = tuple(map(self.fresh, types))
        inner = self.block(own, depth + 1)
        after = self.add(inner, "add", here, Const(1, INT))
        body = Block(own, tuple(inner), (after, self.atom(F64), self.atom(VECTOR)))
        del self.scope[before:]
        self.close(nodes, "while", start, (test, body), types)

    def close(
        self,
        nodes: list[Node],
        primitive: str,
        operands: tuple[Atom, ...],
        blocks: tuple[Block, ...],
        types: tuple[Type, ...],
    ) -> None:
        results = tuple(map(self.fresh, types))
        effects = frozenset().union(*(one.effects for block in blocks for one in block.nodes))
        nodes.append(Node(results, primitive, operands, (), blocks, effects))
        self.scope += results


@st.composite
def programs(draw: Callable[..., object]) -> Program:
    maker = Maker(draw)
    parameters = tuple(map(maker.fresh, ARGUMENTS))
    nodes = maker.block(parameters, 0) + maker.block((), 0) + maker.block((), 0)
    results = tuple(maker.atom(one) for one in (VECTOR, F64, I64, MATRIX))
    return verify(Program("generated", Block(parameters, tuple(nodes), results)))


def outcome(program: Program) -> tuple[object, ...]:
    rng = np.random.default_rng(0)
    arrays = [rng.standard_normal(one.dims) for one in (VECTOR, MATRIX, STACK)]
    said = io.StringIO()
    with contextlib.redirect_stdout(said), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        try:
            given = Interpreter(program)(*arrays, np.float64(-0.0), 3, True)
        except (ZeroDivisionError, IndexError, OverflowError) as error:
            return (repr(error), said.getvalue())
    return (*((type(one), np.asarray(one).tobytes()) for one in given), said.getvalue())


EXACT = [
    one
    for one in dict.fromkeys((*PASSES, *LOOP_PASSES, *ARRAY_PASSES, *CHECKED_PASSES, *TRACED_PASSES))
    if one not in (square_powers, batch_trips)
]
"""Powers by squares and sums over all trips round elsewhere: test_square_powers.py, test_batch_trips.py."""


@pytest.mark.parametrize("one", sorted(set(EXACT), key=lambda one: one.__name__))
@settings(max_examples=50, deadline=None)
@given(program=programs())
def test_a_pass_keeps_values_effects_and_their_order(one: Callable[[Program], Program], program: Program) -> None:
    made = verify(one(program))
    assert outcome(made) == outcome(program), f"{show(program)}\nbecame\n{show(made)}"


@settings(max_examples=100, deadline=None)
@given(program=programs())
def test_all_passes_together_keep_values_effects_and_their_order(program: Program) -> None:
    made = program
    for one in EXACT:
        made = verify(one(made))
    assert outcome(made) == outcome(program), f"{show(program)}\nbecame\n{show(made)}"


def test_a_row_that_no_product_takes_still_asks_of_its_index() -> None:
    maker = Maker(lambda _: None)
    parameters = vector, _, stack, _, first, _ = tuple(map(maker.fresh, ARGUMENTS))
    test, here, flag = maker.fresh(INT), maker.fresh(INT), maker.fresh(BOOL)
    less = Node((flag,), "less", (test, Const(4, INT)))
    inner: list[Node] = []
    maker.add(inner, "getitem", stack, Const(4, INT), index=(HOLE,))
    after = maker.add(inner, "add", here, Const(1, INT))
    nodes: list[Node] = []
    blocks = Block((test,), (less,), (flag,)), Block((here,), tuple(inner), (after,))
    maker.close(nodes, "while", (first,), blocks, (INT,))
    program = verify(Program("rows", Block(parameters, tuple(nodes), (vector,))))
    assert "IndexError" in str(outcome(program))
    assert outcome(hoist_whole_products(program)) == outcome(program)


def later(block: Block, by: int, kept: set[int]) -> Block:
    """Return a copy of a block whose names have other numbers, but for those that are `kept`."""

    def use(atom: Atom) -> Atom:
        return Sym(atom.index + by, atom.type) if isinstance(atom, Sym) and atom.index not in kept else atom

    def bound(syms: tuple[Sym, ...]) -> tuple[Sym, ...]:
        return tuple(Sym(sym.index + by, sym.type) for sym in syms)

    nodes = tuple(
        replace(
            node,
            results=bound(node.results),
            operands=tuple(map(use, node.operands)),
            blocks=tuple(later(one, by, kept) for one in node.blocks),
        )
        for node in block.nodes
    )
    return Block(bound(block.parameters), nodes, tuple(map(use, block.results)))


@settings(max_examples=100, deadline=None)
@given(program=programs())
def test_a_program_that_does_everything_twice_has_each_of_its_loops_once(program: Program) -> None:
    body = program.body
    again = later(Block((), body.nodes, body.results), next_index(body), {sym.index for sym in body.parameters})
    twice = verify(Program("twice", Block(body.parameters, (*body.nodes, *again.nodes), again.results)))
    made = verify(share_loops(twice, least=1))
    assert outcome(made) == outcome(twice), f"{show(twice)}\nbecame\n{show(made)}"
    assert [node.primitive for node in made.body.nodes].count("while") == 0
