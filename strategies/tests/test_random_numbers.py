"""Random numbers: known answers, the same on every back-end and in plain Python, and of their distribution."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.special
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

import snek
from snek import random
from snek_strategies.backends.registry import BACKENDS
from snek_strategies.random_numbers.inverse_error_function import inverse_error_function
from snek_strategies.random_numbers.threefry import threefry

TESTS = Path(__file__).parent
sys.path.append(str(TESTS))
from own_process import column_of  # noqa: E402
from random_programs import descend, walk  # noqa: E402
from run_random_numbers import same, units  # noqa: E402

KEY = random.key(2026)
UNITS = 8
"""How far normal numbers may be from NumPy's, in units in the last place: logarithms are each back-end's own."""


def words(text: str) -> tuple[np.ndarray, np.ndarray]:
    both = np.array([int(one, 16) for one in text.split()], np.uint32).view(np.int32)
    return both[:1], both[1:]


@pytest.mark.parametrize(
    ("counter", "key", "answer"),
    [
        ("00000000 00000000", "00000000 00000000", "6b200159 99ba4efe"),
        ("ffffffff ffffffff", "ffffffff ffffffff", "1cb996fc bb002be7"),
        ("243f6a88 85a308d3", "13198a2e 03707344", "c4923a9c 483df7a0"),
    ],
)
def test_threefry_gives_the_known_answers_of_its_authors(counter: str, key: str, answer: str) -> None:
    assert same(threefry(words(key), words(counter)), words(answer))


def answers(backend: str) -> dict[str, Any]:
    """Draw on a back-end, in one process of its own."""
    found: dict[str, Any] = column_of("run_random_numbers.py", backend)
    return found


@pytest.mark.parametrize("backend", BACKENDS)
def test_every_back_end_draws_the_same_bits_as_plain_python(backend: str) -> None:
    found = answers(backend)
    assert found["exact"] == [[True] * 13] * 3
    assert found["walk"] == [True] * 3
    assert "minval must be less than maxval" in found["bounds"]


@pytest.mark.parametrize("backend", BACKENDS)
def test_normal_numbers_are_within_some_units_of_plain_pythons(backend: str) -> None:
    assert max(answers(backend)["units"]) <= UNITS


def test_keys_and_numbers_are_those_of_jax() -> None:
    assert answers("jax")["jax"] == [True] * 18


@pytest.mark.parametrize("backend", ["interpret", "lantern"])
def test_recursive_programs_draw_as_plain_python(backend: str) -> None:
    staged = snek.stage(descend, backend=backend)
    for seed in range(4):
        assert staged(random.key(seed), snek.dynamic(6)) == descend(random.key(seed), 6)


@settings(max_examples=25, deadline=None)
@given(st.integers(-(2**63), 2**63 - 1), st.integers(-(2**40), 2**40), st.integers(1, 2**45), st.integers(0, 5))
def test_seeds_and_bounds_may_be_known_only_in_the_next_stage(seed: int, low: int, span: int, count: int) -> None:
    def draw(seed, low, high):
        key = random.key(seed)
        return random.fold_in(key, low), random.randint(key, (count,), low, high), random.uniform(key, (count, 2))

    wanted = draw(seed, low, low + span)
    assert same(snek.stage(draw, backend="interpret")(*map(snek.dynamic, (seed, low, low + span))), wanted)
    assert np.all((wanted[1] >= low) & (wanted[1] < low + span))


def test_verified_staging_finds_nothing_to_say() -> None:
    staged = snek.stage(walk, backend="interpret", verify=True)
    assert same(staged(KEY, snek.dynamic(5)), walk(KEY, 5))


def test_a_key_gives_the_same_numbers_again_and_other_keys_others() -> None:
    assert np.array_equal(random.bits(KEY, (4,)), random.bits(KEY, (4,)))
    keys = [*random.split(KEY, 1000), *(random.fold_in(KEY, at) for at in (-(2**40), -1, 1000, 2**40))]
    assert len({tuple(one) for one in (KEY, *keys)}) == 1005
    assert len(np.unique(random.bits(KEY, (2000,)))) == 2000


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_uniform_numbers_are_uniform(dtype: str) -> None:
    drawn = random.uniform(KEY, (20000,), dtype)
    assert drawn.dtype == dtype
    assert drawn.min() >= 0
    assert drawn.max() < 1
    assert scipy.stats.kstest(drawn, "uniform").pvalue > 0.01
    assert abs(np.corrcoef(drawn[:-1], drawn[1:])[0, 1]) < 0.03


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_normal_numbers_are_normal(dtype: str) -> None:
    drawn = random.normal(KEY, (20000,), dtype)
    assert drawn.dtype == dtype
    assert scipy.stats.kstest(drawn, "norm").pvalue > 0.01
    assert abs(drawn.std() - 1) < 0.02


@pytest.mark.parametrize("span", [3, 1000, 3 * 2**30, 3 * 2**40])
def test_integers_are_equally_likely(span: int) -> None:
    drawn = random.randint(KEY, (30000,), 5, 5 + span) - 5
    counts = np.bincount(drawn * 3 // span, minlength=3)
    assert scipy.stats.chisquare(counts).pvalue > 0.001
    assert (drawn.min() >= 0) & (drawn.max() < span)


def test_truth_values_come_with_their_probability() -> None:
    shares = random.bernoulli(KEY, np.array([0.0, 0.1, 0.75, 1.0]), (20000, 4)).mean(axis=0)
    assert np.allclose(shares, [0, 0.1, 0.75, 1], atol=0.015)
    assert shares[0] == 0
    assert shares[3] == 1


def test_permutations_have_every_row_once_in_any_order() -> None:
    firsts = [int(random.permutation(random.fold_in(KEY, at), 4)[0]) for at in range(2000)]
    assert scipy.stats.chisquare(np.bincount(firsts)).pvalue > 0.001
    assert sorted(random.permutation(KEY, 1001)) == list(range(1001))
    rows = np.arange(12.0).reshape(4, 3)
    assert sorted(map(tuple, random.permutation(KEY, rows))) == sorted(map(tuple, rows))
    assert random.permutation(KEY, 0).shape == (0,)


def test_choices_follow_their_weights_and_do_not_repeat_without_replacement() -> None:
    drawn = random.choice(KEY, 3, (20000,), p=np.array([1.0, 0.0, 3.0]))
    assert np.allclose(np.bincount(drawn) / 20000, [0.25, 0, 0.75], atol=0.015)
    assert len(set(random.choice(KEY, 50, (50,), replace=False).tolist())) == 50
    assert random.choice(KEY, np.arange(6.0).reshape(3, 2), (4,)).shape == (4, 2)
    assert random.choice(KEY, 5).shape == ()


@pytest.mark.parametrize(("dtype", "most"), [("float32", 4), ("float64", 16)])
def test_the_inverse_error_function_is_accurate(dtype: str, most: int) -> None:
    x = np.linspace(-1, 1, 20003)[1:-1].astype(dtype)
    near_one = (1 - np.logspace(-6 if dtype == "float32" else -15, -2, 500)).astype(dtype)
    for given_ in (x, near_one, -near_one):
        assert (
            units(scipy.special.erfinv(given_.astype("float64")).astype(dtype), inverse_error_function(given_)) < most
        )


def test_gradients_take_drawn_numbers_as_they_are() -> None:
    def loss(x, low, key):
        return np.sum(x * random.normal(key, (3,)) * random.uniform(key, (3,), minval=low, maxval=4.0))

    x, low = np.array([1.0, -2.0, 0.5]), np.float64(1.0)
    by_x, by_low = snek.grad(loss, argnums=(0, 1), backend="interpret")(x, low, KEY)
    normal = random.normal(KEY, (3,))
    assert np.allclose(by_x, normal * random.uniform(KEY, (3,), minval=low, maxval=4.0))
    assert math.isclose(by_low, np.sum(x * normal * (1 - random.uniform(KEY, (3,)))))


WRONG = [
    (lambda: random.uniform(0), TypeError, "no key: 0"),
    (lambda: random.uniform(np.zeros(2)), TypeError, "no key"),
    (lambda: random.uniform(KEY, (), "int32"), TypeError, "int32"),
    (lambda: random.uniform(KEY, (-1,)), ValueError, "negative extent"),
    (lambda: random.bits(KEY, (2**16, 2**16)), ValueError, "split the key"),
    (lambda: random.uniform(KEY, (), minval=np.zeros(3)), ValueError, "broadcast"),
    (lambda: random.uniform(KEY, (), maxval=1j), TypeError, "real number"),
    (lambda: random.key(2**64), OverflowError, "64 bits"),
    (lambda: random.key(1.5), TypeError, "integer"),
    (lambda: random.randint(KEY, (), 3, 3), ValueError, "minval must be less"),
    (lambda: random.randint(KEY, (), 0, 2**62), ValueError, "minval must be less"),
    (lambda: random.randint(KEY, (), 0, 2**40, "int32"), ValueError, "2147483648"),
    (lambda: random.randint(KEY, (), 0, 2**80), TypeError, "at most 64 bits"),
    (lambda: random.randint(KEY, (), 0.0, 3), TypeError, "integers"),
    (lambda: random.randint(KEY, (), 0, 3, "uint8"), TypeError, "uint8"),
    (lambda: random.choice(KEY, 3, (4,), replace=False), ValueError, "4 draws"),
    (lambda: random.choice(KEY, 3, (2,), replace=False, p=np.ones(3)), ValueError, "without replacement"),
    (lambda: random.choice(KEY, 3, p=np.ones(2)), ValueError, "one weight a row"),
    (lambda: random.choice(KEY, np.zeros((0, 2))), ValueError, "among nothing"),
    (lambda: random.permutation(KEY, 2.5), ValueError, "array with rows"),
]


@pytest.mark.parametrize(("call", "error", "said"), WRONG)
def test_a_wrong_argument_is_named(call: Any, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        call()


def test_what_depends_on_data_where_it_must_not_is_refused_at_its_line() -> None:
    def draw(key, count):
        return random.uniform(key, (count,))

    with pytest.raises(snek.StagingError, match="known only in the next stage") as caught:
        snek.stage(draw, backend="interpret")(KEY, snek.dynamic(3))
    assert caught.value.place is not None
    assert caught.value.place.filename == __file__
