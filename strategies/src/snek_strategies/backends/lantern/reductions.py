"""How elements are taken together: the variable that takes one after another, and the answer that it holds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from snek_strategies.backends.lantern.cpp_types import Dtype, cast, cpp, number

FLAG = np.dtype(bool)


@dataclass(frozen=True)
class Accumulator:
    """A variable for the elements of one reduction."""

    primitive: str
    given: Dtype
    """The elements' dtype."""
    made: Dtype
    """The answer's dtype."""
    held: Dtype
    """The variable's dtype."""
    start: str
    sign: str
    """What joins two such variables, in the words of OpenMP."""

    @property
    def kind(self) -> str:
        """The variable's type in C++."""
        return cpp(self.held)

    def step(self, name: str, element: str) -> str:
        """Return the statement that takes one element."""
        if self.primitive in ("sum", "prod"):
            return f"{name} = {self.kind}({name} {self.sign} {cast(element, self.given, wide(self.made))});"
        if self.primitive in ("any", "all"):
            return f"{name} {self.sign}= {self.kind}({cast(element, self.given, FLAG)});"
        if self.given.kind == "f":
            element = f"lantern::rank<{number(self.primitive == 'max', FLAG)}>({element})"
        return f"{name} = lantern::{self.primitive}_of({name}, {element});"

    def answer(self, name: str) -> str:
        """Return the text of the answer that the variable holds."""
        if self.primitive in ("any", "all"):
            return cast(f"({name} != 0)", FLAG, self.made)
        if self.primitive in ("max", "min"):
            return f"lantern::of_rank({name})" if self.given.kind == "f" else name
        return cast(name, wide(self.made), self.made)


def wide(dtype: Dtype) -> Dtype:
    """Return what sums of a dtype are computed in: float32 loses too much over many elements."""
    return np.dtype("float64") if dtype == np.float32 else dtype


def accumulator(primitive: str, given: Dtype, made: Dtype) -> Accumulator:
    """Return the variable of a reduction `sum`, `prod`, `max`, `min`, `any` or `all`."""
    if primitive in ("sum", "prod"):
        held = wide(made)
        start, sign = number(int(primitive == "prod"), held), "+" if primitive == "sum" else "*"
        return Accumulator(primitive, given, made, held, start, sign)
    if given.kind == "b":
        primitive = {"max": "any", "min": "all"}.get(primitive, primitive)
    if primitive in ("any", "all"):
        start, sign = ("0", "|") if primitive == "any" else ("1", "&")
        return Accumulator(primitive, given, made, np.dtype("int32"), start, sign)
    # Floats are compared as integers of the same order, NaN the furthest: that is what a vector unit has in one step.
    held = np.dtype(f"int{8 * given.itemsize}") if given.kind == "f" else given
    limits = np.iinfo(held.name)
    return Accumulator(
        primitive, given, made, held, number(limits.min if primitive == "max" else limits.max, held), primitive
    )
