"""Prints of a compiled program: it calls back with where its values lie, and they are printed at that moment."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable, Sequence
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from snek_strategies.backends.arithmetic import dims_of, dtype_of
from snek_strategies.backends.lantern.cpp_types import cpp
from snek_strategies.backends.raising import host_value
from snek_strategies.ir.interpretations import print_
from snek_strategies.ir.syntax import Node
from snek_strategies.ir.types import Type

if TYPE_CHECKING:
    from snek_strategies.backends.lantern.writer import Writer

CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int64, ctypes.POINTER(ctypes.c_void_p))


def write_print(w: Writer, node: Node) -> None:
    """Write the call that lets the host print a node's values."""
    pointers = []
    for atom in node.operands:
        if dims_of(atom.type):
            pointers.append(w.together(atom).pointer)
            continue
        name = w.fresh()
        w.line(f"const {cpp(dtype_of(atom.type))} {name} = {w.use(atom)};")
        pointers.append(f"&{name}")
    w.shared.prints.append(node)
    values = "nullptr"
    if pointers:
        values = w.fresh("printed")
        w.line(f"const void *const {values}[] = {{{', '.join(pointers)}}};")
    w.line(f"lantern::print({len(w.shared.prints)}, {values});")


class Printer:
    """Prints for one loaded program; an exception that printing raises waits until the program has ended.

    `nodes` tells the program's prints; it is asked when the first of them happens.
    """

    def __init__(self, nodes: Callable[[], Sequence[Node]]) -> None:
        self._nodes = nodes
        self._raised = threading.local()
        self.callback = CALLBACK(self._print)

    def _print(self, site: int, values: Any) -> int:
        try:
            node = self._nodes()[site - 1]
            params: Any = dict(node.params)
            print_(*(_read(atom.type, values[at]) for at, atom in enumerate(node.operands)), **params)
        except BaseException as error:  # noqa: BLE001 - nothing passes through compiled code; `failed` raises it
            self._raised.error = error
            return 1
        return 0

    def failed(self) -> BaseException:
        """Return what printing raised in this thread."""
        error: BaseException = self._raised.error
        del self._raised.error
        return error


def _read(type_: Type, address: int) -> object:
    dims, dtype = dims_of(type_), dtype_of(type_)
    made = np.frombuffer(ctypes.string_at(address, prod(dims) * dtype.itemsize), dtype).reshape(dims)
    return host_value(type_, made if dims else made[()])
