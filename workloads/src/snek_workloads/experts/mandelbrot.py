"""Mandelbrot's escape times by hand: point by point, each until it escapes."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

import numpy as np

from snek_workloads.experts.native import compiled

CPP = """
#include <cstdint>
extern "C" void run(const float *c_re, const float *c_im, float *count, int64_t points, int64_t most) {
    for (int64_t p = 0; p < points; ++p) {
        float re = 0, im = 0;
        int64_t k = 0;
        for (; k < most && re * re + im * im <= 4; ++k) {
            const float next = re * re - im * im + c_re[p];
            im = 2 * re * im + c_im[p];
            re = next;
        }
        count[p] = float(k);
    }
}
"""


def with_cpp(example: tuple[Any, ...], by: tuple[int, ...]) -> Callable[..., object]:  # noqa: ARG001 - no shapes here
    """Leave each point's loop as it escapes."""
    run = compiled(CPP)
    run.argtypes = [ctypes.c_void_p] * 3 + [ctypes.c_int64] * 2  # type: ignore[attr-defined]

    def mandelbrot(c_re: np.ndarray, c_im: np.ndarray, most: int) -> np.ndarray:
        count = np.empty_like(c_re)
        run(c_re.ctypes.data, c_im.ctypes.data, count.ctypes.data, c_re.size, most)
        return count

    return mandelbrot


def with_numba(example: tuple[Any, ...], by: tuple[int, ...]) -> Callable[..., object]:  # noqa: ARG001 - no shapes here
    """Leave each point's loop as it escapes."""
    import numba

    @numba.njit  # type: ignore[untyped-decorator]
    def mandelbrot(c_re: np.ndarray, c_im: np.ndarray, most: int) -> np.ndarray:
        count = np.empty_like(c_re)
        for row in range(c_re.shape[0]):
            for column in range(c_re.shape[1]):
                re = im = np.float32(0)
                k = 0
                while k < most and re * re + im * im <= np.float32(4):
                    after = re * re - im * im + c_re[row, column]
                    im = np.float32(2) * re * im + c_im[row, column]
                    re = after
                    k += 1
                count[row, column] = k
        return count

    return mandelbrot  # type: ignore[no-any-return]
