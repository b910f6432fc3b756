"""`NativeCalls`: the entry in C, through which a call finds its compiled program with no Python in between."""

from __future__ import annotations

import ctypes
import importlib
import shutil
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import Thread
from typing import Any

from snek_strategies.backends.backend import Unavailable
from snek_strategies.backends.lantern import compiler
from snek_strategies.backends.lantern.cache import library
from snek_strategies.backends.lantern.signature import signature
from snek_strategies.calls import Arguments, StagedCalls
from snek_strategies.staging.pytrees import Dynamic
from snek_strategies.staging.trace import StagedProgram


def entry_class() -> type | None:
    """Return the class `Caller` of `runtime/caller.cpp`, or None for a Python that has no GIL or is not CPython.

    Raises Unavailable where it cannot be compiled.
    """
    # The declarations in python_abi.hpp are those of a CPython with the GIL.
    known = sys.implementation.name == "cpython" and not sysconfig.get_config_var("Py_GIL_DISABLED")
    return _compiled() if known and not hasattr(sys, "getobjects") else None


@cache
def _compiled() -> type:
    made = library((compiler.RUNTIME / "caller.cpp").read_text())
    loaded = ctypes.PyDLL(str(made))
    shutil.rmtree(made.parent)
    pointer = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.py_object, ctypes.c_char_p)(
        ("PyCapsule_GetPointer", ctypes.pythonapi)
    )
    table = importlib.import_module("numpy._core._multiarray_umath")._ARRAY_API
    make = loaded.lantern_caller
    make.restype, make.argtypes = ctypes.py_object, [ctypes.c_void_p]
    caller: type = make(pointer(table, None))
    return caller


@contextmanager
def entry_meanwhile() -> Iterator[None]:
    """Have the entry compiled, where this process has not loaded it, while what stands inside compiles a program."""
    failed: list[Exception] = []

    def load() -> None:
        try:
            entry_class()
        except Exception as error:  # noqa: BLE001 - it is raised again below
            failed.append(error)

    beside = None if _compiled.cache_info().currsize else Thread(target=load)
    if beside is not None:
        beside.start()
    try:
        yield
    finally:
        if beside is not None:
            beside.join()
    for error in failed:
        # Who asks for the entry is told that it cannot be compiled.
        if not isinstance(error, Unavailable):
            raise error


@cache
def native_calls() -> type | None:
    """Return the class to mix into `StagedCalls`: calls that fit a remembered program run it from C.

    The others are made as `StagedCalls` makes them.
    """
    caller = entry_class()
    return None if caller is None else type("NativeCalls", (caller,), {"remember": _remember})


def _remember(self: Any, run: Any, staged: StagedProgram, args: tuple[object, ...], given: Arguments) -> None:
    native = getattr(run, "native", None)
    if native is None:
        if getattr(run, "settled", True):
            StagedCalls.remember(self, run, staged, args, given)
        return
    marked = [one is not own for one, own in zip(given[0], args, strict=False) if isinstance(one, Dynamic)]
    plain = any(marked)
    known = self.__dict__.setdefault("_remembered", set())
    key = (native.address, plain)
    if key in known or given[1] or len(args) != len(given[0]) or plain != all(marked or [False]):
        return
    known.add(key)
    spec = signature(native, staged, given, plain)
    if spec is None:
        StagedCalls.remember(self, run, staged, args, given)
    else:
        self.learn(*spec)
