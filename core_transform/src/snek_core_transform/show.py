"""Print what the passes make of a function, after any of them."""

from __future__ import annotations

from types import FunctionType

import gast

from .deep import in_deep_stack
from .errors import UsageError
from .operators import Operators, PythonOperators
from .passes import PASSES
from .program import program_of
from .syntax import PLACED, Embedded, load
from .thunks import THUNK_PARAMETER
from .virtualize import run_passes

PASS_NAMES = tuple(step.__name__ for step in PASSES)
"""What `after` may be."""


def show(function: object, after: str | None = None, operators: Operators | None = None) -> str:
    """Return the virtualized source of `function` as text, after the pass named `after` or after all.

    Names in angle brackets are thunks and flags; `operators.` stands for the operator set. Text in this form is for
    reading: names such as `<if body>` exist in the tree only.
    """
    if after is not None and after not in PASS_NAMES:
        raise UsageError(f"no such pass: {after!r}; the passes are {', '.join(PASS_NAMES)}")
    if not isinstance(function, FunctionType):
        raise UsageError(f"not a Python function: {function!r}; hand in a function, a lambda or a method's function")
    chosen = PythonOperators() if operators is None else operators
    return in_deep_stack(lambda: text_of(run_passes(program_of(function), chosen, after)))


def text_of(tree: gast.AST) -> str:
    """Return a tree as text."""
    for node in gast.walk(tree):
        if isinstance(node, gast.Lambda) and node.args.vararg and node.args.vararg.id == THUNK_PARAMETER:
            node.args.vararg = None
        if node.__class__ in PLACED and not hasattr(node, "lineno"):
            # gast's printer looks for comments by their line; contexts and signs belong to other trees too.
            node.lineno = 1
    text: str = gast.unparse(_Readable().visit(tree))
    return "\n".join(line for line in text.strip().splitlines() if line.strip())


class _Readable(gast.NodeTransformer):  # type: ignore[misc]
    def visit_Constant(self, node: gast.Constant) -> gast.AST:
        return load(node.value.label) if isinstance(node.value, Embedded) else node
