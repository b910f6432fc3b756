"""Exceptions of compiled programs: compiled code says which `raise` it met and with what; the host raises it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from snek_core_transform.errors import StagingError
from snek_strategies.backends.arithmetic import PYTHON
from snek_strategies.ir.interpretations import filled
from snek_strategies.ir.syntax import Block, Node
from snek_strategies.ir.types import Array, Scalar, Type


@dataclass(frozen=True)
class Site:
    """One `raise` of a program."""

    exception: object
    arguments: tuple[object, ...]
    types: tuple[Type, ...]
    cause: tuple[type[BaseException], tuple[object, ...]] | None = None

    def error(self, payload: Sequence[object]) -> BaseException:
        """Return the exception, made of the values that compiled code gave; raises it where making it raises."""
        values = iter([_of_type(type_, value) for type_, value in zip(self.types, payload, strict=True)])
        made = self.exception(*filled(self.arguments, values))  # type: ignore[operator]
        assert isinstance(made, BaseException)
        if self.cause is not None:
            made.__cause__ = self.cause[0](*filled(self.cause[1], values))
        return made


def _of_type(type_: Type, value: object) -> object:
    if isinstance(type_, Scalar):
        return PYTHON[type_.kind](value)
    assert isinstance(type_, Array)
    return type_.dtype.type(value)


class Sites:
    """The `raise` nodes of a program, numbered from 1."""

    def __init__(self, backend: str) -> None:
        self.backend = backend
        self.all: list[Site] = []

    def number(self, node: Node) -> int:
        """Return the number of a `raise` node. Raises StagingError where its values are not numbers."""
        params = dict(node.params)
        types = tuple(atom.type for atom in node.operands)
        for one in types:
            if isinstance(one, Scalar) and one.kind != "complex":
                continue
            if not isinstance(one, Array) or one.dims or one.dtype.kind not in "biuf":
                raise StagingError(
                    f"back-end {self.backend!r} cannot express raise: the exception holds a value of type {one}; "
                    "give it numbers or text",
                    node.place,
                    code="SNK0290",
                )
        arguments = params["arguments"]
        assert isinstance(arguments, tuple)
        cause: Any = params.get("cause")
        self.all.append(Site(params["exception"], arguments, types, cause))
        return len(self.all)

    def error(self, number: int, payload: Sequence[object]) -> BaseException:
        """Return the exception of a numbered `raise`."""
        return self.all[number - 1].error(payload)


def ends_in_raise(block: Block) -> bool:
    """Tell whether a block raises whatever happens, so that it gives nothing."""
    return any(node.primitive == "raise" for node in block.nodes)


def host_value(type_: Type, value: object) -> object:
    """Return a result of compiled code as the program's type says: Python's scalar, NumPy's, or an array."""
    if isinstance(type_, Scalar):
        return PYTHON[type_.kind](value)
    assert isinstance(type_, Array)
    if not type_.dims:
        return type_.dtype.type(value)
    made = np.asarray(value)
    assert made.dtype == type_.dtype, f"compiled code gave {made.dtype} for {type_}"
    flags = made.flags
    # The caller may write into it: not so into an array of the program's own, whose memory nobody holds on to.
    return made if flags.writeable and (flags.owndata or made.base is not None) else made.copy()
