"""The workloads by name: every module of `snek_workloads.programs` is one, under its file's name."""

from __future__ import annotations

import ast
import importlib
import pkgutil
from pathlib import Path

from snek_workloads.workload import Workload

_FOLDER = Path(__file__).parent / "programs"


def names() -> tuple[str, ...]:
    """Return every workload's name, sorted, without importing one."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules([str(_FOLDER)])))


def summary(name: str) -> str:
    """Return the first line of a workload's docstring, without importing it. Raises KeyError for an unknown name."""
    _known(name)
    docstring = ast.get_docstring(ast.parse((_FOLDER / f"{name}.py").read_text(encoding="utf-8")))
    assert docstring, f"programs/{name}.py has no docstring"
    return docstring.splitlines()[0]


def load(name: str) -> Workload:
    """Return the workload of that name. Raises KeyError, naming those that exist, for an unknown one."""
    _known(name)
    workload: Workload = importlib.import_module(f"snek_workloads.programs.{name}").WORKLOAD
    assert workload.name == name, f"programs/{name}.py holds a program named {workload.name!r}"
    return workload


def _known(name: str) -> None:
    if name not in names():
        raise KeyError(f"unknown workload {name!r}; one of {', '.join(names())}")
