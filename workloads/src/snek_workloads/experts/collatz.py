"""Collatz's sequence by hand."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

import numpy as np

from snek_workloads.experts.native import compiled

CPP = """
#include <cstdint>
extern "C" void run(int64_t n, int64_t *out) {
    int64_t steps = 0, peak = n;
    while (n != 1) {
        n = (n & 1) ? 3 * n + 1 : n >> 1;
        if (n > peak) peak = n;
        ++steps;
    }
    out[0] = steps;
    out[1] = peak;
}
"""


def with_cpp(example: tuple[Any, ...], by: tuple[int, ...]) -> Callable[..., object]:  # noqa: ARG001 - no shapes here
    """Loop over one integer register."""
    run = compiled(CPP)
    run.argtypes = [ctypes.c_int64, ctypes.c_void_p]  # type: ignore[attr-defined]

    def collatz(n: np.int64) -> tuple[np.int64, np.int64]:
        out = np.empty(2, np.int64)
        run(int(n), out.ctypes.data)
        return out[0], out[1]

    return collatz


def with_numba(example: tuple[Any, ...], by: tuple[int, ...]) -> Callable[..., object]:  # noqa: ARG001 - no shapes here
    """Loop over one integer, halved by a shift."""
    import numba

    @numba.njit  # type: ignore[untyped-decorator]
    def collatz(n: int) -> tuple[int, int]:
        steps = 0
        peak = n
        while n != 1:
            n = 3 * n + 1 if n & 1 else n >> 1
            peak = max(peak, n)
            steps += 1
        return steps, peak

    return collatz  # type: ignore[no-any-return]


def with_jax(example: tuple[Any, ...], by: tuple[int, ...]) -> Callable[..., object]:  # noqa: ARG001 - no shapes here
    """One `lax.while_loop` over three integers, without a branch."""
    import jax
    import jax.numpy as jnp

    @jax.jit
    def collatz(n):  # type: ignore[no-untyped-def]
        def step(state):  # type: ignore[no-untyped-def]
            n, steps, peak = state
            n = jnp.where(n % 2 == 0, n // 2, 3 * n + 1)
            return n, steps + 1, jnp.maximum(peak, n)

        _, steps, peak = jax.lax.while_loop(lambda state: state[0] != 1, step, (n, 0 * n, n))
        return steps, peak

    return collatz  # type: ignore[no-any-return]
