"""`np.einsum` as a product of matrices: axes that both operands have are batches, or are summed over."""

from __future__ import annotations

from collections.abc import Callable
from math import prod

import numpy as np

from snek_strategies.staging.operands import known
from snek_strategies.staging.refusal import refuse
from snek_strategies.staging.rep import Rep, emit

Named = tuple[Rep, str]
"""An array, with a letter for each axis."""


def einsum(subscripts: object, *operands: object) -> object:
    """Stage `np.einsum` with subscripts as text, without an ellipsis. Raises ValueError where they do not fit."""
    if not isinstance(subscripts, str) or "." in subscripts or not operands:
        refuse("np.einsum is staged for subscripts as text, without an ellipsis", code="SNK0204")
    left, arrow, result = subscripts.replace(" ", "").partition("->")
    letters = left.split(",")
    if not arrow:
        result = "".join(one for one in sorted({*left} - {","}) if left.count(one) == 1)
    arrays = list(map(known, operands))
    if [len(one) for one in letters] != [one.ndim for one in arrays]:
        raise ValueError(
            f"einstein sum subscripts {subscripts!r} do not fit operands of ranks {[a.ndim for a in arrays]}"
        )
    named = [_without_diagonals(*one) for one in zip(arrays, letters, strict=True)]
    made = named[0]
    for at, other in enumerate(named[1:], 2):
        later = "".join(names for _, names in named[at:]) + result
        made = _product(_summed(made, other[1] + later), _summed(other, made[1] + later), later)
    array, names = _summed(made, result)
    return emit("transpose", array, axes=tuple(map(names.index, result))) if names != result else array


def _without_diagonals(array: Rep, names: str) -> Named:
    """Return an operand whose letters differ: where one stands twice, its diagonal."""
    while repeated := next((one for one in names if names.count(one) > 1), None):
        first, second = names.index(repeated), names.rindex(repeated)
        array = emit("diagonal", array, offset=0, axis1=first, axis2=second)
        names = "".join(one for one in names if one != repeated) + repeated * (names.count(repeated) - 1)
    return array, names


def _summed(named: Named, kept: str) -> Named:
    """Return an array summed over the letters that nothing else has."""
    array, names = named
    over = tuple(at for at, one in enumerate(names) if one not in kept)
    return (emit("sum", array, axis=over), "".join(one for one in names if one in kept)) if over else named


def _product(a: Named, b: Named, kept: str) -> Named:
    """Return the product of two arrays, summed over the letters that both have and that are not kept."""
    both = [one for one in a[1] if one in b[1]]
    batch, inner = "".join(one for one in both if one in kept), "".join(one for one in both if one not in kept)
    rows, columns = ("".join(one for one in names if one not in both) for _, names in (a, b))
    size = {name: dim for array, names in (a, b) for name, dim in zip(names, array.shape, strict=True)}
    extents = {part: tuple(size[one] for one in part) for part in (batch, rows, columns)}
    left = _arranged(a, (batch, rows, inner))
    right = _arranged(b, (batch, inner, columns))
    made = emit("matmul", left, right) if inner else emit("multiply", left, right)
    return emit("reshape", made, shape=extents[batch] + extents[rows] + extents[columns]), batch + rows + columns


def _arranged(named: Named, groups: tuple[str, ...]) -> Rep:
    """Return an array of one axis for each group of letters."""
    array, names = named
    order = tuple(names.index(one) for one in "".join(groups))
    array = emit("transpose", array, axes=order) if order != tuple(range(len(order))) else array
    sizes = dict(zip("".join(groups), array.shape, strict=True))
    return emit("reshape", array, shape=tuple(prod(sizes[one] for one in group) for group in groups))


EINSUM: dict[object, Callable[..., object]] = {np.einsum: einsum}
