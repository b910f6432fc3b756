"""Which derivative a primitive has: one table, and a refusal by name and place for what is not in it."""

from __future__ import annotations

from collections.abc import Callable

from snek_core_transform.errors import StagingError
from snek_strategies.ir.gradients.arrays import ARRAYS, JOINS
from snek_strategies.ir.gradients.contractions import CONTRACTIONS
from snek_strategies.ir.gradients.elementwise import ELEMENTWISE, math_derivative
from snek_strategies.ir.gradients.linear import LINEAR
from snek_strategies.ir.gradients.value import Value
from snek_strategies.ir.syntax import Node

GRADIENTS: dict[str, tuple[Callable[..., Value], ...]] = {**ELEMENTWISE, **ARRAYS, **CONTRACTIONS, **LINEAR}
"""From each primitive to one function for each operand: `(g, out, *operands, **params)`."""

NONE = frozenset({"nextafter"})
"""Primitives over floats that have no row: a gradient through them is refused."""


def derivative(node: Node, at: int) -> Callable[..., Value]:
    """Return the derivative by the operand at that position. Raises StagingError where there is none."""
    found: Callable[..., Value] | None = None
    if node.primitive in JOINS:
        found = JOINS[node.primitive](at)
    elif node.primitive == "math":
        of = math_derivative(str(dict(node.params)["function"]), at, len(node.operands))
        found = None if of is None else lambda g, out, *operands, function: of(g, out, *operands)
    else:
        row = GRADIENTS.get(node.primitive, ())
        found = row[at] if at < len(row) else None
    if found is None:
        raise refusal(node)
    return found


def refusal(node: Node, what: str = "") -> StagingError:
    """Return the refusal of a node that has no derivative."""
    if not what:
        what = f"math.{dict(node.params)['function']}" if node.primitive == "math" else node.primitive
    return StagingError(
        f"a gradient through {what}, which has no derivative here; write it in other operations, or keep it out of "
        "what is differentiated",
        node.place,
        code="SNK0218",
    )
