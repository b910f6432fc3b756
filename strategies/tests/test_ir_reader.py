"""The S-expression of a program reads back as that program; what is nested deep overflows nothing."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import snek
from snek_strategies.ir.interpret import Interpreter
from snek_strategies.ir.interpretations import HOLE
from snek_strategies.ir.reader import read
from snek_strategies.ir.rules import effects_of
from snek_strategies.ir.sexpr import sexpr
from snek_strategies.ir.show import show
from snek_strategies.ir.syntax import Block, Const, Node, Program, Sym, free_in
from snek_strategies.ir.types import BOOL, Array, Scalar, type_of
from snek_strategies.ir.verify import MalformedIR, verify

F64 = Array(np.dtype("float64"))


def recursive(x, n):
    return x if n < 1 else recursive(x * 0.5, n - 1) + np.sin(x)


def everything(x, i):
    total = 0.0
    for at in range(30):
        if x[at % 3] > i:
            total = total + x[::2][0] * at
    if total > 1e9:
        raise ValueError("too large: 100 %", 3)
    return recursive(total, i), x[..., None, 1:2], np.where(x > 0, 1j, math.nan), (x * 2).sum(axis=0, keepdims=True)


PROGRAMS: list[tuple[Callable[..., Any], tuple[Any, ...]]] = [
    (everything, (np.array([0.5, 2, -1]), np.int64(1))),
    (lambda x: snek.grad(lambda y: recursive(y, y))(x), (np.float64(2.5),)),
    (lambda x: snek.grad(lambda y: everything(y, 2)[0])(x), (np.array([0.5, 2, -1]),)),
]


@pytest.mark.parametrize(("function", "args"), PROGRAMS)
def test_a_staged_program_reads_back(function: Callable[..., Any], args: tuple[Any, ...]) -> None:
    program = snek.stage(function).trace(*args).staged.program
    text = sexpr(program)
    again = read(text)
    assert sexpr(again) == text
    for mine, theirs in zip(Interpreter(again)(*args), Interpreter(program)(*args), strict=True):
        np.testing.assert_array_equal(mine, theirs)


NUMBERS = st.one_of(
    st.booleans(), st.integers(), st.floats(), st.complex_numbers(),
    arrays.arrays(st.sampled_from(["f2", "f4", "f8", "i1", "u8", "c8", "c16", "?"]),
                  st.sampled_from([(), (0,), (2, 1)])),
    arrays.from_dtype(np.dtype("f4")), arrays.from_dtype(np.dtype("i8")),
)  # fmt: skip
PARAMS = st.recursive(
    st.one_of(
        NUMBERS, st.text(), st.none(), st.sampled_from([HOLE, ..., ValueError, F64, Scalar("int"), np.dtype("f4")])
    ),
    lambda inner: st.one_of(
        st.lists(inner).map(tuple), st.lists(inner), st.tuples(inner, inner, inner).map(lambda at: slice(*at))
    ),
    max_leaves=8,
)


@settings(max_examples=300, deadline=None)
@given(st.lists(NUMBERS, max_size=4), PARAMS, st.text(min_size=1))
def test_constants_and_parameters_read_back(values: list[object], param: object, name: str) -> None:
    atoms = tuple(Const(one, type_of(one)) for one in values)
    node = Node((), "raise", atoms, (("exception", ValueError), ("arguments", param)), (), frozenset({"raise"}))
    program = Program(name, Block((), (node,), atoms))
    again = read(sexpr(program))
    assert again.name == name
    for mine, theirs in zip(again.body.results, atoms, strict=True):
        assert isinstance(mine, Const)
        assert type(mine.value) is type(theirs.value)
        assert mine.type == theirs.type
        assert repr(mine.value) == repr(theirs.value)
    assert repr(again.body.nodes[0].params) == repr(node.params)


@pytest.mark.parametrize(
    "text",
    ["", "(", ")", "(program f)", "(program f (block () (yield %1)))", "(program f (block () (let)))", "(program f 3)",
     "(program f (block ((%1 int)) (let ((%2 float)) (add %1 %1)) (yield %2)))", "(program f (block () (yield))) 3"],
)  # fmt: skip
def test_what_is_no_program_is_refused(text: str) -> None:
    with pytest.raises(MalformedIR, match="malformed IR"):
        read(text)


def nested(depth: int) -> Program:
    flag, x = Sym(0, BOOL), Sym(1, F64)
    block = Block((), (), (x,))
    for at in range(depth):
        result = Sym(at + 2, F64)
        node = Node((result,), "if", (flag,), (), (block, Block((), (), (x,))))
        block = Block((), (node,), (result,))
    return Program("deep", Block((flag, x), block.nodes, block.results))


def test_blocks_nested_deep_overflow_nothing() -> None:
    program = verify(nested(2000))
    assert len(free_in(program.body)) == 4001
    assert Interpreter(program)(True, np.float64(2)) == (2,)
    text = sexpr(nested(400))
    assert sexpr(read(text)) == text
    assert show(nested(400)).count("if") == 400


@pytest.mark.parametrize(
    ("primitive", "values", "raises"),
    [
        ("left_shift", (1, -1), True), ("right_shift", (np.int64(1), -1), False), ("add", (10**400, 1.5), True),
        ("add", (np.ones(2, "int64"), 10**30), True), ("exp", (10**400,), True), ("asarray", (10**30,), True),
        ("add", (np.ones(2, "uint8"), 300), True), ("add", (np.ones(2), 300), False), ("multiply", (2, 10**400), False),
        ("divide", (np.ones(2), 2.0), False),
    ],
)  # fmt: skip
def test_what_may_raise_says_so(primitive: str, values: tuple[object, ...], raises: bool) -> None:
    known = tuple(Const(one, type_of(one)) for one in values)
    names = tuple(Sym(at, one.type) for at, one in enumerate(known))
    assert bool(effects_of(primitive, known)) == raises
    # Where a value is not known, no less may happen.
    assert effects_of(primitive, known) <= effects_of(primitive, names)
