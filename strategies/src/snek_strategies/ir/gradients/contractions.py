"""Derivatives of products of matrices and tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from snek_strategies.ir.gradients.value import Value

Derivative = Callable[..., Value]


def _matrix(x: Value, side: int) -> Value:
    return x.do("expand_dims", axis=(0, -1)[side]) if len(x.dims) == 1 else x


def _result(g: Value, x: Value, y: Value) -> Value:
    g = g.strong()
    g = g.do("expand_dims", axis=-1) if len(y.dims) == 1 else g
    return g.do("expand_dims", axis=-2) if len(x.dims) == 1 else g


def _left(g: Value, o: Value, x: Value, y: Value) -> Value:
    made = _result(g, x, y).do("matmul", _matrix(y, 1).do("matrix_transpose"))
    return _vector(made, x)


def _right(g: Value, o: Value, x: Value, y: Value) -> Value:
    made = _matrix(x, 0).do("matrix_transpose").do("matmul", _result(g, x, y))
    return _vector(made, y, -1)


def _vector(made: Value, like: Value, axis: int = -2) -> Value:
    if len(like.dims) != 1:
        return made
    made = made.do("sum", axis=tuple(range(len(made.dims) - 2))) if len(made.dims) > 2 else made
    return made.do("squeeze", axis=axis)


def _dot(side: int) -> Derivative:
    def back(g: Value, o: Value, x: Value, y: Value) -> Value:
        if not x.dims or not y.dims:
            return g * (x, y)[1 - side]
        if max(len(x.dims), len(y.dims)) > 2:
            return _contracted(side)(g, o, x, y, axes=((len(x.dims) - 1,), (max(0, len(y.dims) - 2),)))
        return (_left, _right)[side](g, o, x, y)

    return back


def _contracted(side: int) -> Derivative:
    """Return the derivative of `tensordot` by one side: a contraction with the other over that one's own axes."""

    def back(g: Value, o: Value, x: Value, y: Value, *, axes: Any = 2) -> Value:
        mine, other = (x, y) if side == 0 else (y, x)
        pair = axes
        if isinstance(axes, int):
            pair = (tuple(range(len(x.dims) - axes, len(x.dims))), tuple(range(axes)))
        left, right = ((one,) if isinstance(one, int) else tuple(one) for one in pair)
        over, theirs = (left, right) if side == 0 else (right, left)
        over = tuple(at % len(mine.dims) for at in over)
        theirs = tuple(at % len(other.dims) for at in theirs)
        free = [at for at in range(len(mine.dims)) if at not in over]
        kept = [at for at in range(len(other.dims)) if at not in theirs]
        skipped = len(free) if side == 0 else 0
        held = tuple(range(skipped, skipped + len(kept)))
        made = g.strong().do("tensordot", other, axes=(held, tuple(kept)))
        # What comes out has the free axes first, then the contracted ones in the other side's order.
        order = [*free, *(over[theirs.index(at)] for at in sorted(theirs))]
        return made.do("transpose", axes=tuple(int(at) for at in np.argsort(order))) if len(order) > 1 else made

    return back


CONTRACTIONS: dict[str, tuple[Derivative, ...]] = {
    "matmul": (_left, _right),
    "dot": (_dot(0), _dot(1)),
    "outer": (
        lambda g, o, x, y: g.do("matmul", y.strong().do("reshape", shape=(-1,))).do("reshape", shape=x.dims),
        lambda g, o, x, y: x.strong().do("reshape", shape=(-1,)).do("matmul", g).do("reshape", shape=y.dims),
    ),
    "vdot": (
        lambda g, o, x, y: g * y.strong().do("reshape", shape=x.dims),
        lambda g, o, x, y: g * x.strong().do("reshape", shape=y.dims),
    ),
    "vecdot": (
        lambda g, o, x, y: g.strong().do("expand_dims", axis=-1) * y,
        lambda g, o, x, y: g.strong().do("expand_dims", axis=-1) * x,
    ),
    "tensordot": (_contracted(0), _contracted(1)),
}
"""One function for each operand."""
