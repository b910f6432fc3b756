"""Which constructs can become operator calls, and which must keep Python's plain form.

A construct's body becomes a function of its own, so a body that suspends its frame (`yield`, `await`), looks at its
frame (`locals()`), or leaves a `finally` by a jump keeps its plain form. Where a staged value reaches such a
construct it is refused there.
"""

from __future__ import annotations

import gast

from .syntax import CHILD_FIELDS, COMPREHENSIONS, JUMPS, SCOPES, own_children, own_nodes, walk

FRAME_READERS = frozenset({"locals", "vars", "dir", "eval", "exec", "super", "breakpoint"})
"""Builtins that look at the frame that calls them."""

FRAME_GETTERS = frozenset({"_getframe", "_getframemodulename", "currentframe"})
"""Functions of `sys` and `inspect` that do so too."""

SUSPENDS = (gast.Yield, gast.YieldFrom, gast.Await, gast.AsyncFor, gast.AsyncWith)
MARKERS = frozenset({*SUSPENDS, gast.Call, gast.NamedExpr, gast.Try, gast.TryStar})
"""The kinds of node that may make the constructs around them plain."""
CONSTRUCTS = (gast.If, gast.While, gast.For, gast.Try, gast.IfExp, gast.BoolOp, gast.Compare)
GROUP_OF = {
    gast.If: "branch", gast.IfExp: "branch", gast.While: "loop", gast.For: "loop", gast.BoolOp: "logic",
    gast.Compare: "compare",
}  # fmt: skip

_COMPREHENSIONS = frozenset(COMPREHENSIONS)

EAGER = frozenset({(gast.If, "test"), (gast.For, "iter"), (gast.IfExp, "test"), (gast.Compare, "left")})
EAGER_FIRST = frozenset({(gast.BoolOp, "values"), (gast.Compare, "comparators")})
"""The operands (and first operands of a list) that are evaluated where the construct stands, not in a thunk."""


def is_plain(node: gast.AST) -> bool:
    """Tell whether `node` was marked to keep its plain form."""
    return bool(getattr(node, "plain", False))


def is_chain(node: gast.AST) -> bool:
    """Tell whether `node` is an `if` that goes on with an `elif`, both in operator form."""
    if not isinstance(node, gast.If) or is_plain(node) or len(node.orelse) != 1:
        return False
    further = node.orelse[0]
    return isinstance(further, gast.If) and not is_plain(further)


def mark_unwanted(nodes: list[gast.AST], groups: frozenset[str], stages_exceptions: bool) -> None:
    """Mark, among `nodes`, each construct that is not wanted."""
    unwanted = {kind for kind, group in GROUP_OF.items() if group not in groups}
    unwanted |= {gast.TryStar} if stages_exceptions else {gast.TryStar, gast.Try}
    if unwanted:
        for node in nodes:
            if node.__class__ in unwanted:
                node.plain = True


def mark_plain(scope: gast.AST, nodes: list[gast.AST]) -> None:
    """Mark, in one function or class, each construct that must keep its plain form; `nodes` stand in its own scope."""
    _mark_bare(scope, nodes)
    if isinstance(scope, gast.ClassDef):
        for node in nodes:
            if isinstance(node, CONSTRUCTS):
                node.plain = True
    elif any(_is_marker(node) for node in nodes):
        _mark_ways(scope)


def _is_marker(node: gast.AST) -> bool:
    """Tell whether `node` may make the constructs around it plain."""
    kind = node.__class__
    if kind in MARKERS:
        return kind is not gast.Call or _reads_frame(node)
    return kind in _COMPREHENSIONS and _is_async(node)


def _mark_ways(scope: gast.AST) -> None:
    """Mark one scope with an explicit stack of (node, constructs around it, where jumps go)."""
    body = scope.body if isinstance(scope.body, list) else [scope.body]
    stack: list[tuple[gast.AST, _Path]] = [(child, _Path(None, None, False)) for child in body]
    while stack:
        node, path = stack.pop()
        if isinstance(node, gast.Try | gast.TryStar) and any(_jumps(statement) for statement in node.finalbody):
            # A jump in `finally` takes the place of one in the body, which therefore has to be a real one.
            for inside in own_nodes(gast.Module([node], [])):
                if isinstance(inside, gast.If | gast.While | gast.For | gast.Try) and _jumps(inside):
                    inside.plain = True
                if isinstance(inside, gast.Return):
                    path.mark()
        if isinstance(node, gast.TryStar):
            _mark_reraises(node)
        if needs_frame(node):
            path.mark()
        elif isinstance(node, gast.NamedExpr):
            path.mark_lazy()
        elif isinstance(node, gast.Return) and path.through_finally():
            path.mark()
        elif isinstance(node, gast.Break | gast.Continue):
            path.mark_jump()
        kind = node.__class__
        if kind in SCOPES:
            stack.extend((child, path) for child in own_children(node))
            continue
        within = _Path(node, path, False) if isinstance(node, CONSTRUCTS) else path
        for field in CHILD_FIELDS[kind]:
            value = getattr(node, field)
            there = path if (kind, field) in EAGER else within
            if field == "finalbody":
                there = _Path(None, within, True)
            elif field == "body" and isinstance(node, gast.While | gast.For | gast.AsyncFor):
                there = _Path(None, within, False, node)
            children = value if isinstance(value, list) else [value]
            for position, child in enumerate(children):
                if isinstance(child, gast.AST):
                    eager = position == 0 and (kind, field) in EAGER_FIRST
                    stack.append((child, path if eager else there))


def _mark_reraises(node: gast.TryStar) -> None:
    """Mark what stands between an `except*` and a bare `raise` in it.

    Python joins the exception to the rest of its group again if it left the frame with the traceback that it had.
    """
    for handler in node.handlers:
        for inside in own_nodes(handler):
            if isinstance(inside, gast.If | gast.While | gast.For) and any(map(_is_reraise, own_nodes(inside))):
                inside.plain = True


def _is_reraise(node: gast.AST) -> bool:
    return isinstance(node, gast.Raise) and node.exc is None


def _mark_bare(scope: gast.AST, nodes: list[gast.AST]) -> None:
    """Mark where inline code must not bind a variable: class bodies, parts of comprehensions, frames that are read."""
    if isinstance(scope, gast.ClassDef) or any(_reads_frame(node) and not _is_super(node) for node in nodes):
        for node in nodes:
            node.bare = True
            if isinstance(node, CONSTRUCTS):
                node.plain = True
    for node in nodes:
        if node.__class__ in _COMPREHENSIONS:
            if isinstance(node, gast.GeneratorExp):
                for inside in own_nodes(node):
                    inside.bare = True
            for generator in node.generators:
                # Not even a lambda may bind there.
                for inside in walk(generator.iter):
                    inside.bare = True


def is_bare(node: gast.AST) -> bool:
    """Tell whether inline code must not bind a variable at `node`."""
    return bool(getattr(node, "bare", False))


def _jumps(statement: gast.stmt) -> bool:
    return any(isinstance(node, JUMPS) for node in own_nodes(gast.Module([statement], [])))


def _is_async(node: gast.AST) -> bool:
    return isinstance(node, COMPREHENSIONS) and any(generator.is_async for generator in node.generators)


def needs_frame(node: gast.AST) -> bool:
    """Tell whether `node` itself suspends its frame or looks at it."""
    return isinstance(node, SUSPENDS) or _reads_frame(node) or _is_async(node)


def _reads_frame(node: gast.AST) -> bool:
    if not isinstance(node, gast.Call):
        return False
    name = getattr(node.func, "id", None) or getattr(node.func, "attr", None)
    return name in FRAME_GETTERS or (isinstance(node.func, gast.Name) and name in FRAME_READERS)


def _is_super(node: gast.Call) -> bool:
    return isinstance(node.func, gast.Name) and node.func.id == "super"


class _Path:
    """The way from a node up to its function: constructs, `finally` blocks and loop bodies."""

    def __init__(self, construct: gast.AST | None, up: _Path | None, final: bool, loop: gast.AST | None = None) -> None:
        self.construct, self.up, self.final, self.loop = construct, up, final, loop

    def mark(self) -> None:
        """Mark every construct on the way."""
        path: _Path | None = self
        while path:
            if path.construct is not None:
                path.construct.plain = True
            path = path.up

    def mark_lazy(self) -> None:
        """Mark the expressions on the way, which evaluate an operand later, and a `while` whose test this is."""
        path: _Path | None = self
        while path and path.loop is None and not isinstance(path.construct, gast.If | gast.For | gast.Try):
            if path.construct is not None:
                path.construct.plain = True
            path = path.up

    def through_finally(self) -> bool:
        """Tell whether a `finally` block is on the way."""
        path: _Path | None = self
        while path:
            if path.final:
                return True
            path = path.up
        return False

    def mark_jump(self) -> None:
        """Mark what a `break` or `continue` passes, where it leaves a `finally` block on its way to its loop."""
        passed: list[gast.AST] = []
        final = False
        path: _Path | None = self
        while path and path.loop is None:
            final = final or path.final
            passed.extend([path.construct] if path.construct is not None else [])
            path = path.up
        if final and path:
            for construct in (*passed, path.loop):
                construct.plain = True
