"""Reductions as loops over numbers, in words from which Numba's compiler makes vector code."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from snek_strategies.backends.numba_source.loops import Dims, Text, dtype_text, name_extents, ranges, shape_text

Dtype = np.dtype[np.generic]
Named = Callable[[str, Callable[[str], str]], str]
"""Gives the name of a function with that text, which is written once."""

OF_NOTHING = frozenset({"sum", "prod", "any", "all"})
"""Reductions that have a value for no elements."""
TOTALS = OF_NOTHING | {"max", "min"}
"""Reductions whose elements may come in any order."""


@dataclass(frozen=True)
class Total:
    """What a loop takes of elements: variables with their first values, the lines for an element, and the value."""

    start: Mapping[str, str]
    step: Callable[[str], list[str]]
    value: str


def total(functions: Named, primitive: str, given: Dtype, made: Dtype, name: str = "acc", at: str = "") -> Total:
    """Return how a loop takes one of `TOTALS` in variables that begin with `name`, or in their elements `at`."""
    if given.kind == "b" and primitive in ("max", "min"):
        primitive = "any" if primitive == "max" else "all"
    if primitive in ("any", "all"):
        sign = "|" if primitive == "any" else "&"
        return Total({name: repr(primitive == "all")}, lambda x: [f"{name}{at} {sign}= {x} != 0"], name + at)
    if primitive in ("sum", "prod"):
        return _sum(functions, primitive, made, name, at)
    if given.kind == "f":
        return _extreme_of_floats(functions, primitive, given, name, at)
    ends = np.iinfo(given.name)
    first = f"{dtype_text(given)}({ends.min if primitive == 'max' else ends.max})"
    sign = ">" if primitive == "max" else "<"
    return Total(
        {name: first},
        lambda x: [f"{name}{at} = {x} if {x} {sign} {name}{at} else {name}{at}"],
        f"{dtype_text(given)}({name}{at})",
    )


def _sum(functions: Named, primitive: str, made: Dtype, name: str, at: str) -> Total:
    """Add float32 in float64."""
    wide = "np.float64" if made == np.float32 else dtype_text(made)
    sign, first = ("+", 0) if primitive == "sum" else ("*", 1)
    start, value = {name: f"{wide}({first})"}, f"{dtype_text(made)}({name}{at})"
    if made.kind not in "fc":
        return Total(start, lambda x: [f"{name}{at} {sign}= {wide}({x})"], value)
    # The order is free for this addition only: what else a loop computes is as it is written.
    function = functions(
        "plus" if sign == "+" else "times",
        lambda name: f"@njit(fastmath={{'reassoc'}}, **OPTIONS)\ndef {name}(x, y):\n    return x {sign} y",
    )
    return Total(start, lambda x: [f"{name}{at} = {function}({name}{at}, {wide}({x}))"], value)


def _extreme_of_floats(functions: Named, primitive: str, given: Dtype, name: str, at: str) -> Total:
    """Compare floats as whole numbers in the same order, as vector code can, and look for NaN beside that."""
    bits = 8 * given.itemsize
    whole, largest = f"np.int{bits}", np.iinfo(f"int{bits}").max
    turned = f"{whole}(x ^ (x >> {whole}({bits - 1}) & {whole}({largest})))"
    ordered = functions(
        "ordered",
        lambda name: (
            f"@njit(**OPTIONS)\ndef {name}(x):\n    x = {dtype_text(given)}(x).view({whole})\n    return {turned}"
        ),
    )
    number = functions(
        "number", lambda name: f"@njit(**OPTIONS)\ndef {name}(x):\n    return {turned}.view({dtype_text(given)})"
    )
    return Total(
        {name: f"{'~' if primitive == 'max' else ''}{whole}({largest})", f"{name}_nan": "False"},
        lambda x: [f"{name}{at} = {primitive}({name}{at}, {ordered}({x}))", f"{name}_nan{at} |= {x} != {x}"],
        f"{dtype_text(given)}(np.nan) if {name}_nan{at} else {number}({name}{at})",
    )


def reduction(
    functions: Named, name: str, dims: Dims, axes: tuple[int, ...], given: Dtype, made: Dtype
) -> Callable[[str], str]:
    """Return the text of `name(x)` over `axes`, as a function of the name that it gets."""
    kept = tuple(axis for axis in range(len(dims)) if axis not in axes)
    heads = ranges("i", dims)
    element = f"x{_at(range(len(dims)))}"

    def write(function: str) -> str:
        text = Text(f"def {function}(x):")
        name_extents(text, ("x", dims))
        if name in TOTALS and kept and kept[-1] > min(axes):
            _by_rows(text, total(functions, name, given, made, at=_at(kept)), dims, kept, made)
            return str(text)
        if kept:
            text.line(f"out = np.empty({shape_text(tuple(dims[one] for one in kept))}, {dtype_text(made)})")
        with text.inside(heads[axis] for axis in kept):
            inside = [heads[axis] for axis in axes]
            if name in TOTALS:
                value = _taken(text, total(functions, name, given, made), inside, element)
            else:
                first = f"x{_at(range(len(dims)), axes)}"
                value = f"{dtype_text(made)}({_place(text, name, inside, first, element, given)})"
            text.line(f"out{_at(kept)} = {value}" if kept else f"return {value}")
        if kept:
            text.line("return out")
        return str(text)

    return write


def _at(axes: Iterable[int], first: tuple[int, ...] = ()) -> str:
    """Return the index of an element, the first of some axes."""
    return f"[{', '.join('0' if axis in first else f'i{axis}' for axis in axes)}]"


def _by_rows(text: Text, taken: Total, dims: Dims, kept: tuple[int, ...], made: Dtype) -> None:
    """Take all rows at once, element by element, where the elements of one number are not neighbours."""
    shape, heads = shape_text(tuple(dims[one] for one in kept)), ranges("i", dims)
    value = _taken(text, taken, heads, f"x{_at(range(len(dims)))}", shape)
    text.line(f"out = np.empty({shape}, {dtype_text(made)})")
    with text.inside(heads[axis] for axis in kept):
        text.line(f"out{_at(kept)} = {value}")
    text.line("return out")


def _taken(text: Text, taken: Total, heads: list[str], element: str, shape: str = "") -> str:
    """Write a loop, and return the text of the number that it takes: of one, or of an array of a shape."""
    for name, first in taken.start.items():
        text.line(f"{name} = np.full({shape}, {first})" if shape else f"{name} = {first}")
    with text.inside(heads):
        text.line(f"e = {element}")
        for line in taken.step("e"):
            text.line(line)
    return taken.value


def _place(text: Text, name: str, heads: list[str], first: str, element: str, given: Dtype) -> str:
    """Write a loop that finds the place of an extreme; the first NaN is greater and less than anything."""
    sign = ">" if name == "argmax" else "<"
    text.line(f"acc = {first}")
    text.line("best = 0")
    found = f"{element} {sign} acc"
    if given.kind == "f":
        found = f"acc == acc and not ({element} {'<=' if sign == '>' else '>='} acc)"
    with text.inside([*heads, f"if {found}:"]):
        text.line(f"acc = {element}")
        text.line(f"best = {heads[0][4:].partition(' ')[0]}")
    return "best"
