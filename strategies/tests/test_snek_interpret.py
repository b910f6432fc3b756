"""`snek/interpret` on whole programs: what the program answers as Python, in value, type and dtype, on both sides."""

from __future__ import annotations

import functools
import math
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from snek_core_transform.errors import StagingError
from snek_strategies.snek_interpret import SnekInterpret
from snek_strategies.snek_strategy import StagedOnBackend

sys.path.append(str(Path(__file__).parent))
from backend_programs import (  # noqa: E402
    bound_in_one_branch,
    early_return,
    extremes,
    for_over_array,
    for_over_range,
    if_elif_else,
    int_then_float,
    membership,
    range_backwards,
    short_circuits,
    ternary,
    value_of_and,
    while_else,
    while_with_break,
)

f32, f64, i64 = np.float32, np.float64, np.int64


pytestmark = pytest.mark.usefixtures("checked")


def same(a: object, b: object) -> bool:
    if type(a) is not type(b):
        return False
    if isinstance(a, (tuple, list)) and isinstance(b, (tuple, list)):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, (np.ndarray, np.generic)) and isinstance(b, (np.ndarray, np.generic)):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    return repr(a) == repr(b)


def outcome(function: Callable[..., object], args: tuple[object, ...]) -> object:
    try:
        return function(*args)
    except Exception as error:
        return (type(error).__name__, str(error))


def agree(program: Callable[..., object], *sets: tuple[object, ...], stagings: int = 1) -> StagedOnBackend:
    """Stage for the first set, and compare with Python on all of them, twice over, exceptions included."""
    staged = SnekInterpret().stage(program, sets[0])
    run = staged.compile()
    for args in (*sets, *sets):
        expected, got = outcome(program, args), outcome(run, args)
        assert same(expected, got), f"{args}: Python {expected!r}, staged {got!r}"
    assert staged.counters()["stagings"] == stagings
    return staged


def refused(program: Callable[..., object], *args: object, match: str) -> StagingError:
    with pytest.raises(StagingError, match=match) as caught:
        SnekInterpret().stage(program, args)
    assert caught.value.place is not None
    assert caught.value.place.filename == __file__
    first = program.__code__.co_firstlineno
    assert first <= caught.value.place.line <= first + 30
    return caught.value


# Choices.


def after_static_return(x, flag):
    if flag:
        return x + 1
    x = x * 100
    return x


def chained(x, y):
    calls = 1
    if 0 < x < y <= 10:
        return x
    return y + calls


def bound_once_later(x):
    if x > 0:
        y = x * 2
    z = x + 1
    if x > 5:
        return y + z
    return z


def none_or_value(x):
    y = None
    if y is None:
        y = x
    return y if x is not None else 0


CHOICES = [
    (if_elif_else, [(f64(2),), (f64(-3),), (f64(0),)]),
    (early_return, [(f64(1), i64(3)), (f64(50), i64(0)), (f64(1), i64(1000))]),
    (chained, [(i64(1), i64(2)), (i64(3), i64(2)), (i64(1), i64(20)), (i64(-1), i64(5))]),
    (short_circuits, [(i64(1), np.bool_(True)), (i64(0), np.bool_(False)), (i64(9), np.bool_(True))]),
    (value_of_and, [(i64(0), i64(4)), (i64(3), i64(4)), (i64(3), i64(0))]),
    (ternary, [(f32(2),), (f32(0.5),)]),
    (bound_in_one_branch, [(f32(2),), (f32(-2),)]),
    (bound_once_later, [(f32(2),), (f32(-2),), (f32(9),)]),
    (none_or_value, [(f32(2),)]),
    (extremes, [(f64(1), f64(2)), (f64(9), f64(-2))]),
]


@pytest.mark.parametrize(("program", "sets"), CHOICES, ids=lambda one: getattr(one, "__name__", ""))
def test_a_choice_is_right_on_both_sides(program: Callable[..., object], sets: list[tuple[object, ...]]) -> None:
    agree(program, *sets)


def test_membership_gives_the_truth_of_either_side() -> None:
    run = SnekInterpret().stage(membership, (i64(2),)).compile()
    assert [run(i64(one)) for one in (1, 2, 5)] == [(True, True), (True, False), (False, False)]


def test_code_after_a_static_return_is_not_staged() -> None:
    agree(after_static_return, (f32(2), True))
    agree(after_static_return, (f32(2), False))


# Loops.


def fibonacci(n):
    a, b = 0, 1
    i = 0
    while i < n:
        a, b = b, a + b
        i += 1
    return a


def index_then_counter(n):
    for i in range(3):
        pass
    while i < n:
        i = i + 2
    return i


def nested(n):
    total = 0
    for i in range(n):
        for j in range(i):
            if j % 3 == 1:
                continue
            if j > 6:
                break
            total = total + i * j
    return total


def long_static(x):
    for i in range(200):
        x = x + i / 100
    return x


def last_item(n):
    for i in range(n):
        last = i * i
    return last


def weak_counter(x):
    for i in range(40):
        x = x * 0.5 + i
    return x


def nonzero_static_while(x):
    i = 0
    while i < 1000:
        x = x + 1
        i = i + 1
    return x


XS = np.array([3.0, 4.0, 5.0, 6.0, 7.0])
LOOPS = [
    (fibonacci, [(i64(n),) for n in (0, 1, 10, 200)]),
    (while_with_break, [(XS, f64(6)), (XS, f64(3)), (XS, f64(99))]),
    (while_else, [(XS, f64(6)), (XS, f64(99))]),
    (for_over_array, [(np.arange(30.0),), (np.arange(30.0) * 2 + 1,)]),
    (for_over_array, [(np.arange(3.0),)]),
    (for_over_range, [(i64(5), f32(1)), (i64(0), f32(1))]),
    (range_backwards, [(i64(9), f32(1)), (i64(-7), f32(1))]),
    (index_then_counter, [(i64(9),), (i64(0),)]),
    (nested, [(i64(0),), (i64(12),)]),
    (long_static, [(f32(1),), (np.ones(3, f32),)]),
    (last_item, [(i64(5),), (i64(0),)]),
    (weak_counter, [(np.ones((2, 2), f32),)]),
    (nonzero_static_while, [(f32(1),)]),
]


@pytest.mark.parametrize(("program", "sets"), LOOPS, ids=lambda one: getattr(one, "__name__", ""))
def test_a_loop_is_right_for_any_number_of_trips(
    program: Callable[..., object], sets: list[tuple[object, ...]]
) -> None:
    shapes = {tuple(getattr(one, "shape", None) for one in args) for args in sets}
    if program in VALUES_ONLY:
        run = SnekInterpret().stage(program, sets[0]).compile()
        for args in sets:
            assert outcome(run, args) == outcome(program, args)
    else:
        agree(program, *sets, stagings=len(shapes))


VALUES_ONLY = {while_with_break, fibonacci, index_then_counter, for_over_array, last_item, nested}
"""Loop variables are widened: where Python would leave an int, a loop may answer an equal number of NumPy's."""


def test_an_int_that_becomes_a_float_is_widened() -> None:
    run = SnekInterpret().stage(int_then_float, (i64(3),)).compile()
    assert [run(i64(n)) for n in (0, 1, 3)] == [64, 32.0, 8.0]


# Recursion.


def factorial(n):
    if n <= 1:
        return 1
    return n * factorial(n - 1)


def is_even(n):
    if n == 0:
        return True
    return is_odd(n - 1)


def is_odd(n):
    if n == 0:
        return False
    return is_even(n - 1)


def tree_sum(left, right, value, node):
    def visit(at):
        if at < 0:
            return value[0] * 0
        return value[at] + visit(left[at]) + visit(right[at])

    return visit(node)


def static_power(x, n):
    if n == 0:
        return np.ones_like(x)
    return x * static_power(x, n - 1)


def depth(n):
    if n == 0:
        return n
    return depth(n - 1) + 1


def endless(n):
    return endless(n + 1) + 1


def static_endless(x, n):
    if x > 0:
        return static_endless(x, n + 1)
    return x


LEFT, RIGHT = np.array([1, -1, 3, -1, -1]), np.array([2, -1, 4, -1, -1])


def test_recursion_is_found_and_staged() -> None:
    text = agree(depth, (i64(0),), (i64(30),)).dump()["ir"]
    assert "function[name='depth']" in text
    run = SnekInterpret().stage(factorial, (i64(3),)).compile()
    assert [run(i64(n)) for n in (0, 1, 5, 20)] == [1, 1, 120, math.factorial(20)]
    run = SnekInterpret().stage(is_even, (i64(3),)).compile()
    assert [run(i64(n)) for n in (0, 1, 2, 7)] == [True, False, True, False]


def test_recursion_closes_over_arrays() -> None:
    agree(tree_sum, (LEFT, RIGHT, XS, i64(0)), (LEFT, RIGHT, XS, i64(2)), (RIGHT, LEFT, XS, i64(-1)))


def test_recursion_on_a_static_argument_vanishes() -> None:
    text = agree(static_power, (np.arange(3.0), 5)).dump()["ir"]
    assert text.count("multiply") == 5
    assert "function" not in text
    assert "if" not in text


def test_recursion_is_as_deep_as_pythons_and_no_deeper() -> None:
    run = SnekInterpret().stage(depth, (i64(3),)).compile()
    assert run(i64(900)) == 900
    with pytest.raises(RecursionError, match="depth"):
        run(i64(10**6))


def test_recursion_without_a_base_case_is_refused() -> None:
    refused(endless, i64(1), match="base case")
    refused(static_endless, i64(1), 0, match="64 levels")


# What is known outside, and what changes there.

RATE = 2.0
TABLE = {"scale": 3.0}
LOG: list[object] = []
WEIGHTS = np.ones(3)


class Settings:
    factor = 2.0

    def __init__(self) -> None:
        self.offset = 1.0


SETTINGS = Settings()


def reads_global(x):
    return x * RATE + TABLE["scale"] + SETTINGS.offset * Settings.factor + WEIGHTS.sum()


def test_what_is_read_outside_is_never_stale(monkeypatch: pytest.MonkeyPatch) -> None:
    staged = SnekInterpret().stage(reads_global, (f64(2),))
    run = staged.compile()

    def check(stagings: int) -> None:
        assert run(f64(2)) == reads_global(f64(2))
        assert staged.counters()["stagings"] == stagings

    check(1)
    check(1)
    monkeypatch.setitem(globals(), "RATE", 5.0)
    check(2)
    monkeypatch.setitem(TABLE, "scale", 1.0)
    check(3)
    monkeypatch.setattr(SETTINGS, "offset", 7.0)
    check(4)
    monkeypatch.setattr(Settings, "factor", 9.0)
    check(5)
    WEIGHTS[0] = 4.0
    check(6)
    monkeypatch.setitem(globals(), "RATE", 2.0)
    check(7)
    check(7)


def test_a_closures_variable_is_never_stale() -> None:
    rate = 1.0

    def program(x):
        return x * rate

    staged = SnekInterpret().stage(program, (f64(3),))
    run = staged.compile()
    assert run(f64(3)) == 3.0
    rate = 2.0
    assert run(f64(3)) == 6.0
    assert staged.counters()["stagings"] == 2


def test_a_new_shape_dtype_or_static_value_is_staged_and_counted() -> None:
    staged = SnekInterpret().stage(static_power, (np.arange(3.0), 2))
    run = staged.compile()
    run(np.arange(3.0), 2)
    assert staged.counters()["stagings"] == 1
    assert run(np.arange(4.0), 2).shape == (4,)  # type: ignore[attr-defined]
    assert run(np.arange(3.0, dtype=f32), 2).dtype == f32  # type: ignore[attr-defined]
    assert run(np.arange(3.0), 3).tolist() == [0.0, 1.0, 8.0]  # type: ignore[attr-defined]
    assert staged.counters()["stagings"] == 4


def appends_to_global(x):
    LOG.append(x)
    return x


def writes_global(x):
    global RATE
    RATE = 7.0
    return x


def truncating(x):
    y = x
    if x > 0:
        y = f64(0.1)
    return y


def truncating_weak(x):
    y = x
    if x > 0:
        y = 0.1
    return y


def shapes_differ(x):
    y = x
    if x[0] > 0:
        y = np.concatenate([x, x])
    return y


def stores_into_host(x):
    out = np.array([0.0, 0.0, 0.0])
    out[0] = x
    return out


def draws(x):
    return x + np.random.rand()


def swallows(x):
    try:
        y = (1, 2, 3)[x]
    except:  # noqa: E722 - the hazard: a handler that takes everything
        y = 0
    return y


def formats(x):
    return f"{x}"


def keys(x):
    return {1: 2}[x]


def unpacks(x):
    first, *rest = x
    return first, rest


def slices(x, n):
    return x[:n]


def masks(x):
    return x[x > 0]


def no_rule(x):
    return np.unwrap(x)


def host_function(x):
    return complex(x)


def long_iterable(x):
    for i in list(range(40)):
        x = x + i
    return x


def never_ends(x):
    while True:
        x = x + 1
    return x


REFUSALS = [
    (appends_to_global, (f64(1),), "changes a list"),
    (writes_global, (f64(1),), "global"),
    (truncating, (f32(1),), "'y' is"),
    (truncating_weak, (f32(1),), "'y' is"),
    (shapes_differ, (np.ones(3),), "'y' is"),
    (stores_into_host, (f64(1),), "a store into an array of NumPy's own"),
    (draws, (f64(1),), r"rand\(\)"),
    (swallows, (i64(1),), "index"),
    (formats, (f64(1),), "returns a StagedText"),
    (keys, (i64(1),), "dict key"),
    (unpacks, (np.ones(20),), "unpacking"),
    (slices, (np.ones(5), i64(2)), "slice"),
    (masks, (np.ones(5),), "shape would depend on data"),
    (no_rule, (np.ones((2, 2)),), "unwrap"),
    (host_function, (f64(1),), "complex"),
    (long_iterable, (f64(1),), "more than 16"),
    (never_ends, (f64(1),), "never ends"),
]


@pytest.mark.parametrize(("program", "args", "match"), REFUSALS, ids=lambda one: getattr(one, "__name__", ""))
def test_what_cannot_be_staged_is_refused_at_its_place(
    program: Callable[..., object], args: tuple[object, ...], match: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(globals(), "RATE", RATE)
    refused(program, *args, match=match)
    LOG.clear()


# Python that is static costs nothing and stays Python.


def static_structures(x, layers):
    sizes = {"a": 2, "b": 3}
    acc = []
    for name, size in sizes.items():
        acc.append(x * size + len(name))
    return acc[0] + acc[1] + sum(acc) + layers


def grows_while_iterated(x):
    todo = [1]
    for one in todo:
        if one < 5:
            todo.append(one + 1)
        x = x * one
    return x


def two_lambdas(x):
    f, g = (lambda a: a + 1), (lambda a: a * 2)
    return f(x) - g(x)


def doubled(function):
    @functools.wraps(function)
    def inner(x):
        return 2 * function(x)

    return inner


@doubled
def shifted(x):
    return x + 1


def decorated(x):
    return shifted(x)


def comprehension(x):
    return sum([x[i] * i for i in range(3)])


def mathematics(x):
    return math.sqrt(x) + math.floor(x), int(x), float(x), bool(x)


def pair(x):
    carry = (x, x * 0)
    for _ in range(30):
        a, b = carry
        carry = (b + 1, a)
    return carry


def scaled(x, *rest, factor=2.0):
    return x * factor + rest[0]


def keywords(x):
    return scaled(x, 1.0, factor=3.0) + scaled(x, 2.0)


def attributes(x):
    return x.T.shape, x.ndim, len(x), x.dtype, x.reshape(-1), x.sum(axis=0), x.astype(np.float32), x.max()


STATIC = [
    (static_structures, [(np.ones(2), 3)]),
    (grows_while_iterated, [(f64(1),)]),
    (two_lambdas, [(f64(4),)]),
    (decorated, [(f64(4),)]),
    (comprehension, [(np.arange(4.0),)]),
    (mathematics, [(f64(2.5),), (f64(0.5),)]),
    (pair, [(f64(3),)]),
    (keywords, [(f64(3),)]),
    (attributes, [(np.arange(6.0).reshape(2, 3),)]),
]


@pytest.mark.parametrize(("program", "sets"), STATIC, ids=lambda one: getattr(one, "__name__", ""))
def test_static_python_is_python(program: Callable[..., object], sets: list[tuple[object, ...]]) -> None:
    agree(program, *sets)


def zeros(x):
    return np.zeros(2), x


def test_a_constant_answer_is_the_callers_own() -> None:
    run = SnekInterpret().stage(zeros, (f64(1),)).compile()
    run(f64(1))[0][0] = 5.0  # type: ignore[index]
    assert run(f64(1))[0].tolist() == [0.0, 0.0]  # type: ignore[index]


def test_a_rep_that_outlives_its_staging_is_refused() -> None:
    kept: list[object] = []

    class Sink:
        def __eq__(self, other: object) -> bool:
            kept.append(other)
            return False

        __hash__ = None  # type: ignore[assignment]

    def program(x):
        return (Sink() == x) or x

    with pytest.raises(StagingError):
        SnekInterpret().stage(program, (f64(1),))
    for rep in kept:
        with pytest.raises(BaseException, match="after its staging ended"):
            rep + 1  # type: ignore[operator]


def many_temporaries(x):
    for _ in range(200):
        x = x + 1 - x * 0.5
    return x.sum()


def test_the_interpreter_forgets_what_is_used_no_more() -> None:
    x = np.ones(100_000)
    run = SnekInterpret(unroll=1000).stage(many_temporaries, (x,)).compile()
    run(x)
    tracemalloc.start()
    try:
        run(x)
        assert tracemalloc.get_traced_memory()[1] < 6 * x.nbytes
    finally:
        tracemalloc.stop()


def adds_in_place(x):
    y = x
    y += 1
    return y


def test_an_array_of_rank_0_is_written_to_and_a_scalar_replaced() -> None:
    agree(adds_in_place, (f64(1),))
    refused(adds_in_place, np.array(1.0), match="in place")
    run = SnekInterpret().stage(adds_in_place, (f64(1),)).compile()
    with pytest.raises(StagingError, match="in place"):
        run(np.array(1.0))


def test_an_argument_of_another_class_is_refused() -> None:
    with pytest.raises(StagingError, match="an argument of class set"):
        SnekInterpret().stage(if_elif_else, ({1},))
    with pytest.raises(StagingError, match="<U1"):
        SnekInterpret().stage(if_elif_else, (np.array(["a"]),))


def test_the_ir_is_printed() -> None:
    assert (
        SnekInterpret().stage(ternary, (f32(2),)).dump()["ir"]
        == """\
program ternary(%0: float32[]) {
  %1: bool[] = greater %0, 1
  %2: bool = bool %1
  %5: float32[] = if %2 {
    %3: float32[] = multiply %0, 2
    yield %3
  } else {
    %4: float32[] = subtract %0, 1
    yield %4
  }
  return %5
}
"""
    )


def test_the_sexpr_is_printed() -> None:
    assert (
        SnekInterpret().stage(two_lambdas, (f32(2),)).dump()["sexpr"]
        == """\
(program two_lambdas
  (block ((%1 (array float32)))
    (let ((%2 (array float32))) (add %1 (const int 1)))
    (let ((%3 (array float32))) (multiply %1 (const int 2)))
    (let ((%4 (array float32))) (subtract %2 %3))
    (yield %4)))
"""
    )
