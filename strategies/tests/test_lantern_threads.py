"""`threads=n`: large loops and products are shared, small ones are not, and the answers are the same."""

from __future__ import annotations

import os
import threading

import numpy as np
import pytest

import snek
from snek_strategies.backends.lantern import compiler
from snek_strategies.backends.registry import BACKENDS

needs_compiler = pytest.mark.skipif(compiler.compiler() is None, reason="there is no C++ compiler")
RNG = np.random.default_rng(5)


def large(x, w, first):
    last = np.tanh(x) * first
    wide = last[:, ::2] + w[0, 0]
    return last, wide.T * 2.0, last @ w, w.T @ last.T, np.exp(last).sum(), last[:3, :3] * first


GIVEN = (RNG.standard_normal((701, 403)), RNG.standard_normal((403, 201)), np.float64(0.7))


@needs_compiler
@pytest.mark.parametrize("threads", [2, 3])
def test_threads_share_what_is_large_and_answer_the_same(threads: int) -> None:
    staged = snek.stage(large, backend="lantern", threads=threads)
    text = staged.trace(*GIVEN).lower().as_text("cpp")
    assert text.count(f"lantern::spread<{threads}>") >= 2
    assert text.count(f"lantern::gemm_spread<{threads}>") == 2
    for mine, theirs in zip(staged(*GIVEN), large(*GIVEN), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-12, atol=1e-12)


@needs_compiler
def test_small_loops_and_one_thread_share_nothing() -> None:
    given = (GIVEN[0][:20, :50], GIVEN[1][:50], GIVEN[2])
    assert "spread<" not in snek.stage(large, backend="lantern", threads=4).trace(*given).lower().as_text("cpp")
    assert "spread" not in snek.stage(large, backend="lantern").trace(*GIVEN).lower().as_text("cpp")


@needs_compiler
def test_a_gradient_takes_threads_too() -> None:
    def loss(x, w):
        return np.sum(np.tanh(x @ w) ** 2)

    made = snek.value_and_grad(loss, (0, 1), backend="lantern", threads=2)
    assert "gemm_spread<2>" in made.trace(*GIVEN[:2]).lower().as_text("cpp")
    want = snek.value_and_grad(loss, (0, 1))(*GIVEN[:2])
    value, gradients = made(*GIVEN[:2])  # type: ignore[misc]
    np.testing.assert_allclose(value, want[0])  # type: ignore[index]
    for mine, theirs in zip(gradients, want[1], strict=True):  # type: ignore[index]
        np.testing.assert_allclose(mine, theirs, rtol=1e-10, atol=1e-10)


@needs_compiler
@pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="only Linux lists a process's threads")
def test_more_threads_run_meanwhile() -> None:
    def often(x, n):
        while n > 0:
            x = np.tanh(x) + 0.1
            n = n - 1
        return x

    staged = snek.stage(often, backend="lantern", threads=3)
    x = RNG.standard_normal(1 << 18)
    staged(x, np.int64(1))
    before, most, over = len(os.listdir("/proc/self/task")), 0, threading.Event()
    run = threading.Thread(target=lambda: (staged(x, np.int64(400)), over.set()))
    run.start()
    while not over.is_set():
        most = max(most, len(os.listdir("/proc/self/task")))
    run.join()
    assert most == before + 3  # the thread that calls, and two that share its loops


@pytest.mark.parametrize("threads", [0, -1, True, "2", 1.0, 257])
def test_a_number_of_threads_that_is_none_is_refused(threads: object) -> None:
    with pytest.raises(snek.SnekError, match="threads: .*; give a whole number from 1 to 256"):
        snek.stage(large, backend="lantern", threads=threads)  # type: ignore[call-overload]


@pytest.mark.parametrize("name", [name for name, one in BACKENDS.items() if not one.threads])
def test_back_ends_that_are_told_of_no_threads_refuse_them(name: str) -> None:
    with pytest.raises(snek.SnekError, match=f"threads: 2, but back-end '{name}' is told of no threads"):
        snek.grad(large, backend=name, threads=2)
