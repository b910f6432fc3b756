"""`numba/njit`: Numba's compiler of Python with NumPy to machine code, with types from the arguments.

Compiled code reaches another function only where that is compiled too. So the functions of the program's own file are
copied, compiled, and put into a namespace of their own, in which they find each other and themselves (recursion).
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from types import CodeType, FunctionType
from typing import Any

from snek_core_transform.errors import StagingError
from snek_strategies.numpy_values import to_host
from snek_strategies.protocol import Program, Staged, Strategy
from snek_strategies.spellings.numba import NUMBA


class NumbaNjit(Strategy):
    """Compile the program with `numba.njit`; static Python scalars are ordinary scalars to Numba."""

    name = "numba/njit"
    framework = "numba"
    imports = ("numba", "scipy")  # SciPy brings the BLAS that compiled code calls
    spelling = NUMBA

    def stage(self, program: Program, example: tuple[object, ...]) -> Njitted:
        """Make dispatchers of the program and of the functions of its file; Numba types them at `compile`."""
        import numba

        assert isinstance(program, FunctionType)
        if numba.config.DISABLE_JIT:
            raise StagingError("Numba compiles nothing: NUMBA_DISABLE_JIT is set; unset it")
        dispatchers = dispatchers_of(program)
        return Njitted(dispatchers[program.__code__], tuple(dispatchers.values()), tuple(map(self.from_host, example)))

    def from_host(self, value: object) -> object:
        """Return arrays as they are, and a 0-d array as the scalar that it holds."""
        return value[()] if hasattr(value, "dtype") and value.shape == () else value  # type: ignore[attr-defined, index]

    def to_host(self, value: object) -> object:
        """Return a result with every leaf a NumPy array."""
        return to_host(value)


class Njitted(Staged):
    """A program's dispatcher, and all dispatchers of its file."""

    def __init__(self, entry: Any, dispatchers: tuple[Any, ...], example: tuple[object, ...]) -> None:
        self.entry = entry
        self.dispatchers = dispatchers
        self.example = example

    def compile(self) -> Program:
        """Type and compile the program for the example. Raises what Numba raises."""
        import numba

        self.entry.compile(tuple(map(numba.typeof, self.example)))
        run: Program = self.entry
        return run

    def dump(self) -> Mapping[str, str]:
        """Return the types that Numba inferred, line by line, and the LLVM code, once the program is compiled."""
        types = io.StringIO()
        self.entry.inspect_types(file=types)
        return {"types": types.getvalue(), "llvm": "\n".join(self.entry.inspect_llvm().values())}

    def counters(self) -> Mapping[str, int]:
        """Return the signatures that Numba has compiled, of the program and of the functions that it calls."""
        return {"stagings": sum(len(each.signatures) for each in self.dispatchers), "graphs": 1, "breaks": 0}

    def is_glue(self, code: CodeType) -> bool:
        """Tell whether `code` is a dispatcher's own copy of a function's code.

        Under a profiler Numba reports each entry into machine code as a call of that copy, which Python never runs.
        Numba falls back on Python nowhere else: nopython mode raises instead, and the program's own code is not a copy.
        """
        return any(code is each.py_func.__code__ for each in self.dispatchers)


def dispatchers_of(program: FunctionType) -> dict[CodeType, Any]:
    """Return the dispatchers of `program` and of every function of its file that its namespace holds, by code."""
    import numba

    namespace = dict(program.__globals__)
    found = {program.__code__: program}
    found.update(
        (value.__code__, value)
        for value in namespace.values()
        if isinstance(value, FunctionType) and value.__code__.co_filename == program.__code__.co_filename
    )
    dispatchers = {}
    for code, function in found.items():
        # code.replace(): a code object of its own tells machine code under a profiler from the program under Python.
        copy = FunctionType(code.replace(), namespace, function.__name__, function.__defaults__, function.__closure__)
        copy.__kwdefaults__ = function.__kwdefaults__
        copy.__module__ = function.__module__
        dispatchers[code] = numba.njit(copy)
    for name, value in namespace.items():
        if isinstance(value, FunctionType) and value.__code__ in dispatchers:
            namespace[name] = dispatchers[value.__code__]
    return dispatchers
