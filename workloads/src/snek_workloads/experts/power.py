"""Powers by hand: squares and products of one element at a time, so that memory is walked once."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

import numpy as np

from snek_workloads.experts.native import compiled

CPP = """
#include <cstdint>
extern "C" void run(const float *__restrict b, int64_t size, double *total, float *__restrict out, float scale) {
    double sum = 0;
    #pragma omp simd reduction(+ : sum)
    for (int64_t i = 0; i < size; ++i) {
        float square = b[i], made = scale;
        for (int n = EXPONENT; n; n >>= 1, square *= square)
            if (n & 1) made *= square;
        out[i] = made;
        if (SUMS) sum += double(made) * b[i];
    }
    *total = sum;
}
"""
"""`scale * b ** EXPONENT`; the compiler unrolls the squarings, whose number it knows."""


def with_cpp(example: tuple[Any, ...], by: tuple[int, ...]) -> Callable[..., object]:
    """One loop; for the mean's slope it takes a power less, whose product with the base it sums."""
    n = example[1]
    text = CPP.replace("EXPONENT", str(n - 1 if by else n)).replace("SUMS", str(len(by)))
    run = compiled(text)
    pointer = ctypes.c_void_p
    run.argtypes = [pointer, ctypes.c_int64, pointer, pointer, ctypes.c_float]  # type: ignore[attr-defined]

    def power(b: np.ndarray, n: int) -> object:
        out, total = np.empty_like(b), np.empty(1)
        run(b.ctypes.data, b.size, total.ctypes.data, out.ctypes.data, n / b.size if by else 1.0)
        return (np.float32(total[0] / n), (out,)) if by else out

    return power


def with_jax(example: tuple[Any, ...], by: tuple[int, ...]) -> Callable[..., object]:  # noqa: ARG001 - no shapes here
    """JAX's own power by a static integer."""
    import jax
    import jax.numpy as jnp

    def loss(b, n):  # type: ignore[no-untyped-def]
        return jnp.mean(b**n)

    run = jax.value_and_grad(loss, argnums=by) if by else lambda b, n: b**n
    return jax.jit(run, static_argnums=1)  # type: ignore[no-any-return]
