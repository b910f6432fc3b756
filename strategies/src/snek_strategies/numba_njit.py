"""`numba/njit`: Numba's compiler of Python with NumPy to machine code, with types from the arguments.

Compiled code reaches another function only where that is a dispatcher too: see `dispatchers.py`.
"""

from __future__ import annotations

import importlib
import io
from collections.abc import Mapping
from types import CodeType
from typing import Any

from snek_core_transform.errors import StagingError
from snek_strategies.collect_warnings import collect_warnings
from snek_strategies.dispatchers import dispatchers_of
from snek_strategies.numpy_values import to_host
from snek_strategies.protocol import Program, Staged, Strategy
from snek_strategies.spellings.numba_spelling import NUMBA


class NumbaNjit(Strategy):
    """Compile the program with `numba.njit`; static Python scalars are ordinary scalars to Numba."""

    name = "numba/njit"
    framework = "numba"
    imports = ("numba", "scipy")  # SciPy brings the BLAS that compiled code calls
    spelling = NUMBA

    def pin_threads(self, count: int) -> None:
        """Let the BLAS that compiled code calls compute with `count` threads."""
        importlib.import_module("scipy.linalg.cython_blas")  # Numba loads it while it compiles: too late to be pinned
        super().pin_threads(count)

    def stage(self, program: Program, example: tuple[object, ...]) -> Njitted:
        """Make dispatchers of the program and of the functions it calls; Numba types them at `compile`."""
        import numba

        if numba.config.DISABLE_JIT:
            raise StagingError("Numba compiles nothing: NUMBA_DISABLE_JIT is set; unset it")
        return Njitted(dispatchers_of(program), tuple(map(self.from_host, example)))

    def from_host(self, value: object) -> object:
        """Return arrays as they are, and a 0-d array as the scalar that it holds."""
        return value[()] if hasattr(value, "dtype") and value.shape == () else value  # type: ignore[attr-defined, index]

    def to_host(self, value: object) -> object:
        """Return a result with NumPy scalars as 0-d arrays; Python scalars, as Numba returns them, stay."""
        return to_host(value)


class Njitted(Staged):
    """A program's dispatcher, and those of the functions that it calls."""

    def __init__(self, dispatchers: tuple[Any, ...], example: tuple[object, ...]) -> None:
        self.dispatchers = dispatchers
        self.entry = dispatchers[0]
        self.example = example
        self.doubts: list[str] = []

    def compile(self) -> Program:
        """Type and compile the program for the example. Raises what Numba raises."""
        import numba

        with collect_warnings(numba.NumbaWarning) as doubts:
            self.entry.compile(tuple(map(numba.typeof, self.example)))
        self.doubts += doubts
        run: Program = self.entry
        return run

    def dump(self) -> Mapping[str, str]:
        """Return what Numba made of the compiled program: types by line, LLVM code, and what it warned of."""
        types = io.StringIO()
        self.entry.inspect_types(file=types)
        llvm = "\n".join(self.entry.inspect_llvm().values())
        return {"types": types.getvalue(), "llvm": llvm, "warnings": "\n".join(self.doubts)}

    def counters(self) -> Mapping[str, int]:
        """Return the signatures that Numba has compiled, of the program and of the functions that it calls."""
        return {"stagings": sum(len(each.signatures) for each in self.dispatchers), "graphs": 1, "breaks": 0}

    def is_glue(self, code: CodeType) -> bool:
        """Tell whether `code` is a dispatcher's own copy of a function's code, which Python never runs.

        Under a profiler Numba reports each entry into machine code as a call of that copy. The program's own code is
        another object: a run of it by Python is still seen.
        """
        return any(code is each.py_func.__code__ for each in self.dispatchers)
