"""Lower `assert`."""

from __future__ import annotations

import gast

from .context import Context
from .scoped import Function, each_statement_in_scope
from .syntax import Block, at, call, embed


def lower_assert(tree: gast.AST, context: Context) -> gast.AST:
    """Make `assert` an `if` that raises, where the operator set stages exceptions: its test may then be staged.

    >>> def f(x):
    ...     assert x > 0, "positive"
    >>> class Staging(RecordingOperators):
    ...     inline, stages_exceptions = False, True
    >>> print(show(f, after="lower_assert", operators=Staging(CONTROL)))
    def f(x):
        if x > 0:
            pass
        else:
            raise operators('positive')
    """
    return each_statement_in_scope(tree, context, _lower) if context.operators.stages_exceptions else tree


def _lower(node: gast.stmt, _: Function, context: Context) -> Block:  # noqa: ARG001 - every pass is given it
    if not isinstance(node, gast.Assert) or not __debug__:
        return [node]
    error = embed(AssertionError, "operators")
    raised = at(gast.Raise(error if node.msg is None else call(error, node.msg), None), node)
    return [at(gast.If(node.test, [at(gast.Pass(), node)], [raised]), node)]
