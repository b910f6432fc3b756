"""A workload whose witness disagrees with its text."""

from __future__ import annotations

from dataclasses import replace

import plain

from snek_workloads.workload import Workload


def broken_oracle(xp, x):  # type: ignore[no-untyped-def]
    while xp.sum(x) > 1:
        x = x * 0.25
    return x, 3


WORKLOAD: Workload = replace(plain.WORKLOAD, program=broken_oracle)
