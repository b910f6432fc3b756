"""A compiled program in this process: its library connected to the host, and called with the host's values."""

from __future__ import annotations

import ctypes
import importlib
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar, NoReturn

import numpy as np

from snek_strategies.backends.arithmetic import dtype_of
from snek_strategies.backends.lantern.plans import Plan
from snek_strategies.backends.lantern.printing import Printer
from snek_strategies.backends.lantern.signature import Native
from snek_strategies.backends.raising import host_value
from snek_strategies.ir.shape_rules import dims_of
from snek_strategies.ir.symbolic_rules import places_of
from snek_strategies.ir.syntax import Block, Node
from snek_strategies.ir.types import Dim, Type


class LoadedProgram:
    """A compiled program, called with host values; `native` is what the entry in C knows of it."""

    def __init__(
        self,
        made: Path,
        body: Block,
        plan: Plan,
        prints: Callable[[], Sequence[Node]],
        failed: Callable[[int, int, tuple[int, ...]], NoReturn],
    ) -> None:
        library = ctypes.PyDLL(str(made))
        shutil.rmtree(made.parent)
        self._printer = Printer(prints)
        library.lantern_connect(_services(self._printer))
        kept = plan.constants
        (ctypes.c_void_p * max(1, len(kept))).in_dll(library, "constants")[:] = [one.ctypes.data for one in kept] or [0]
        self._given = tuple(sym.type for sym in body.parameters)
        self._places = places_of(self._given)
        self._run = library.lantern_run
        self._raise = failed
        address = ctypes.cast(self._run, ctypes.c_void_p).value
        assert address is not None
        results = tuple(atom.type for atom in body.results)
        kept_alive = (library, kept, self._printer)
        self.native = Native(address, self._given, results, plan.same, self._failed, kept_alive)

    def __call__(self, *arguments: Any) -> tuple[object, ...]:
        """Run the program on host values, and return the host's values."""
        native = self.native
        sizes: dict[Dim, int] = {dim: arguments[at].shape[axis] for dim, (at, axis) in self._places.items()}
        given = [_handed(type_, value, sizes) for type_, value in zip(self._given, arguments, strict=True)]
        given += [np.array(one, np.int64) for one in sizes.values()]
        answers = [np.empty(_shape(type_, sizes), dtype_of(type_)) for type_ in native.results]
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
        self._raise(code, site, words)


def _pointers(arrays: list[np.ndarray]) -> Any:
    return (ctypes.c_void_p * max(1, len(arrays)))(*(one.ctypes.data for one in arrays))


def _shape(type_: Type, sizes: dict[Dim, int]) -> tuple[int, ...]:
    return tuple(dim if isinstance(dim, int) else sizes[dim] for dim in dims_of(type_))


def _handed(type_: Type, value: Any, sizes: dict[Dim, int]) -> np.ndarray:
    if not dims_of(type_) and type(value) is int and not -(2**63) <= value < 2**63:
        raise OverflowError(f"{value} leaves the 64 bits that an int has in a compiled program; use 'interpret'")
    return np.ascontiguousarray(value, dtype_of(type_)).reshape(_shape(type_, sizes))


ROUTINES = ("dgesv", "dgetrf", "dpotrf", "dgeqrf", "dorgqr", "dsyevd", "dgesdd")
"""LAPACK's routines that `runtime/linear.hpp` calls, in its order."""


class _Services(ctypes.Structure):
    _fields_: ClassVar = [
        (name, ctypes.c_void_p)
        for name in ("save_thread", "restore_thread", "check_signals", "dgemm", "sgemm", "print")
    ] + [("lapack", ctypes.c_void_p * len(ROUTINES))]


def _services(printer: Printer) -> Any:
    api = ctypes.pythonapi
    blas = importlib.import_module("scipy.linalg.cython_blas").__pyx_capi__
    lapack = importlib.import_module("scipy.linalg.cython_lapack").__pyx_capi__
    pointer, title = api.PyCapsule_GetPointer, api.PyCapsule_GetName
    pointer.restype, pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    title.restype, title.argtypes = ctypes.c_char_p, [ctypes.py_object]
    host = [
        ctypes.cast(one, ctypes.c_void_p)
        for one in (api.PyEval_SaveThread, api.PyEval_RestoreThread, api.PyErr_CheckSignals)
    ]
    products = [pointer(blas[name], title(blas[name])) for name in ("dgemm", "sgemm")]
    routines = [pointer(lapack[name], title(lapack[name])) for name in ROUTINES]
    return ctypes.byref(
        _Services(
            *host,
            *products,
            ctypes.cast(printer.callback, ctypes.c_void_p),
            (ctypes.c_void_p * len(routines))(*routines),
        )
    )
