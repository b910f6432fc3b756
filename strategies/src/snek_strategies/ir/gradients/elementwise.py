"""Derivatives of elementwise primitives: for each operand, from what reaches the result to what reaches the operand."""

from __future__ import annotations

import math
from collections.abc import Callable

from snek_strategies.ir.gradients.value import Value
from snek_strategies.ir.syntax import Const

Derivative = Callable[..., Value]
"""`(g, out, *operands, **params)`: the gradient of the result, the result, the operands."""


def _f(primitive: str) -> Callable[..., Value]:
    return lambda value, *rest: value.do(primitive, *rest)


cos, sin, cosh, sinh, exp, log, sqrt, sign = map(_f, ["cos", "sin", "cosh", "sinh", "exp", "log", "sqrt", "sign"])


def where(test: Value, yes: object, no: object) -> Value:
    """Choose elementwise."""
    return test.do("where", yes, no)


def _known(value: Value) -> object:
    """Return the number that a constant is, or None."""
    return value.atom.value if isinstance(value.atom, Const) and not value.dims else None


def _base(g: Value, out: Value, x: Value, y: Value) -> Value:
    if _known(y) == 2:
        return g * 2.0 * x
    slope = y * x.strong().do("power", y - 1)
    return g * (slope if _known(y) not in (None, 0) else where(y.do("equal", 0), 0.0, slope))


def _exponent(g: Value, out: Value, x: Value, y: Value) -> Value:
    zero = x.do("equal", 0)
    return where(zero, 0.0, g * out * log(where(zero, 1.0, x)))


def _share(first: str) -> Derivative:
    def share(g: Value, out: Value, x: Value, y: Value) -> Value:
        mine, both = (x, y) if first == "x" else (y, x), x.do("equal", y)
        return where(both, g * 0.5, where(out.do("equal", mine[0]), g, 0.0))

    return share


def _own(g: Value, *_: Value) -> Value:
    return g


ELEMENTWISE: dict[str, tuple[Derivative, ...]] = {
    "add": (_own, _own),
    "subtract": (_own, lambda g, *_: -g),
    "multiply": (lambda g, o, x, y: g * y, lambda g, o, x, y: g * x),
    "divide": (lambda g, o, x, y: g / y, lambda g, o, x, y: -g * o / y),
    "remainder": (_own, lambda g, o, x, y: -g * x.strong().do("floor_divide", y)),
    "fmod": (_own, lambda g, o, x, y: -g * (x / y).do("trunc")),
    "power": (_base, _exponent),
    "negative": (lambda g, *_: -g,),
    "positive": (_own,),
    "conjugate": (_own,),
    "real": (_own,),
    "absolute": (lambda g, o, x: g * sign(x),),
    "fabs": (lambda g, o, x: g * sign(x),),
    "exp": (lambda g, o, x: g * o,),
    "exp2": (lambda g, o, x: g * o * math.log(2),),
    "expm1": (lambda g, o, x: g * (o + 1),),
    "log": (lambda g, o, x: g / x,),
    "log2": (lambda g, o, x: g / (x * math.log(2)),),
    "log10": (lambda g, o, x: g / (x * math.log(10)),),
    "log1p": (lambda g, o, x: g / (1 + x),),
    "sqrt": (lambda g, o, x: g / (2 * o),),
    "cbrt": (lambda g, o, x: g / (3 * o * o),),
    "square": (lambda g, o, x: g * 2 * x,),
    "reciprocal": (lambda g, o, x: -g * o * o,),
    "sin": (lambda g, o, x: g * cos(x),),
    "cos": (lambda g, o, x: -g * sin(x),),
    "tan": (lambda g, o, x: g * (1 + o * o),),
    "arcsin": (lambda g, o, x: g / sqrt(1 - x * x),),
    "arccos": (lambda g, o, x: -g / sqrt(1 - x * x),),
    "arctan": (lambda g, o, x: g / (1 + x * x),),
    "sinh": (lambda g, o, x: g * cosh(x),),
    "cosh": (lambda g, o, x: g * sinh(x),),
    "tanh": (lambda g, o, x: g * (1 - o * o),),
    "arcsinh": (lambda g, o, x: g / sqrt(x * x + 1),),
    "arccosh": (lambda g, o, x: g / sqrt(x * x - 1),),
    "arctanh": (lambda g, o, x: g / (1 - x * x),),
    "maximum": (_share("x"), _share("y")),
    "minimum": (_share("x"), _share("y")),
    "fmax": (_share("x"), _share("y")),
    "fmin": (_share("x"), _share("y")),
    "arctan2": (lambda g, o, y, x: g * x / (x * x + y * y), lambda g, o, y, x: -g * y / (x * x + y * y)),
    "hypot": (lambda g, o, x, y: g * x / o, lambda g, o, x, y: g * y / o),
    "logaddexp": (lambda g, o, x, y: g * exp(x - o), lambda g, o, x, y: g * exp(y - o)),
    "logaddexp2": (
        lambda g, o, x, y: g * (x - o).do("exp2"),
        lambda g, o, x, y: g * (y - o).do("exp2"),
    ),
    "copysign": (lambda g, o, x, y: g * sign(x) * sign(o), lambda g, o, x, y: g * 0.0),
    "where": (_own, lambda g, o, c, x, y: where(c, g, 0.0), lambda g, o, c, x, y: where(c, 0.0, g)),
    "asarray": (_own,),
    "astype": (lambda g, o, x, **_: g,),
    "copy": (_own,),
    "item": (_own,),
    "float": (_own,),
}

_SAME = "exp expm1 log2 log10 log1p sqrt sin cos tan sinh cosh tanh cbrt hypot copysign"
_INVERSE = "sin cos tan sinh cosh tanh"
MATH = {
    **{name: name for name in _SAME.split()},
    **{f"a{name}": f"arc{name}" for name in _INVERSE.split()},
    "log": "log",
    "fabs": "fabs",
    "fmod": "fmod",
    "pow": "power",
    "atan2": "arctan2",
}
"""Functions of `math` that have a primitive's derivative."""


def math_derivative(function: str, at: int, count: int) -> Derivative | None:
    """Return the derivative of a function of `math` by the operand at that position."""
    if function == "erf":
        return lambda g, o, x: g * exp(-(x * x)) * (2 / math.sqrt(math.pi))
    if function == "erfc":
        return lambda g, o, x: -g * exp(-(x * x)) * (2 / math.sqrt(math.pi))
    if function in ("degrees", "radians"):
        return lambda g, *_: g * getattr(math, function)(1.0)
    rule = ELEMENTWISE.get(MATH.get(function, ""))
    return rule[at] if rule is not None and len(rule) == count else None
