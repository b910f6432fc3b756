"""A program as Lantern takes it: C++ source, compiled by the system's compiler and loaded."""

from __future__ import annotations

import ctypes
import importlib
import shlex
import shutil
import struct
from typing import Any, ClassVar, NoReturn

import numpy as np

from snek_strategies.backends.arithmetic import dims_of, dtype_of
from snek_strategies.backends.backend import LoweredProgram
from snek_strategies.backends.core_primitives import core_primitives
from snek_strategies.backends.explicit_checks import explicit_checks
from snek_strategies.backends.lantern import compiler
from snek_strategies.backends.lantern.cache import library as library_of
from snek_strategies.backends.lantern.known_dtypes import refuse_unknown
from snek_strategies.backends.lantern.native_calls import native_calls
from snek_strategies.backends.lantern.printing import Printer
from snek_strategies.backends.lantern.running_time import takes_long
from snek_strategies.backends.lantern.signature import Native
from snek_strategies.backends.lantern.writer import Shared, Writer, cpp_name, scalar_type
from snek_strategies.backends.lifted_functions import lifted
from snek_strategies.backends.raising import host_value
from snek_strategies.ir.passes.optimize import looped
from snek_strategies.ir.syntax import Program, Sym
from snek_strategies.ir.types import Type

HEAD = """// Made from the Python function {name}.
{complex}#include "lantern.hpp"
#include "products.hpp"
#include "scalar.hpp"
#include "tape.hpp"
{threads}
extern "C" const void *constants[{count}];
const void *constants[{count}] = {{}};
template <class T>
static const T *constant(int at) {{
    return static_cast<const T *>(constants[at]);
}}
"""


class LanternProgram(LoweredProgram):
    """C++ that the system's compiler makes native code of."""

    kinds: ClassVar[tuple[str, ...]] = ("cpp",)
    tapes: ClassVar[bool] = True
    recursive: ClassVar[bool] = True

    def __init__(self, program: Program, threads: int = 1) -> None:
        super().__init__(program, threads)
        refuse_unknown(program)
        core = looped(explicit_checks(core_primitives(program), overflow=False))
        functions = lifted(core)
        self.shared = Shared(threads)
        self.shared.functions = {one.name.index: one for one in functions if one.name is not None}
        writers = [Writer(self.shared, one) for one in functions]
        bodies = [one.function() for one in writers]
        declared = [text.partition(" {\n")[0] + ";" for text in bodies[:-1]]
        # <complex> takes longer to compile than most programs.
        uses_complex = any("std::complex" in one for one in bodies)
        head = HEAD.format(
            name=program.name,
            complex="#include <complex>\n\n" if uses_complex else "",
            threads="" if threads == 1 else '#include "threads.hpp"\n',
            count=max(1, len(self.shared.constants)),
        )
        entry = self._entry(cpp_name(functions[-1]), takes_long(functions))
        self.source = "\n\n".join([head, *declared, *bodies, entry]) + "\n"

    @classmethod
    def missing(cls) -> str | None:
        """Say that there is no C++ compiler, and what to install."""
        if compiler.compiler() is None:
            return "there is no C++ compiler; install g++ (Debian: apt install g++), clang++, or: pip install ziglang"
        return None

    def _entry(self, name: str, alone: bool) -> str:
        body = self.program.body
        given = ["context"]
        for at, sym in enumerate(body.parameters):
            pointer = f"static_cast<const {scalar_type(sym.type)} *>(given[{at}])"
            given.append(pointer if dims_of(sym.type) else f"*{pointer}")
        for at, atom in enumerate(body.results):
            pointer = f"static_cast<{scalar_type(atom.type)} *>(made[{at}])"
            given.append(pointer if dims_of(atom.type) else f"*{pointer}")
        return (
            'extern "C" void lantern_connect(const lantern::Services *given) { lantern::services = *given; }\n\n'
            'extern "C" int lantern_run([[maybe_unused]] const void *const *given, '
            "[[maybe_unused]] void *const *made, lantern::Raised *raised) {\n"
            f"    return lantern::run<{str(alone).lower()}>(raised, [&](lantern::Context &context) {{\n"
            f"        {name}({', '.join(given)});\n    }});\n}}"
        )

    def as_text(self, kind: str) -> str:
        """Return the `cpp` source, under the command that compiles it."""
        if kind != "cpp":
            return super().as_text(kind)
        return f"// Compile with:\n//   {shlex.join(compiler.command())}\n{self.source}"

    def compile(self) -> LoadedProgram:
        """Compile and load the program."""
        return LoadedProgram(self)

    @classmethod
    def calls(cls) -> type | None:
        """Return the mix-in whose instances find compiled programs in C."""
        return native_calls()

    def failed(self, code: int, site: int, words: tuple[int, ...]) -> NoReturn:
        """Raise what a run that ended with `code` means; see `lantern::run`."""
        if code == 2:
            raise RecursionError(f"maximum recursion depth exceeded in staged program {self.program.name}")
        if code == 3:
            raise MemoryError(f"no memory for staged program {self.program.name}")
        types = self.shared.sites.all[site - 1].types
        values = [
            struct.unpack("d", struct.pack("q", word))[0] if dtype_of(type_).kind == "f" else word
            for type_, word in zip(types, words, strict=False)
        ]
        raise self.shared.sites.error(site, values)


class LoadedProgram:
    """A compiled program, called with host values; `native` is what the entry in C knows of it."""

    def __init__(self, lowered: LanternProgram) -> None:
        made = library_of(lowered.source)
        library = ctypes.PyDLL(str(made))
        shutil.rmtree(made.parent)
        self._printer = Printer(lowered.shared.prints)
        library.lantern_connect(_services(self._printer))
        kept = lowered.shared.constants
        (ctypes.c_void_p * max(1, len(kept))).in_dll(library, "constants")[:] = [one.ctypes.data for one in kept] or [0]
        parameters, results = lowered.program.body.parameters, lowered.program.body.results
        own = {sym.index: at for at, sym in enumerate(parameters)}
        self._lowered = lowered
        self._given = [sym.type for sym in parameters]
        self._run = library.lantern_run
        address = ctypes.cast(self._run, ctypes.c_void_p).value
        assert address is not None
        self.native = Native(
            address,
            tuple(atom.type for atom in results),
            tuple(own.get(atom.index) if isinstance(atom, Sym) else None for atom in results),
            self._failed,
            (library, kept, self._printer),
        )

    def __call__(self, *arguments: Any) -> tuple[object, ...]:
        """Run the program on host values, and return the host's values."""
        native = self.native
        given = [_handed(type_, value) for type_, value in zip(self._given, arguments, strict=True)]
        answers = [np.empty(dims_of(type_), dtype_of(type_)) for type_ in native.results]
        raised = (ctypes.c_int64 * 17)()
        code = self._run(_pointers(given), _pointers(answers), raised)
        if code:
            native.failed(code, raised[0], tuple(raised[1:]))
        return tuple(
            host_value(type_, one if dims_of(type_) else one[()]) if at is None else arguments[at]
            for type_, one, at in zip(native.results, answers, native.same, strict=True)
        )

    def _failed(self, code: int, site: int, words: tuple[int, ...]) -> NoReturn:
        if code == 5:
            raise self._printer.failed()
        self._lowered.failed(code, site, words)


def _pointers(arrays: list[np.ndarray]) -> Any:
    return (ctypes.c_void_p * max(1, len(arrays)))(*(one.ctypes.data for one in arrays))


def _handed(type_: Type, value: Any) -> np.ndarray:
    if not dims_of(type_) and type(value) is int and not -(2**63) <= value < 2**63:
        raise OverflowError(f"{value} leaves the 64 bits that an int has in a compiled program; use 'interpret'")
    return np.ascontiguousarray(value, dtype_of(type_)).reshape(dims_of(type_))


class _Services(ctypes.Structure):
    _fields_: ClassVar = [
        (name, ctypes.c_void_p)
        for name in ("save_thread", "restore_thread", "check_signals", "dgemm", "sgemm", "print")
    ]


def _services(printer: Printer) -> Any:
    api = ctypes.pythonapi
    blas = importlib.import_module("scipy.linalg.cython_blas").__pyx_capi__
    pointer, title = api.PyCapsule_GetPointer, api.PyCapsule_GetName
    pointer.restype, pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    title.restype, title.argtypes = ctypes.c_char_p, [ctypes.py_object]
    host = [
        ctypes.cast(one, ctypes.c_void_p)
        for one in (api.PyEval_SaveThread, api.PyEval_RestoreThread, api.PyErr_CheckSignals)
    ]
    products = [pointer(blas[name], title(blas[name])) for name in ("dgemm", "sgemm")]
    return ctypes.byref(_Services(*host, *products, ctypes.cast(printer.callback, ctypes.c_void_p)))
