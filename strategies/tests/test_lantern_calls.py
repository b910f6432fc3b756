"""Calls of compiled programs: they reach native code without Python, and are the calls that Python would make."""

from __future__ import annotations

import gc
import sys
import threading
import time
import weakref
from collections.abc import Callable
from types import FrameType
from typing import Any, NoReturn

import numpy as np
import pytest

import snek
from snek_core_transform.errors import StagingError
from snek_strategies.backends.lantern import compiler, native_calls
from snek_strategies.backends.lantern.loaded import LoadedProgram
from snek_strategies.backends.lantern.signature import signature

pytestmark = pytest.mark.skipif(compiler.compiler() is None, reason="there is no C++ compiler")

FACTOR = 2.0
SETTINGS = {"factor": 2.0}


def python_run_by(call: Callable[[], object]) -> list[str]:
    """Return the names of the Python functions that a call runs."""
    seen: list[str] = []

    def note(frame: FrameType, event: str, _: object) -> None:
        if event == "call":
            seen.append(frame.f_code.co_name)

    sys.setprofile(note)
    try:
        call()
    finally:
        sys.setprofile(None)
    return [name for name in seen if name != "<lambda>"]


def scaled(x: np.ndarray) -> np.ndarray:
    return x * FACTOR


def four(a: np.ndarray, b: np.ndarray, c: np.ndarray, d: np.ndarray) -> np.ndarray:
    return a + b * c - d


def mixed(xs: tuple[np.ndarray, np.ndarray], n: int, name: str) -> tuple[object, ...]:
    return xs[0] + n, xs[1].sum(), name, (xs[0], 1.5)


def numbers(n: int, x: float, z: complex, yes: bool) -> list[object]:
    return [n + 1, x / 2.0, z * 2.0, not yes, n]


def nothing() -> float:
    return 1.5


ROWS = 1.5 * np.arange(6.0).reshape(2, 3)
CALLS: dict[str, tuple[Callable[..., object], tuple[object, ...]]] = {
    "a NumPy scalar": (scaled, (np.float64(1.5),)),
    "a small float": (scaled, (np.float32(1.5),)),
    "an array": (scaled, (ROWS,)),
    "an array of rank 0": (scaled, (np.array(1.5),)),
    "an empty array": (scaled, (np.zeros((0, 3)),)),
    "columns together": (scaled, (np.asfortranarray(ROWS),)),
    "every other column": (scaled, (ROWS[:, ::2],)),
    "whole numbers": (scaled, (np.arange(3, dtype=np.int32),)),
    "flags": (scaled, (np.array([True, False]),)),
    "four arrays": (four, tuple(ROWS + at for at in range(4))),
    "a tuple, an int and a string": (mixed, ((ROWS, np.float32([1, 2])), 3, "name")),
    "marked numbers": (numbers, (snek.dynamic(2), snek.dynamic(3.0), snek.dynamic(1j), snek.dynamic(True))),
    "no arguments": (nothing, ()),
}


def same(first: object, second: object) -> bool:
    if isinstance(first, (tuple, list)) and isinstance(second, (tuple, list)):
        return type(first) is type(second) and all(map(same, first, second)) and len(first) == len(second)
    return type(first) is type(second) and (
        np.array_equal(first, second) and np.asarray(first).dtype == np.asarray(second).dtype  # type: ignore[arg-type]
    )


@pytest.mark.parametrize("name", list(CALLS))
def test_a_second_call_runs_no_python_and_answers_as_the_first(name: str) -> None:
    function, args = CALLS[name]
    staged = snek.stage(function, backend="lantern")
    first = staged(*args)
    again: list[object] = []
    assert python_run_by(lambda: again.append(staged(*args))) == []
    assert same(first, again[0])
    plain = function(*(one.value if type(one) is type(snek.dynamic(1)) else one for one in args))
    assert same(plain, again[0])


def refuses_negative(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    if x[0] < 0:
        raise ValueError(x[0])
    return x * y.shape[0]


def test_calls_of_any_size_run_no_python() -> None:
    staged = snek.stage(refuses_negative, backend="lantern")
    for size in (3, 4, 5):
        staged(np.ones(size), np.ones((size, 2)))
    x, y = np.ones(7), np.ones((7, 2))
    assert python_run_by(lambda: staged(x, y)) == []
    np.testing.assert_array_equal(staged(x, y), np.full(7, 7.0))
    assert len(staged.stagings()) == 2
    for sizes in ((7, 8), (1, 1)):
        # Neither two extents where there was one, nor 1, which broadcasts, is what that program is for.
        x, y = map(np.ones, sizes)
        np.testing.assert_array_equal(staged(x, y[:, None]), refuses_negative(x, y))


def test_a_size_with_a_program_of_its_own_keeps_it(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []
    failed = LoadedProgram._failed

    def noted(self: LoadedProgram, code: int, site: int, words: tuple[int, ...]) -> NoReturn:
        ran.append(str(self.native.given[0]))
        failed(self, code, site, words)

    monkeypatch.setattr(LoadedProgram, "_failed", noted)
    staged = snek.stage(refuses_negative, backend="lantern")
    for size in (3, 4, 5):
        staged(np.ones(size), np.ones(size))
    for size in (3, 5, 3, 4, 3):
        with pytest.raises(ValueError, match="-1"):
            staged(-np.ones(size), np.ones(size))
    assert ran == ["float64[3]", "float64[n]", "float64[3]", "float64[n]", "float64[3]"]


def test_extents_that_a_program_was_told_apart_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def told(*known: Any) -> Any:
        spec = signature(*known)
        return spec if spec is None or not spec[2][0] else (*spec[:2], (2, ((-1, 9), (-2, -1))), *spec[3:])  # type: ignore[index]

    monkeypatch.setattr(native_calls, "signature", told)
    staged = snek.stage(lambda x, y: (x + 1, y * 2), backend="lantern")
    for sizes in ((3, 4), (4, 6), (5, 7)):
        staged(*map(np.ones, sizes))
    calls = {sizes: tuple(map(np.ones, sizes)) for sizes in ((5, 6), (9, 6), (6, 9), (6, 6))}
    quick = [sizes for sizes, (x, y) in calls.items() if python_run_by(lambda x=x, y=y: staged(x, y)) == []]  # type: ignore[misc]
    assert quick == [(5, 6), (6, 9)]


def test_an_argument_that_is_given_back_stays_the_very_object() -> None:
    def both(x: np.ndarray, y: np.float64) -> tuple[object, ...]:
        return x, y

    staged = snek.stage(both, backend="lantern")
    y = np.float64(2.5)
    for _ in range(2):
        first, second = staged(ROWS, y)
        assert first is ROWS
        assert second is y


def test_other_arguments_are_other_programs() -> None:
    staged = snek.stage(lambda x, n: x * n, backend="lantern")
    x = np.arange(3)
    for n in (2, 2.0, True, 2, 0.0, -0.0, "2"[:0] or 3):
        for value in (x, x.astype(np.int32), x[:2], np.int64(4), x.astype(np.float32)):
            for _ in range(2):
                assert same(staged(value, n), value * n), (value, n)


def test_keywords_find_the_program_too() -> None:
    staged = snek.stage(four, backend="lantern")
    a, b, c, d = (ROWS + at for at in range(4))
    for _ in range(2):
        assert same(staged(a, b, d=c, c=d), four(a, b, d, c))
    assert len(staged.stagings()) == 1


def test_one_array_under_two_names_is_another_program() -> None:
    def change(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        x[0] = 9.0
        return x + y

    staged = snek.stage(change, backend="lantern")
    for _ in range(2):
        x, y = np.zeros(2), np.zeros(2)
        assert staged(x, y).tolist() == [9.0, 0.0]
        assert x.tolist() == [9.0, 0.0]
        assert staged(x, x).tolist() == [18.0, 0.0]
    plain = snek.stage(lambda x, y: x - y, backend="lantern")
    assert plain(np.ones(2), np.zeros(2)).tolist() == [1.0, 1.0]
    ones = np.ones(2)
    assert plain(ones, ones).tolist() == [0.0, 0.0]


@pytest.mark.parametrize("dtype", [">f8", "float16", "longdouble"])
def test_numbers_that_cpp_has_no_type_for_are_refused_at_their_place(dtype: str) -> None:
    staged = snek.stage(scaled, backend="lantern")
    for x in (np.arange(3.0).astype(dtype), np.arange(3.0), np.arange(3.0).astype(dtype)):
        if x.dtype == np.float64 and x.dtype.isnative:
            assert staged(x).tolist() == [0.0, 2.0, 4.0]
        else:
            with pytest.raises(StagingError, match=r"test_lantern_calls.py:\d+: .* cannot express a value of dtype"):
                staged(x)


def test_what_changed_outside_is_seen_by_the_next_call(monkeypatch: pytest.MonkeyPatch) -> None:
    bias = 1.0

    def affine(x: np.float64) -> np.float64:
        return x * FACTOR * SETTINGS["factor"] + bias

    staged = snek.stage(affine, backend="lantern")
    x = np.float64(1.0)
    assert [staged(x), staged(x)] == [5.0, 5.0]
    monkeypatch.setitem(globals(), "FACTOR", 3.0)
    assert [staged(x), staged(x)] == [7.0, 7.0]
    monkeypatch.setitem(SETTINGS, "factor", 1.0)
    assert [staged(x), staged(x)] == [4.0, 4.0]
    bias = 0.0
    assert [staged(x), staged(x)] == [3.0, 3.0]


def test_an_exception_of_the_users_comes_from_a_call_without_python_too() -> None:
    def checked(x: np.float64, n: float) -> np.float64:
        if x < n:
            raise ValueError("too small", x)
        return x

    staged = snek.stage(checked, backend="lantern")
    for _ in range(3):
        with pytest.raises(ValueError, match="too small") as caught:
            staged(np.float64(1.0), snek.dynamic(2.0))
        assert caught.value.args == ("too small", 1.0)
    with pytest.raises(OverflowError, match="64 bits"):
        snek.stage(lambda n: n + 1, backend="lantern")(snek.dynamic(2**63))


def test_a_compiled_program_takes_numbers_without_their_mark() -> None:
    compiled = snek.stage(lambda x, n: x * n, backend="lantern").trace(ROWS, snek.dynamic(1.0)).lower().compile()
    assert same(compiled(ROWS, 2.5), ROWS * 2.5)
    assert python_run_by(lambda: compiled(ROWS, 0.5)) == []
    assert same(compiled(ROWS, snek.dynamic(0.5)), ROWS * 0.5)
    with pytest.raises(StagingError, match="compiled for others"):
        compiled(ROWS, 2)


def test_a_tensor_passes_without_a_copy() -> None:
    torch = pytest.importorskip("torch")
    compiled = snek.stage(lambda x: (x, x + 1.0), backend="lantern").trace(ROWS).lower().compile()
    tensor = torch.arange(6.0, dtype=torch.float64).reshape(2, 3)
    same_memory, more = compiled(tensor)
    assert np.shares_memory(same_memory, tensor.numpy())
    assert more.tolist() == (tensor + 1.0).tolist()


def test_a_program_in_torchs_words_gives_tensors_at_every_call() -> None:
    torch = pytest.importorskip("torch")

    def made(x: object) -> object:
        return torch.tanh(x) * 2

    tensor = torch.arange(3.0)
    staged = snek.stage(made, backend="lantern")
    compiled = staged.trace(tensor).lower().compile()
    for one in (staged, staged, compiled, compiled):
        assert torch.allclose(one(tensor), made(tensor))  # type: ignore[operator]

    def mixed(x: np.ndarray) -> object:
        return torch.from_numpy(x) if isinstance(x, int) else torch.zeros(3) + 1.0, x * 2.0

    both = snek.stage(mixed, backend="lantern")
    for _ in range(2):
        ones, twice = both(ROWS)
        assert type(ones) is torch.Tensor
        assert type(twice) is np.ndarray


def test_more_kinds_of_arguments_than_the_entry_keeps_are_answered() -> None:
    staged = snek.stage(scaled, backend="lantern")
    for _ in range(2):
        for rank in range(12):
            assert staged(np.ones((1,) * rank)).tolist() == np.full((1,) * rank, 2.0).tolist()
    assert len(staged.stagings()) == 12


def test_a_method_and_a_gradient_are_called_as_before() -> None:
    class Model:
        @snek.stage(backend="lantern")
        def twice(self, x: np.ndarray) -> np.ndarray:
            return x * 2.0

    model = Model()
    gradient = snek.grad(lambda x: (x * x).sum(), backend="lantern")
    square = snek.grad(lambda x: x * x, backend="lantern")
    for _ in range(2):
        assert same(model.twice(ROWS), 2.0 * ROWS)
        assert same(gradient(ROWS), 2.0 * ROWS)
        assert square(1.5) == 3.0
    assert python_run_by(lambda: (gradient(ROWS), square(2.5))) == []


def test_a_staged_function_that_nobody_holds_is_collected() -> None:
    def made() -> weakref.ref[object]:
        held: list[object] = [1]

        def local(x: np.float64) -> np.float64:
            return x + len(held)

        staged = snek.stage(local, backend="lantern")
        held.append(staged)
        assert staged(np.float64(1.0)) == staged(np.float64(1.0)) == 3.0
        return weakref.ref(staged)

    gone = made()
    gc.collect()
    assert gone() is None


def test_threads_call_at_once_and_python_goes_on_meanwhile() -> None:
    def collatz(n: int) -> int:
        steps = 0
        while n != 1:
            n = n // 2 if n % 2 == 0 else 3 * n + 1
            steps += 1
        return steps

    def long(n: int) -> int:
        total = 0
        while n > 0:
            total = (total * 3 + n) % 1000003
            n -= 1
        return total

    staged = snek.stage(collatz, backend="lantern")
    spin = snek.stage(long, backend="lantern")
    spin(snek.dynamic(10))
    wrong: list[int] = []

    def call() -> None:
        for n in range(1, 400):
            if staged(snek.dynamic(n)) != collatz(n):
                wrong.append(n)

    threads = [threading.Thread(target=call) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert wrong == []
    assert len(staged.stagings()) == 1

    done: list[float] = []
    worker = threading.Thread(target=lambda: (spin(snek.dynamic(100_000_000)), done.append(time.monotonic())))
    worker.start()
    seen = 0
    while not done:
        seen += 1
    worker.join()
    assert seen > 1000  # held, the GIL would have let this loop run a few times
