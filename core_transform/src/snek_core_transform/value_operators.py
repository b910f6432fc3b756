"""Operators over single values: what is read, stored, built, raised, yielded, entered; Python's own meaning of each.

They stand in the user's own frame, so control flow around them, `yield` and `await` among it, stays Python's.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping
from types import FunctionType, TracebackType
from typing import Any

CONVERSIONS: Mapping[str, Callable[[object], str]] = {"s": str, "r": repr, "a": ascii}
"""What `!s`, `!r` and `!a` do in an f-string."""


class ValueOperators:
    """Python's meaning of the constructs that handle one value and leave control flow to the frame."""

    def read(self, name: str, value: object) -> object:  # noqa: ARG002 - for operator sets that follow variables
        """`name`, whose value is `value`; a name without one has raised already."""
        return value

    def assign(self, name: str, value: object) -> object:  # noqa: ARG002 - for operator sets that follow variables
        """`name = value`, in any form that binds a name: the value that it gets."""
        return value

    def delete(self, name: str) -> None:
        """`del name`, after the name is gone."""

    def getattr_(self, value: Any, attr: str) -> object:
        """`value.attr`, with the attribute's name as it is stored."""
        return getattr(value, attr)

    def setattr_(self, target: Any, attr: str, value: object) -> None:
        """`target.attr = value`."""
        setattr(target, attr, value)

    def delattr_(self, target: Any, attr: str) -> None:
        """`del target.attr`."""
        delattr(target, attr)

    def getitem(self, value: Any, index: object) -> object:
        """`value[index]`; a slice comes as a `slice`."""
        return value[index]

    def setitem(self, target: Any, index: object, value: object) -> None:
        """`target[index] = value`."""
        target[index] = value

    def delitem(self, target: Any, index: object) -> None:
        """`del target[index]`."""
        del target[index]

    def unpack(self, value: Any, before: int, star: bool, after: int) -> Iterable[object]:
        """`a, *b, c = value`: what each target gets, the starred one a list.

        `before` targets stand in front of the starred one, or in all where there is none, and `after` behind it.
        """
        kind = type(value)
        try:
            iterator = iter(value)
        except TypeError:
            if hasattr(kind, "__iter__") or hasattr(kind, "__getitem__"):
                raise
            iterator = None
        if iterator is None:
            # Here, so that the error of `iter` is not its context.
            raise TypeError(f"cannot unpack non-iterable {kind.__name__} object")
        found: list[object] = []
        for element in iterator:
            if not star and len(found) == before:
                raise ValueError(f"too many values to unpack (expected {before})")
            found.append(element)
        if not star and len(found) < before:
            raise ValueError(f"not enough values to unpack (expected {before}, got {len(found)})")
        if len(found) < before + after:
            raise ValueError(f"not enough values to unpack (expected at least {before + after}, got {len(found)})")
        end = len(found) - after
        return [*found[:before], found[before:end], *found[end:]] if star else found

    def binary(self, symbol: str, left: object, right: object) -> object:
        """`left symbol right`, with `symbol` such as `+`."""
        return BINARY[symbol](left, right)

    def unary(self, symbol: str, operand: object) -> object:
        """`symbol operand`, with `symbol` one of `+`, `-`, `~`."""
        return UNARY[symbol](operand)

    def list_(self, value: list[object]) -> object:
        """`[a, *b]`, whose list is `value`."""
        return value

    def tuple_(self, value: tuple[object, ...]) -> object:
        """`(a, *b)`, whose tuple is `value`."""
        return value

    def set_(self, value: set[object]) -> object:
        """`{a, *b}`, whose set is `value`."""
        return value

    def dict_(self, value: dict[object, object]) -> object:
        """`{a: b, **c}`, whose dictionary is `value`."""
        return value

    def format_value(self, value: object, conversion: str | None, format_spec: object) -> object:
        """`{value!conversion:format_spec}` in an f-string."""
        return format(CONVERSIONS[conversion](value) if conversion else value, format_spec)  # type: ignore[arg-type]

    def join_str(self, *values: Any) -> object:
        """An f-string of its parts, texts and formatted values in turn."""
        return values[0] if len(values) == 1 else "".join(values)

    def comprehension(self, kind: str, value: object) -> object:  # noqa: ARG002 - for operator sets that tell kinds
        """A comprehension's `value`, a list, set, dict or generator, as `kind` says."""
        return value

    def def_(self, function: FunctionType) -> object:
        """`def`: the new function, before its decorators."""
        return function

    def lambda_(self, function: FunctionType) -> object:
        """`lambda`: the new function."""
        return function

    def class_def(self, class_: type) -> object:
        """`class`: the new class, before its decorators."""
        return class_

    def import_(self, module: str, value: object) -> object:  # noqa: ARG002 - for operator sets that follow imports
        """`import module` or `from module import …`: the value that a name gets."""
        return value

    def yield_(self, value: object) -> object:
        """`yield value`: what the generator hands out."""
        return value

    def sent(self, value: object) -> object:
        """What a `yield` gives when the generator goes on."""
        return value

    def yield_from(self, iterable: object) -> object:
        """`yield from iterable`: what is delegated to."""
        return iterable

    def await_(self, awaitable: object) -> object:
        """`await awaitable`."""
        return awaitable

    def aiter_(self, iterable: object) -> object:
        """`async for … in iterable`, in a statement or a comprehension."""
        return iterable

    def enter(self, manager: object, method: Callable[[], object]) -> object:  # noqa: ARG002 - for those who follow
        """`with manager`: `method` is its `__enter__`; the value that `as` binds."""
        return method()

    def exit_(
        self,
        manager: object,  # noqa: ARG002 - for those who follow
        method: Callable[..., object],
        kind: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> object:
        """The end of `with manager`: `method` is its `__exit__`; a true answer swallows the exception."""
        return method(kind, exception, traceback)

    def aenter(self, manager: object, method: Callable[[], object]) -> object:  # noqa: ARG002 - for those who follow
        """`async with manager`: `method` is its `__aenter__`; gives what Python awaits."""
        return method()

    def aexit(
        self,
        manager: object,  # noqa: ARG002 - for those who follow
        method: Callable[..., object],
        kind: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> object:
        """The end of `async with manager`; gives what Python awaits."""
        return method(kind, exception, traceback)

    def raise_(self, exception: object) -> object:
        """`raise exception`: what Python raises, in the user's frame."""
        return exception

    def cause(self, exception: object) -> object:
        """`raise … from exception`."""
        return exception

    def reraise(self, exception: BaseException | None) -> None:
        """A bare `raise`, just before it; `exception` is the one that is being handled."""

    def assert_(self, test: object) -> object:
        """`assert test`: the value whose truth Python asks."""
        return test

    def try_(self) -> None:
        """`try`, just before its body."""

    def except_(self, type_: object) -> object:
        """`except type_` or `except* type_`: what Python matches the exception with."""
        return type_

    def caught(self, exception: BaseException | None) -> None:
        """The start of an `except` clause that has caught `exception`."""

    def finally_(self, exception: BaseException | None) -> None:
        """The start of a `finally` block; `exception` is the one that is being handled, where there is one."""

    def match_(self, subject: object) -> object:
        """`match subject`: what the patterns are tried on."""
        return subject

    def guard(self, test: object) -> object:
        """`case … if test`: the value whose truth Python asks."""
        return test

    def case(self, index: int) -> None:
        """The start of the case at position `index`, which has matched."""


BINARY: Mapping[str, Callable[[Any, Any], object]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "@": operator.matmul, "/": operator.truediv,
    "//": operator.floordiv, "%": operator.mod, "**": operator.pow, "<<": operator.lshift, ">>": operator.rshift,
    "&": operator.and_, "^": operator.xor, "|": operator.or_,
}  # fmt: skip
"""What each binary arithmetic symbol means."""

UNARY: Mapping[str, Callable[[Any], object]] = {"+": operator.pos, "-": operator.neg, "~": operator.invert}
"""What each unary arithmetic symbol means."""
