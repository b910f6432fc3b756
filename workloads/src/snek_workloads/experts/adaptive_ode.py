"""The adaptive ODE by hand: a step's sums fused into loops over the pendulums, or left to XLA to fuse."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

import numpy as np

from snek_workloads.experts.native import compiled

ROOM = 1024
"""How many steps, rejected ones included, the expert for gradients remembers."""

CPP = """
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <utility>

static void slopes(const float *y, float *k, int64_t n) {
    float sum = 0;
    for (int64_t i = 0; i < n; ++i) sum += y[i];
    const float mean = sum / n;
    for (int64_t i = 0; i < n; ++i) {
        k[i] = y[n + i];
        k[n + i] = mean - y[i] - std::sin(y[i]) - y[n + i] / 10;
    }
}

extern "C" void run(float *y, int64_t n, float left, float step, const float *control) {
    const float tolerance = control[0], safety = control[1], exponent = control[2];
    const float least = control[3], most = control[4];
    const int64_t size = 2 * n;
    float *memory = static_cast<float *>(std::malloc(sizeof(float) * 9 * size));
    float *k1 = memory, *k2 = k1 + size, *k3 = k2 + size, *k4 = k3 + size, *k5 = k4 + size, *k6 = k5 + size;
    float *k7 = k6 + size, *moved = k7 + size, *after = moved + size;
    slopes(y, k1, n);
    while (left > 0) {
        step = std::fmin(step, left);
        for (int64_t i = 0; i < size; ++i) moved[i] = y[i] + step * (k1[i] / 5);
        slopes(moved, k2, n);
        for (int64_t i = 0; i < size; ++i) moved[i] = y[i] + step / 40 * (3 * k1[i] + 9 * k2[i]);
        slopes(moved, k3, n);
        for (int64_t i = 0; i < size; ++i) moved[i] = y[i] + step / 45 * (44 * k1[i] - 168 * k2[i] + 160 * k3[i]);
        slopes(moved, k4, n);
        for (int64_t i = 0; i < size; ++i)
            moved[i] = y[i] + step / 6561 * (19372 * k1[i] - 76080 * k2[i] + 64448 * k3[i] - 1908 * k4[i]);
        slopes(moved, k5, n);
        for (int64_t i = 0; i < size; ++i)
            moved[i] = y[i] + step / 167904 * (477901 * k1[i] - 1806240 * k2[i] + 1495424 * k3[i] + 46746 * k4[i]
                                               - 45927 * k5[i]);
        slopes(moved, k6, n);
        for (int64_t i = 0; i < size; ++i)
            after[i] = y[i] + step / 142464 * (12985 * k1[i] + 64000 * k3[i] + 92750 * k4[i] - 45927 * k5[i]
                                               + 18656 * k6[i]);
        slopes(after, k7, n);
        float worst = 0;
        for (int64_t i = 0; i < size; ++i)
            worst = std::fmax(worst, std::fabs(26341 * k1[i] - 90880 * k3[i] + 790230 * k4[i] - 1086939 * k5[i]
                                               + 895488 * k6[i] - 534240 * k7[i]));
        const float error = step * worst / 21369600 / tolerance;
        if (error <= 1) {
            left -= step;
            std::memcpy(y, after, sizeof(float) * size);
            std::swap(k1, k7);
        }
        step *= std::fmin(std::fmax(safety * std::pow(error, -exponent), least), most);
    }
    std::free(memory);
}
"""


def with_cpp(example: tuple[Any, ...], by: tuple[int, ...]) -> Callable[..., object]:  # noqa: ARG001 - no shapes here
    """One loop over the numbers of the state a stage."""
    run = compiled(CPP)
    pointer, integer, number = ctypes.c_void_p, ctypes.c_int64, ctypes.c_float
    run.argtypes = [pointer, integer, number, number, pointer]  # type: ignore[attr-defined]

    def adaptive_ode(y: np.ndarray, left: np.float32, step: np.float32, *control: np.float32) -> np.ndarray:
        after, numbers = y.copy(), np.array(control, np.float32)
        run(after.ctypes.data, y.shape[1], float(left), float(step), numbers.ctypes.data)
        return after

    return adaptive_ode


def with_jax(example: tuple[Any, ...], by: tuple[int, ...]) -> Callable[..., object]:  # noqa: ARG001 - no shapes here
    """One `lax.while_loop`; for gradients it remembers where each step began, and a second one walks these back."""
    import jax
    import jax.numpy as jnp

    def slopes(y):  # type: ignore[no-untyped-def]
        return jnp.stack([y[1], jnp.mean(y[0]) - y[0] - jnp.sin(y[0]) - y[1] / 10])

    def tried(state, tolerance, safety, exponent, least, most):  # type: ignore[no-untyped-def]
        y, left, step, k1 = state
        step = jnp.minimum(step, left)
        k2 = slopes(y + step * (k1 / 5))  # type: ignore[no-untyped-call]
        k3 = slopes(y + step / 40 * (3 * k1 + 9 * k2))  # type: ignore[no-untyped-call]
        k4 = slopes(y + step / 45 * (44 * k1 - 168 * k2 + 160 * k3))  # type: ignore[no-untyped-call]
        k5 = slopes(y + step / 6561 * (19372 * k1 - 76080 * k2 + 64448 * k3 - 1908 * k4))  # type: ignore[no-untyped-call]
        moved = step / 167904 * (477901 * k1 - 1806240 * k2 + 1495424 * k3 + 46746 * k4 - 45927 * k5)
        k6 = slopes(y + moved)  # type: ignore[no-untyped-call]
        after = y + step / 142464 * (12985 * k1 + 64000 * k3 + 92750 * k4 - 45927 * k5 + 18656 * k6)
        k7 = slopes(after)  # type: ignore[no-untyped-call]
        off = step / 21369600 * (
            26341 * k1 - 90880 * k3 + 790230 * k4 - 1086939 * k5 + 895488 * k6 - 534240 * k7
        )  # fmt: skip
        error = jnp.max(jnp.abs(off)) / tolerance
        fits = error <= 1
        changed = step * jnp.clip(safety * error**-exponent, least, most)
        return (jnp.where(fits, after, y), jnp.where(fits, left - step, left), changed, jnp.where(fits, k7, k1))

    def follow(y, left, step, *control):  # type: ignore[no-untyped-def]
        state = (y, left, step, slopes(y))  # type: ignore[no-untyped-call]
        return jax.lax.while_loop(lambda state: state[1] > 0, lambda state: tried(state, *control), state)[0]  # type: ignore[no-untyped-call]

    def gradients(y, left, step, *control):  # type: ignore[no-untyped-def]
        k1, back_to_start = jax.vjp(slopes, y)
        state = (y, left, step, k1)
        kept = jax.tree.map(lambda one: jnp.zeros((ROOM, *one.shape), one.dtype), state)

        def onward(carry):  # type: ignore[no-untyped-def]
            count, state, kept = carry
            kept = jax.tree.map(lambda row, one: row.at[count].set(one), kept, state)
            return count + 1, tried(state, *control), kept  # type: ignore[no-untyped-call]

        count, (y, *_), kept = jax.lax.while_loop(lambda carry: carry[1][1] > 0, onward, (0, state, kept))

        def back(carry):  # type: ignore[no-untyped-def]
            count, slope = carry
            state = jax.tree.map(lambda row: row[count - 1], kept)
            (slope,) = jax.vjp(lambda state: tried(state, *control), state)[1](slope)  # type: ignore[no-untyped-call]
            return count - 1, slope

        ends = (2 * y / y.size, *(jnp.zeros_like(one) for one in state[1:]))
        _, (by_y, _, _, by_k1) = jax.lax.while_loop(lambda carry: carry[0] > 0, back, (count, ends))
        whole = jnp.where(count <= ROOM, 1, jnp.nan).astype(y.dtype)  # more steps than there is room for have no answer
        return jnp.mean(y * y), (whole * (by_y + back_to_start(by_k1)[0]),)

    return jax.jit(gradients if by else follow)  # type: ignore[no-any-return]
