"""Take back jumps that an exception overrules: one raised in a `finally` block, or at the end of a `with`.

A lowered jump is a flag, set before such a block runs. Where the exception is caught further out, the jump did not
happen, and the flag is cleared.
"""

from __future__ import annotations

from collections.abc import Callable

import gast

from .syntax import Block, assign, at, blocks, constant


def may_be_overruled(statements: Block, holds: Callable[[gast.stmt], bool]) -> bool:
    """Tell whether an exception may leave `statements` after a jump in them, of those that `holds` tells of."""
    for statement in statements:
        if isinstance(statement, gast.stmt) and not holds(statement):
            continue
        if isinstance(statement, gast.With | gast.AsyncWith) or getattr(statement, "finalbody", None):
            return True
        if any(may_be_overruled(getattr(owner, field), holds) for owner, field in blocks(statement)):
            return True
    return False


def taking_back(flag: str, handler: gast.ExceptHandler) -> Block:
    """Return the handler's body, which first clears the flag."""
    return [at(assign(flag, constant(False)), handler), *handler.body]


def watched(flag: str, body: Block, native: bool) -> Block:
    """Return a body of a `with` that clears the flag where an exception leaves it: its manager may swallow that.

    Where the body is `native`, with real jumps in it, so is what watches over it.
    """
    clear = gast.ExceptHandler(None, None, [assign(flag, constant(False)), gast.Raise(None, None)])
    watching = at(gast.Try(body, [clear], [], []), body[0])
    if native:
        watching.plain = True
    return [watching]


def one_at_a_time(statement: gast.With | gast.AsyncWith) -> gast.With | gast.AsyncWith:
    """Return a `with` of several managers as one in the other: the outer may swallow what the inner raises."""
    first, *others = statement.items
    if not others:
        return statement
    inner = at(type(statement)(others, statement.body, None), statement)
    return at(type(statement)([first], [one_at_a_time(inner)], None), statement)
