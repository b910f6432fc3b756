"""Every elementwise function, and what stands beside, is right on special values or refused by name, never wrong."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

import snek
from snek_strategies.backends.registry import BACKENDS

TESTS = Path(__file__).parent
sys.path.append(str(TESTS))
from own_process import column_of  # noqa: E402
from special_values import arguments, difference  # noqa: E402

TABLE: dict[str, dict[str, list[str]]] = json.loads(
    (TESTS.parents[1] / "results/expected/special_values.json").read_text()
)


def test_the_table_says_what_each_back_end_refuses() -> None:
    assert list(TABLE) == list(BACKENDS)
    assert {name for names in TABLE["interpret"].values() for name in names} == {"nan_to_num"}


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_function_of_special_values_is_right_or_refused_by_name(backend: str) -> None:
    found: dict[str, str] = column_of("run_special_values.py", backend)
    assert {case: said for case, said in found.items() if said != "right" and not said.startswith("refused: ")} == {}
    refused: dict[str, list[str]] = {}
    for case, said in found.items():
        if said != "right":
            name, _, dtype = case.rpartition(" ")
            refused.setdefault(dtype, []).append(name)
    assert refused == TABLE[backend]
    unnamed = [said for said in found.values() if said != "right" and "cannot express" not in said]
    assert all("np.nan_to_num" in said for said in unnamed)


def test_a_difference_at_one_value_is_seen() -> None:
    x, y, _ = arguments("float32")
    with np.errstate(all="ignore"):
        want = np.remainder(x, y)
    assert difference("remainder", x, want, want.copy()) == ""
    for at, other in ((0, np.float32(0.0)), (3, np.float32(1.0)), (want == 0, -want[want == 0])):
        wrong = want.copy()
        wrong[at] = other
        assert difference("remainder", x, want, wrong)
    assert difference("remainder", x, want, want.astype("float64"))


INTS = {
    "sum": lambda x, k: x + k,
    "the larger": lambda x, k: np.maximum(k, x),
    "the truncated remainder": lambda x, k: np.fmod(x, k),
    "a store": lambda x, k: _stored(x, k),
    "a filled array": lambda x, k: np.full_like(x, k),
    "less": lambda x, k: x < k,
    "greater or equal": lambda x, k: k >= x,
    "equal": lambda x, k: x == k,
    "clipped": lambda x, k: np.clip(x, 1, 300),  # noqa: ARG005
    "beside a constant": lambda x, k: (x < 300, x >= -1, 300 == x, x + 3),  # noqa: ARG005
    "beside a long constant": lambda x, k: (x < 2**64, x != -(2**70)),  # noqa: ARG005
}
"""What NumPy does with an int of Python's beside an array of whole numbers."""


def _stored(x, k):
    made = x.copy()
    made[1] = k
    return made


def _outcome(function, *given):
    try:
        made = function(*given)
    except (OverflowError, ZeroDivisionError) as error:
        return type(error), str(error)
    return [(one.dtype, one.tolist()) for one in (made if isinstance(made, tuple) else (made,))]


@pytest.mark.parametrize("backend", ["interpret", "jax", "lantern"])
@pytest.mark.parametrize("name", INTS)
def test_an_int_beside_whole_numbers_is_taken_by_its_value_or_raises_as_in_numpy(backend: str, name: str) -> None:
    reason = BACKENDS[backend].missing()
    if reason:
        pytest.skip(reason)
    for dtype in ("int8", "uint8", "uint64"):
        x = np.array([0, 1, 2, 5], dtype)
        staged = snek.stage(INTS[name], backend=backend)
        for k in (3, 300, -1):
            with np.errstate(divide="ignore"):
                assert _outcome(staged, x, snek.dynamic(k)) == _outcome(INTS[name], x, k), (dtype, k)


@pytest.mark.parametrize("backend", ["interpret", "jax", "lantern"])
def test_a_constant_of_64_bits_masks_unsigned_numbers(backend: str) -> None:
    reason = BACKENDS[backend].missing()
    if reason:
        pytest.skip(reason)

    def masked(x):
        return x & 0xFFFFFFFFFFFFFFFF, 2**64 - 1 - x, x * 1.0 + 10**30

    x = np.array([0, 1, 2**63 + 5], "uint64")
    assert _outcome(snek.stage(masked, backend=backend), x) == _outcome(masked, x)


COMPLEX = np.array([complex(re, im) for re in (0.0, -0.0, 2.5, np.inf, np.nan) for im in (0.0, -0.0, -1.0, -np.inf)])
NEUTRAL = {
    "times 1": lambda x: (x * 1, 1.0 * x, x * np.float64(1)),
    "over 1": lambda x: (x / 1, x / 1.0),
    "and 0": lambda x: (x + 0, x + 0.0, x + -0.0, -0.0 + x),
    "less 0": lambda x: (x - 0, x - 0.0, x - -0.0),
}


@pytest.mark.parametrize("name", NEUTRAL)
def test_what_leaves_real_numbers_alone_does_to_complex_ones_what_numpy_does(name: str) -> None:
    with np.errstate(invalid="ignore"):
        for x in (COMPLEX, COMPLEX.astype("complex64")):
            for mine, plain in zip(snek.stage(NEUTRAL[name])(x), NEUTRAL[name](x), strict=True):
                for part in (np.real, np.imag):
                    np.testing.assert_array_equal(part(mine), part(plain))
                    defined = ~np.isnan(part(plain))
                    np.testing.assert_array_equal(np.signbit(part(mine))[defined], np.signbit(part(plain))[defined])


def test_numba_divides_complex_numbers_by_zero_as_numpy() -> None:
    reason = BACKENDS["numba"].missing()
    if reason:
        pytest.skip(reason)
    x, y = (one.ravel() for one in np.meshgrid(COMPLEX, COMPLEX))
    staged = snek.stage(lambda x, y: x / y, backend="numba")
    with np.errstate(all="ignore"):
        for a, b in ((x, y), (x.astype("complex64"), y.astype("complex64")), *zip(x[::7], y[::7], strict=True)):
            mine, plain, zero = np.asarray(staged(a, b)), np.asarray(a / b), np.asarray(b == 0)
            assert mine.dtype == plain.dtype
            # Which infinity or NaN it is by 0 differs between NumPy's own loops.
            np.testing.assert_array_equal(mine[~zero], plain[~zero])
            assert not np.isfinite(mine[zero]).any()


OF_NUMBERS = {
    "sum": (lambda x, y: np.add(x, y), [(1, 2), (True, True), (2**62, 2**62), (1, 0.5)]),
    "product": (lambda x, y: np.multiply(x, y), [(2**62, 4), (True, False), (2, 1.5)]),
    "quotient": (lambda x, y: np.divide(x, y), [(1, 0), (0, 0), (1.0, 0.0), (3, 2)]),
    "floor": (lambda x, y: np.floor_divide(x, y), [(7, -2), (1, 0), (1.0, 0.0)]),
    "remainder": (lambda x, y: np.remainder(x, y), [(7, -2), (1, 0), (5.0, 0.0)]),
    "and": (lambda x, y: np.bitwise_and(x, y), [(6, 3), (True, False)]),
    "beside one alone": (lambda x, y: (np.absolute(x), np.invert(x), np.square(y)), [(True, 2), (-5, 3.0)]),
}


@pytest.mark.parametrize("name", OF_NUMBERS)
def test_numpys_functions_take_pythons_numbers_for_its_own(name: str) -> None:
    function, pairs = OF_NUMBERS[name]
    staged = snek.stage(function)
    with np.errstate(all="ignore"):
        for pair in pairs:
            mine, plain = staged(*map(snek.dynamic, pair)), function(*pair)
            for one, other in zip(np.atleast_1d(mine), np.atleast_1d(plain), strict=True):
                assert (type(one), repr(one)) == (type(other), repr(other)), pair
            assert type(mine) is type(plain), pair
