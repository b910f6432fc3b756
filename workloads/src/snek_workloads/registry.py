"""The workloads by name: every module of `snek_workloads.programs` is one, under its file's name."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path

from snek_workloads.workload import Workload

_FOLDER = Path(__file__).parent / "programs"


def names() -> tuple[str, ...]:
    """Return every workload's name, sorted, without importing one."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules([str(_FOLDER)])))


def load(name: str) -> Workload:
    """Return the workload of that name. Raises KeyError, naming those that exist, for an unknown one."""
    if name not in names():
        raise KeyError(f"unknown workload {name!r}; one of {', '.join(names())}")
    workload: Workload = importlib.import_module(f"snek_workloads.programs.{name}").WORKLOAD
    assert workload.name == name, f"programs/{name}.py holds a program named {workload.name!r}"
    return workload
