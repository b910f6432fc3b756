"""Run by test_lantern_at_once.py: stop parts of a program that run at once, and show that the process lives."""

from __future__ import annotations

import os
import signal
import sys
import threading

import numpy as np

import snek


def first_raises(n, limit, step):  # type: ignore[no-untyped-def]
    a, b = np.float64(0.3), np.float64(0.4)
    for i in range(n):
        a = np.sin(a) + 0.5
        if i > limit:
            raise ValueError("enough")
    i = n * 0
    while i < n:
        b = np.cos(b) + 0.1
        i = i + step
    return a * b


def main(what: str) -> None:
    """Run both parts to their ends, then with a second part without one."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    staged = snek.stage(first_raises, backend="lantern", threads=2)
    n = snek.dynamic(100_000)
    good = (n, snek.dynamic(10**9), snek.dynamic(1))
    want = [staged(*good) for _ in range(3)]
    if what == "interrupted":
        threading.Timer(0.3, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
    try:
        staged(n, snek.dynamic(50_000 if what == "endless" else 10**9), snek.dynamic(0))
    except (ValueError, KeyboardInterrupt) as error:
        print(type(error).__name__, [staged(*good)] * 3 == want)


if __name__ == "__main__":
    main(sys.argv[1])
