"""Lower `break`, and the `else` of loops with it."""

from __future__ import annotations

import gast

from .context import Context
from .forms import is_plain
from .jumps import LOOPS, Lowering, Region
from .syntax import Block, assign, at, constant, load
from .walk import each_statement


def lower_break(tree: gast.AST, context: Context) -> gast.AST:
    """Make `break` a flag, which the loop's test will ask, and the loop's `else` a condition on it.

    >>> def f(xs):
    ...     for x in xs:
    ...         if x:
    ...             break
    ...         print(x)
    ...     else:
    ...         print("none")
    >>> print(show(f, after="lower_break", operators=RecordingOperators(CONTROL)))
    def f(xs):
        <broken> = False
        for x in xs:
            if x:
                <broken> = True
            else:
                print(x)
        if <broken>:
            pass
        else:
            print('none')
    """
    if context.inline:
        return tree
    return each_statement(tree, lambda statement: _lower(statement, context))


def _lower(loop: gast.stmt, context: Context) -> Block:
    if not isinstance(loop, LOOPS):
        return [loop]
    flag = context.fresh("broken")
    lowering = Lowering(gast.Break, flag, lambda _: [], lambda statement: [at(gast.Break(), statement)])
    plain = is_plain(loop) or isinstance(loop, gast.AsyncFor)
    loop.body, _ = lowering.block(loop.body, Region.NATIVE if plain else Region.THUNK)
    # Where every jump is out of reach, a guard may still ask.
    if not lowering.used and not lowering.asked:
        context.release("broken")
        if plain:
            return [loop]
        orelse, loop.orelse = loop.orelse, []
        return [loop, *orelse]
    start = at(assign(flag, constant(False)), loop)
    if plain:
        return [start, loop]
    loop.flag = flag
    orelse, loop.orelse = loop.orelse, []
    if not orelse:
        return [start, loop]
    return [start, loop, at(gast.If(load(flag), [gast.Pass()], orelse), orelse[0])]
