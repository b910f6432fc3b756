"""What a rule says of a symbol it says of every number from 2 on; what it cannot say so, it does not say."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from snek_strategies.ir.interpretations import HOLE, REDUCTIONS
from snek_strategies.ir.rules import RULES
from snek_strategies.ir.shape_rules import dims_of
from snek_strategies.ir.symbolic_rules import UNIFORM
from snek_strategies.ir.symbols import NeedsNumber, Symbol, symbols_in
from snek_strategies.ir.types import INT, Array, Dim, Type
from snek_strategies.staging.symbolic_shapes import Served, pattern_of, served_by, shapes_of, split_key

F64, I64 = np.dtype("float64"), np.dtype("int64")
N, M = Symbol("n"), Symbol("m")
DIMS = st.sampled_from([N, M, 1, 2, 3, 4, 5, 6])
AXIS = st.integers(-3, 2)


def array(dims: tuple[Dim, ...], dtype: np.dtype[Any] = F64) -> Array:
    return Array(dtype, dims)


@st.composite
def moving(draw: st.DrawFn) -> tuple[str, tuple[Type, ...], dict[str, Any]]:
    """A primitive over shapes with symbols, and its parameters; many of them do not fit."""
    dims = tuple(draw(st.lists(DIMS, min_size=1, max_size=3)))
    axis = draw(AXIS)
    other = draw(st.sampled_from([dims, dims[::-1], (*dims[:-1], 1), dims[1:] or (1,), (N,), (3,)]))
    shape = tuple(draw(st.permutations([*dims, -1])))[: draw(st.integers(1, 4))]
    one = array(dims)
    along = {"axis": axis}
    cases: list[tuple[str, tuple[Type, ...], dict[str, Any]]] = [
        ("reshape", (one, *(INT for _ in symbols_in(shape))), {"shape": shape}),
        ("broadcast_to", (one, *(INT for _ in symbols_in(other))), {"shape": other}),
        ("transpose", (one,), {}),
        ("transpose", (one,), {"axes": tuple(draw(st.permutations(range(len(dims)))))}),
        ("swapaxes", (one,), {"axis1": axis, "axis2": 0}),
        ("moveaxis", (one,), {"source": axis, "destination": -1}),
        ("matrix_transpose", (one,), {}),
        ("expand_dims", (one,), {"axis": draw(st.sampled_from([axis, (0, -1)]))}),
        ("squeeze", (one,), draw(st.sampled_from([{}, along]))),
        ("ravel", (one,), {}),
        *((name, (one,), along) for name in ("flip", "sort", "argsort", "cumsum", "cumprod", "cumulative_sum")),
        ("cumulative_prod", (one,), along),
        ("cumulative_sum", (one,), {**along, "include_initial": True}),
        ("cumsum", (one,), {}),
        ("sort", (one,), {"axis": None}),
        ("roll", (one,), {"shift": 1, **along}),
        ("tril", (one,), {"k": axis}),
        ("triu", (one,), {}),
        ("round", (one,), {"decimals": 1}),
        ("real", (one,), {}),
        ("imag", (one,), {}),
        ("clip", (one, array(other), array(())), {}),
        ("take", (one, array(other, I64)), draw(st.sampled_from([along, {"axis": None}]))),
        ("take_along_axis", (one, array(other, I64)), along),
        ("searchsorted", (array(dims[:1]), array(other)), {}),
        ("dot", (one, array(other)), {}),
        ("vdot", (one, array(other)), {}),
        ("vecdot", (one, array(other)), {}),
        ("tensordot", (one, array(other)), {"axes": 1}),
        ("matmul", (one, array(other)), {}),
        ("concatenate", (one, array(other)), draw(st.sampled_from([along, {"axis": None}]))),
        ("stack", (one, array(other), one), along),
        ("diff", (one,), along),
        ("repeat", (one,), {"repeats": 2, **along}),
        ("tile", (one,), {"reps": 2}),
        ("diagonal", (one,), {}),
        ("add", (one, array(other)), {}),
        ("where", (array(other, np.dtype(bool)), one, array(())), {}),
        *((name, (one,), draw(st.sampled_from([along, {}]))) for name in REDUCTIONS),
    ]  # fmt: skip
    return draw(st.sampled_from(cases))


PARTS = st.sampled_from(
    [slice(None), slice(None, None, -1), 0, 1, -1, -2, HOLE, None, ..., slice(1, 4), slice(-3, None), 4]
)


@st.composite
def indexing(draw: st.DrawFn) -> tuple[str, tuple[Type, ...], dict[str, Any]]:
    """A read or a store by an index over a shape with symbols; many of them do not fit."""
    one = array(tuple(draw(st.lists(DIMS, min_size=1, max_size=3))))
    index = tuple(draw(st.lists(PARTS, min_size=1, max_size=3)))
    holes = [draw(st.sampled_from([INT, array((N,), I64), array((3,), I64)])) for part in index if part is HOLE]
    stored = array(draw(st.sampled_from([(), (1,), (N,), (3,), (N, 3)])))
    read = draw(st.booleans())
    return (
        ("getitem", (one, *holes), {"index": index}) if read else ("setitem", (one, stored, *holes), {"index": index})
    )


def sized(value: Any, numbers: dict[Symbol, int]) -> Any:
    if isinstance(value, Symbol):
        return numbers[value]
    if isinstance(value, tuple):
        return tuple(sized(one, numbers) for one in value)
    return Array(value.dtype, sized(value.dims, numbers)) if isinstance(value, Array) else value


ROWS: dict[str, tuple[tuple[Type, ...], dict[str, Any]]] = {
    "swapaxes": ((array((N, 3)),), {"axis1": 0, "axis2": 1}),
    "moveaxis": ((array((N, 3)),), {"source": 0, "destination": -1}),
    "expand_dims": ((array((N, 3)),), {"axis": 0}),
    "ravel": ((array((N,)),), {}),
    "roll": ((array((N, 3)),), {"shift": 1, "axis": 0}),
    "clip": ((array((N, 3)), array(()), array(())), {}),
    "take": ((array((N, 3)), array((M,), I64)), {"axis": 0}),
    "take_along_axis": ((array((N, 3)), array((N, 1), I64)), {"axis": 1}),
    "searchsorted": ((array((N,)), array((M,))), {}),
    "dot": ((array((N, 3)), array((3, M))), {}),
    "vdot": ((array((N, 3)), array((N, 3))), {}),
    "vecdot": ((array((N, 3)), array((3,))), {}),
    "tensordot": ((array((N, 3)), array((3, M))), {"axes": 1}),
    **{name: ((array((N, 3)),), {"axis": 0}) for name in ("cumsum", "cumprod", "cumulative_sum", "cumulative_prod")},
}


@pytest.mark.parametrize("primitive", sorted(UNIFORM))
def test_what_is_called_uniform_takes_symbols(primitive: str) -> None:
    types, params = ROWS.get(primitive, ((array((N, 3)),), {}))
    (result,) = RULES[primitive](*types, **params)
    assert bool(symbols_in(dims_of(result))) == (primitive != "vdot")


@settings(max_examples=600, deadline=None)
@given(st.one_of(moving(), indexing()), st.integers(2, 9), st.integers(2, 9))
def test_a_rule_says_of_a_symbol_what_it_says_of_every_number(
    case: tuple[str, tuple[Type, ...], dict[str, Any]], n: int, m: int
) -> None:
    primitive, types, params = case
    N.apart.clear(), M.apart.clear()
    try:
        said = RULES[primitive](*types, **params)
    except (TypeError, ValueError, IndexError):
        assume(False)
    numbers = {N: n, M: m}
    assume(Served(((N, M),), tuple((one, other) for one in (N, M) for other in one.apart)).admits(((n, m),)))
    given_types = tuple(
        sized(one, numbers) for one in types if one is not INT or primitive not in ("reshape", "broadcast_to")
    )
    exact = RULES[primitive](
        *given_types, **{name: sized(value, numbers) if name == "shape" else value for name, value in params.items()}
    )
    assert tuple(sized(one, numbers) for one in said) == exact


@pytest.mark.parametrize(
    "ask",
    [
        int,
        float,
        operator.index,
        operator.neg,
        lambda n: n + 1,
        lambda n: 2 * n,
        lambda n: n < 3,
        lambda n: np.zeros((n, 2)),
        lambda n: range(n),
        bool,
    ],
)
def test_whatever_asks_for_the_number_is_told_that_there_is_none(ask: Callable[[Any], object]) -> None:
    symbol = Symbol("n")
    with pytest.raises(NeedsNumber, match="n"):
        ask(symbol)
    assert symbol.asked


def test_an_index_that_means_another_thing_for_another_size_needs_the_number() -> None:
    for index in (
        slice(1, None),
        slice(None, 10),
        slice(None, -1),
        2,
        -3,
        np.array([0, 1]),
        slice(None, None, 2),
        True,
    ):
        with pytest.raises(NeedsNumber, match="n"):
            RULES["getitem"](array((N, 3)), index=(index,))
        assert RULES["getitem"](array((3, N)), index=(0,)) == (array((N,)),)


def test_shapes_that_follow_by_arithmetic_need_the_number() -> None:
    for primitive, params in (
        ("ravel", {}),
        ("diff", {"axis": 0}),
        ("diagonal", {}),
        ("tile", {"reps": 2}),
        ("cumulative_sum", {"axis": 0, "include_initial": True}),
    ):
        with pytest.raises(NeedsNumber):
            RULES[primitive](array((N, 3)), **params)
    with pytest.raises(NeedsNumber):
        RULES["concatenate"](array((N, 3)), array((N, 3)), axis=0)
    with pytest.raises(NeedsNumber):
        RULES["reshape"](array((N, 3)), shape=(-1,))


def test_what_was_told_apart_is_what_a_staging_does_not_serve() -> None:
    shapes = shapes_of(pattern_of([((32, 4), (8,)), ((64, 4), (9,))]))
    (n, four), (m,) = shapes
    assert (four, str(n), str(m)) == (4, "n", "m")
    assert served_by(shapes).admits(((8, 4), (8,)))
    assert n != 8
    assert n != m
    assert n != 1
    served = served_by(shapes)
    assert served.admits(((7, 4), (9,)))
    for sizes in (((8, 4), (9,)), ((9, 4), (9,)), ((1, 4), (9,)), ((0, 4), (9,)), ((7, 5), (9,)), ((7, 4), (1,))):
        assert not served.admits(sizes)


def test_extents_that_vary_alike_are_one_symbol_and_others_stay_numbers() -> None:
    assert pattern_of([((32, 4), (32,)), ((64, 4), (64,))]) == ((-1, 4), (-1,))
    assert pattern_of([((32, 4), (32,)), ((64, 4), (64,)), ((64, 4), (7,))]) == ((-1, 4), (-2,))


def test_a_key_is_split_into_shapes_and_the_rest() -> None:
    blind, shapes = split_key((F64, (3, 4)))
    assert (blind, shapes) == ((F64, ("rank", 2)), ((3, 4),))
    assert split_key((F64, (1,)))[0] != split_key((F64, True))[0]
    # A dict whose names are dtypes holds no shapes there.
    key = (dict, (F64, (int, 5)), ("x", (F64, True)))
    assert split_key(key) == (key, ())
