"""Newton's method on Kepler's equation by hand: one pass over the orbits a step, nothing stored between."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

import numpy as np

from snek_workloads.experts.native import compiled

CPP = """
#include <cmath>
#include <cstdint>
static float worst_of(const float *a, const float *e, const float *m, float *r, int64_t n) {
    float worst = 0;
    for (int64_t i = 0; i < n; ++i) {
        r[i] = a[i] - e[i] * std::sin(a[i]) - m[i];
        worst = std::fmax(worst, std::fabs(r[i]));
    }
    return worst;
}
extern "C" void run(const float *m, const float *e, float tolerance, int64_t *budget, float *a, float *r, int64_t n) {
    for (int64_t i = 0; i < n; ++i) a[i] = m[i];
    while (worst_of(a, e, m, r, n) > tolerance && *budget > 0) {
        for (int64_t i = 0; i < n; ++i) a[i] -= r[i] / (1 - e[i] * std::cos(a[i]));
        --*budget;
    }
}
"""


def with_cpp(example: tuple[Any, ...], by: tuple[int, ...]) -> Callable[..., object]:  # noqa: ARG001 - no shapes here
    """Two loops over the orbits a step."""
    run = compiled(CPP)
    pointer, integer = ctypes.c_void_p, ctypes.c_int64
    run.argtypes = [pointer, pointer, ctypes.c_float, pointer, pointer, pointer, integer]  # type: ignore[attr-defined]

    def newton(mean: np.ndarray, eccentricity: np.ndarray, tolerance: np.float32, budget: np.int64) -> object:
        anomaly, residual, left = np.empty_like(mean), np.empty_like(mean), np.array([budget])
        places = (left.ctypes.data, anomaly.ctypes.data, residual.ctypes.data)
        run(mean.ctypes.data, eccentricity.ctypes.data, float(tolerance), *places, mean.size)
        return anomaly, left[0]

    return newton


def with_numba(example: tuple[Any, ...], by: tuple[int, ...]) -> Callable[..., object]:  # noqa: ARG001 - no shapes here
    """Two loops over the orbits a step."""
    import numba

    @numba.njit
    def newton(mean, eccentricity, tolerance, budget):  # type: ignore[no-untyped-def]
        anomaly, residual = mean.copy(), np.empty_like(mean)
        one = np.float32(1)
        while True:
            worst = np.float32(0)
            for i in range(mean.size):
                residual[i] = anomaly[i] - eccentricity[i] * np.sin(anomaly[i]) - mean[i]
                worst = max(worst, abs(residual[i]))
            if worst <= tolerance or budget <= 0:
                return anomaly, budget
            for i in range(mean.size):
                anomaly[i] -= residual[i] / (one - eccentricity[i] * np.cos(anomaly[i]))
            budget -= 1

    return newton  # type: ignore[no-any-return]


def with_jax(example: tuple[Any, ...], by: tuple[int, ...]) -> Callable[..., object]:  # noqa: ARG001 - no shapes here
    """One `lax.while_loop` that carries the residual."""
    import jax
    import jax.numpy as jnp

    @jax.jit
    def newton(mean, eccentricity, tolerance, budget):  # type: ignore[no-untyped-def]
        def residual(anomaly):  # type: ignore[no-untyped-def]
            return anomaly - eccentricity * jnp.sin(anomaly) - mean

        def goes_on(state):  # type: ignore[no-untyped-def]
            return (jnp.max(jnp.abs(state[1])) > tolerance) & (state[2] > 0)

        def step(state):  # type: ignore[no-untyped-def]
            anomaly, off, left = state
            anomaly = anomaly - off / (1 - eccentricity * jnp.cos(anomaly))
            return anomaly, residual(anomaly), left - 1  # type: ignore[no-untyped-call]

        state = (mean, residual(mean), budget)  # type: ignore[no-untyped-call]
        anomaly, _, left = jax.lax.while_loop(goes_on, step, state)
        return anomaly, left

    return newton  # type: ignore[no-any-return]
