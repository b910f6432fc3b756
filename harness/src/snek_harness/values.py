"""Argument sets and expectations as files in a block's folder, and arguments that a program may freely change."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import cast

from snek_harness.exchange import read_values, write_values

Arguments = tuple[object, ...]

ARGUMENTS = "arguments.npz"
ORACLE = "oracle.npz"
TIMED = -1
"""Which argument set is timed: the one with the longest way, which makes the most steps."""


def reference_file(strategy: str) -> str:
    """Return the name of the file that holds what a reference strategy answers."""
    return f"{strategy.replace('/', '-')}.npz"


def write_sets(folder: str, name: str, sets: list[object]) -> None:
    """Write one value an argument set."""
    write_values(Path(folder) / name, sets)


def read_arguments(folder: str) -> list[Arguments]:
    """Return the block's argument sets."""
    return cast("list[Arguments]", read_values(Path(folder) / ARGUMENTS))


def read_expected(folder: str, name: str) -> list[object]:
    """Return what a program must answer, one value an argument set."""
    return cast("list[object]", read_values(Path(folder) / name))


def fresh(arguments: Arguments) -> Arguments:
    """Return a copy, so that a program that changes its arguments changes nobody else's."""
    return copy.deepcopy(arguments)
