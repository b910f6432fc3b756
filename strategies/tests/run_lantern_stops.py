"""Run by test_lantern_stops.py: stop a Lantern program by Ctrl-C or lack of memory, and show that the process lives."""

from __future__ import annotations

import os
import resource
import signal
import sys
import threading
from collections.abc import Callable

import numpy as np

import snek


def fib(n: int) -> int:
    return n if n < 2 else fib(n - 1) + fib(n - 2)


def count(n: int) -> int:
    total = 0
    while n > 0:
        total = (total * 3 + n) % 1000003
        n = n - 1
    return total


def products(n: int) -> np.ndarray:
    x = np.ones((50, 50)) / 50.0
    while n > 0:
        x = x @ x
        n = n - 1
    return x


def interrupted(function: Callable[[int], object]) -> None:
    """Press Ctrl-C while a program runs that would take days."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    staged = snek.stage(function, backend="lantern")
    before = staged(snek.dynamic(5))
    threading.Timer(0.3, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
    try:
        staged(snek.dynamic(2**40 if function is not fib else 90))
    except KeyboardInterrupt:
        print("KeyboardInterrupt", np.array_equal(staged(snek.dynamic(5)), before))


def made(x: np.ndarray) -> np.ndarray:
    return x[:, None] * x[None, :]


def inside(x: np.ndarray) -> np.ndarray:
    return (x[:, None] * x[None, :]) @ x


def no_memory(function: Callable[[np.ndarray], np.ndarray]) -> None:
    """Run a program that needs 4 GiB where there is one more than the process has."""
    staged = snek.stage(function, backend="lantern")
    small = staged(np.ones(3))
    staged.trace(np.ones(23_000)).lower().compile()  # a compiler is not started without memory
    used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + 2**30,) * 2)
    try:
        staged(np.ones(23_000))
    except MemoryError:
        print("MemoryError", np.array_equal(staged(np.ones(3)), small))


if __name__ == "__main__":
    kind, name = sys.argv[1:]
    {"interrupted": interrupted, "no_memory": no_memory}[kind](globals()[name])
