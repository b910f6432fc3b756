"""Refusing numbers that C++ has no type for here: half and extended precision, and those in another byte order."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np

from snek_core_transform.errors import Place, StagingError
from snek_strategies.backends.arithmetic import dtype_of
from snek_strategies.backends.lantern.cpp_types import CPP
from snek_strategies.ir.syntax import Atom, Program, Sym, every_node
from snek_strategies.ir.types import Fn, Tape


def refuse_unknown(program: Program) -> None:
    """Raise StagingError, at the user's place, for a value of a dtype that the program could not hold as it is."""
    for atom, place in _values(program):
        if isinstance(atom.type, (Fn, Tape)):
            continue
        dtype = dtype_of(atom.type)
        if _is_known(dtype):
            continue
        order = "" if dtype.isnative else ", in another byte order than this machine's"
        raise StagingError(
            f"back-end 'lantern' cannot express a value of dtype {dtype.str!r} ({dtype.name}{order}); "
            f"give one of {', '.join(CPP)}",
            place,
            code="SNK0290",
        )


@cache
def _is_known(dtype: np.dtype[Any]) -> bool:
    return dtype.name in CPP and dtype.isnative


def _values(program: Program) -> Iterator[tuple[Atom, Place | None]]:
    nodes = list(every_node(program.body))
    places = {atom.index: node.place for node in reversed(nodes) for atom in node.operands if isinstance(atom, Sym)}
    for sym in program.body.parameters:
        yield sym, places.get(sym.index)
    for node in nodes:
        for atom in (*node.operands, *node.results):
            yield atom, node.place
