"""A workload that cannot draw its arguments."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import plain

from snek_workloads.workload import Arguments, Workload


def raising_arguments(xp, x):  # type: ignore[no-untyped-def]
    return x


def arguments(rng: np.random.Generator, size: str) -> Arguments:
    raise FileNotFoundError("planted: no data")


WORKLOAD: Workload = replace(plain.WORKLOAD, program=raising_arguments, arguments=arguments)
