"""The tables agree with each other, and every rule foretells what NumPy answers in dtype and shape."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from snek_strategies.ir import interpretations as meaning
from snek_strategies.ir.interpretations import INTERPRETATIONS
from snek_strategies.ir.rules import RAISING, RULES
from snek_strategies.ir.symbols import Symbol
from snek_strategies.ir.types import Array, broadcast, type_of
from snek_strategies.staging.numpy_calls import UFUNCS

DTYPES = ("bool", "int8", "uint8", "int32", "int64", "float16", "float32", "float64", "complex64")
ELEMENTWISE = sorted({**meaning.OPERATORS, **meaning.FUNCTIONS, "power": meaning.power})
SHAPES = ((), (1,), (3,), (2, 1), (2, 3), (0,), (4, 1, 3))


def test_every_primitive_is_one_row_in_each_table() -> None:
    assert set(RULES) == set(INTERPRETATIONS)
    assert set(RAISING) < set(RULES)
    assert set(UFUNCS.values()) <= set(RULES)


def operand() -> st.SearchStrategy[object]:
    arrays = st.builds(
        lambda dtype, shape: np.full(shape, 2).astype(dtype)[()], st.sampled_from(DTYPES), st.sampled_from(SHAPES)
    )
    return st.one_of(arrays, st.sampled_from([True, 2, 2.5, 1j]))


@settings(max_examples=600, deadline=None)
@given(st.sampled_from(ELEMENTWISE), operand(), operand())
def test_elementwise_rules_foretell_dtype_and_shape(primitive: str, a: object, b: object) -> None:
    function = INTERPRETATIONS[primitive]
    operands = (a, b) if getattr(function, "nin", 1) == 2 or primitive in BINARY else (a,)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            expected = function(*operands)
        except (TypeError, ValueError):
            expected = None
    if expected is None:
        with pytest.raises((TypeError, ValueError)):
            RULES[primitive](*map(type_of, operands))
    else:
        assert RULES[primitive](*map(type_of, operands)) == (type_of(expected),)


BINARY = frozenset(
    "add subtract multiply divide floor_divide remainder bitwise_and bitwise_or bitwise_xor left_shift right_shift "
    "less less_equal equal not_equal greater greater_equal power".split()
)


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(sorted(meaning.REDUCTIONS)),
    st.sampled_from(DTYPES),
    st.sampled_from([(3,), (2, 3), (4, 1, 3)]),
    st.sampled_from([None, 0, -1]),
    st.booleans(),
)
def test_reduction_rules_foretell_dtype_and_shape(
    primitive: str, dtype: str, shape: tuple[int, ...], axis: int | None, keepdims: bool
) -> None:
    value = np.ones(shape, dtype)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = INTERPRETATIONS[primitive](value, axis=axis, keepdims=keepdims)
    assert RULES[primitive](type_of(value), axis=axis, keepdims=keepdims) == (type_of(np.asarray(expected)[()]),)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from([(3,), (3, 2), (5, 3, 2), ()]), st.sampled_from([(2,), (2, 4), (5, 2, 4), (3,)]))
def test_matmul_rule_foretells_the_shape(left: tuple[int, ...], right: tuple[int, ...]) -> None:
    a, b = np.ones(left, "float32"), np.ones(right, "float64")
    try:
        expected = a @ b
    except ValueError:
        with pytest.raises(ValueError, match="matmul"):
            RULES["matmul"](type_of(a), type_of(b))
    else:
        assert RULES["matmul"](type_of(a), type_of(b)) == (type_of(expected),)


@given(st.lists(st.sampled_from(SHAPES), min_size=1, max_size=3))
def test_broadcasting_is_numpys(shapes: list[tuple[int, ...]]) -> None:
    try:
        expected = np.broadcast_shapes(*shapes)
    except ValueError:
        assume(False)
    assert broadcast(tuple(shapes)) == expected


def test_a_symbol_broadcasts_with_itself_and_with_one_only() -> None:
    n, m = Symbol("n"), Symbol("m")
    assert broadcast(((n, 3), (n, 1), (3,))) == (n, 3)
    with pytest.raises(ValueError, match="broadcast"):
        broadcast(((n,), (m,)))
    with pytest.raises(ValueError, match="broadcast"):
        broadcast(((n,), (3,)))


def test_python_scalars_are_weak() -> None:
    (result,) = RULES["multiply"](Array(np.dtype("float32"), (2,)), type_of(2))
    assert result == Array(np.dtype("float32"), (2,))
    (strong,) = RULES["multiply"](Array(np.dtype("float32"), (2,)), type_of(np.int64(2)))
    assert strong == Array(np.dtype("float64"), (2,))
