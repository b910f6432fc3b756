"""Lower `continue`."""

from __future__ import annotations

import gast

from .context import Context
from .forms import is_plain
from .jumps import LOOPS, Lowering, Region, without_flag
from .syntax import Block, assign, at, constant
from .walk import each_statement


def lower_continue(tree: gast.AST, context: Context) -> gast.AST:
    """Make the rest of a loop's body, after a `continue`, a condition.

    >>> def f(xs):
    ...     for x in xs:
    ...         if x:
    ...             continue
    ...         print(x)
    >>> print(show(f, after="lower_continue", operators=RecordingOperators(CONTROL)))
    def f(xs):
        for x in xs:
            if x:
                pass
            else:
                print(x)
    """
    if context.inline:
        return tree
    return each_statement(tree, lambda statement: _lower(statement, context))


def _lower(loop: gast.stmt, context: Context) -> Block:
    if not isinstance(loop, LOOPS):
        return [loop]
    flag = context.fresh("continued")
    lowering = Lowering(gast.Continue, flag, lambda _: [], lambda statement: [at(gast.Continue(), statement)])
    plain = is_plain(loop) or isinstance(loop, gast.AsyncFor)
    body, _ = lowering.block(loop.body, Region.NATIVE if plain else Region.THUNK)
    if lowering.asked:
        body.insert(0, at(assign(flag, constant(False)), loop))
    else:
        context.release("continued")
        body = without_flag(body, flag)
    loop.body = body or [at(gast.Pass(), loop)]
    if getattr(loop, "once", False) and not plain:
        return loop.body  # type: ignore[no-any-return]
    return [loop]
