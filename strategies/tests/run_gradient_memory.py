"""Take gradients through long loops on Lantern and print how much memory that took, in bytes."""

from __future__ import annotations

import resource
import signal
import sys

import numpy as np
import pytest

import snek


def peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def steps(x, n):
    s = x
    for _ in range(n):
        s = np.sin(s) * x + 0.1
    return s


def raises_midway(x, n):
    s = x
    for i in range(n):
        s = np.sin(s) * x + 0.1
        if i == 400_000:
            raise ValueError("enough")
    return s


def never_ends(x, n):
    s = x
    for _ in range(n):
        s = np.sin(s) * x + 0.1
    while n > 10:
        n = n * 1
    return s * n


def million(memory: str = "all") -> None:
    gradient = snek.grad(steps, backend="lantern", memory=memory)
    gradient(np.float64(0.7), snek.dynamic(10))
    before = peak()
    found = gradient(np.float64(0.7), snek.dynamic(10**6))
    once = peak() - before
    for _ in range(5):
        gradient(np.float64(0.7), snek.dynamic(10**6))
    print(float(found), once, peak() - before)  # type: ignore[arg-type]


def raising() -> None:
    gradient = snek.grad(raises_midway, backend="lantern")
    gradient(np.float64(0.7), snek.dynamic(10))
    before = peak()
    for _ in range(30):
        with pytest.raises(ValueError, match="enough"):
            gradient(np.float64(0.7), snek.dynamic(10**6))
    print(peak() - before)


def interrupted() -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)
    gradient = snek.grad(never_ends, backend="lantern")
    gradient(np.float64(0.7), snek.dynamic(10))
    before = peak()
    signal.signal(signal.SIGALRM, lambda *_: signal.raise_signal(signal.SIGINT))
    for _ in range(30):
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        with pytest.raises(KeyboardInterrupt):
            gradient(np.float64(0.7), snek.dynamic(400_000))
    print(peak() - before)


if __name__ == "__main__":
    {"million": million, "segments": lambda: million("sqrt"), "raising": raising, "interrupted": interrupted}[
        sys.argv[1]
    ]()
