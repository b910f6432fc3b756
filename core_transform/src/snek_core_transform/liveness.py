"""Which variables a construct must carry: those it assigns that anything may read afterwards or on the next trip.

A variable that one branch assigns and nothing reads later is left out, so a staging operator set need not join it.
"""

from __future__ import annotations

import gast

from .forms import is_chain
from .scopes import Scope, bound_names, mentioned_names
from .syntax import FUNCTIONS, JUMPS, Block, walk

Live = frozenset[str]


def carried_names(function: gast.AST, scope: Scope) -> dict[int, tuple[str, ...]]:
    """Return, by the id of each `if`, `while`, `for` and `try` in one scope, the variables it carries, in order."""
    analysis = _Liveness(scope)
    analysis.block(function.body, frozenset())
    return analysis.carried


class _Liveness:
    """A backward walk over structured statements; what it adds too much only makes more variables carried."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.carried: dict[int, tuple[str, ...]] = {}
        self.exits: list[tuple[Live, Live]] = []
        self.handlers: Live = frozenset()
        self.simple: dict[int, tuple[Live, Live]] = {}
        """What each simple statement overwrites and uses: a loop in loops is gone through many times."""

    def block(self, statements: Block, after: Live) -> Live:
        """Return what is live before `statements` where `after` is live behind them."""
        for statement in reversed(statements):
            after = self.statement(statement, after) | self.handlers
        return after

    def statement(self, node: gast.stmt, after: Live) -> Live:
        """Return what is live before one statement."""
        if isinstance(node, gast.If):
            return self._if(node, after)
        if isinstance(node, gast.While | gast.For | gast.AsyncFor):
            return self._loop(node, after)
        if isinstance(node, gast.Try | gast.TryStar):
            return self._try(node, after)
        if isinstance(node, gast.With | gast.AsyncWith):
            # What the body assigns may be missing where the context manager swallows an exception.
            return self.block(node.body, after) | after | mentioned(node.items)
        if isinstance(node, gast.Match):
            live = after | _reads(node.subject)
            for case in node.cases:
                live |= self.block(case.body, after) | mentioned([case.pattern, case.guard])
            return live
        if isinstance(node, gast.Return | gast.Raise):
            return mentioned([node])
        if isinstance(node, JUMPS):
            broken, continued = self.exits[-1] if self.exits else (after, after)
            return broken if isinstance(node, gast.Break) else continued
        known = self.simple.get(id(node))
        if known is None:
            known = self.simple[id(node)] = _overwrites(node), _used(node)
        return (after - known[0]) | known[1]

    def _if(self, node: gast.If, after: Live) -> Live:
        """Return what is live before an `if` with its `elif`s, which are one construct and carry the same."""
        arms = [node]
        while is_chain(arms[-1]):
            arms.append(arms[-1].orelse[0])
        live = after | self.block(arms[-1].orelse, after)
        for arm in reversed(arms):
            live |= self.block(arm.body, after)
            if arm is not node:
                live |= _reads(arm.test)
        self._carry(node, live)
        return live | _reads(node.test)

    def _loop(self, node: gast.While | gast.For | gast.AsyncFor, after: Live) -> Live:
        orelse = self.block(node.orelse, after)
        flag = frozenset({node.flag} if hasattr(node, "flag") else ())
        head = orelse | after | flag | (_reads(node.test) if isinstance(node, gast.While) else frozenset())
        while True:
            self.exits.append((after, head))
            body = self.block(node.body, head)
            self.exits.pop()
            if not isinstance(node, gast.While):
                body = (body - _overwrites(gast.Assign([node.target], gast.Constant(0, None), None))) | _reads(
                    node.target
                )
            if body <= head:
                break
            head |= body
        self._carry(node, head)
        return head | (_reads(node.iter) if not isinstance(node, gast.While) else frozenset())

    def _try(self, node: gast.Try, after: Live) -> Live:
        final = self.block(node.finalbody, after)
        caught = final | after
        outer = self.handlers
        self.handlers = outer | final
        for handler in node.handlers:
            named = {handler.name.id} if handler.name else set()
            caught |= (self.block(handler.body, final) - named) | mentioned([handler.type])
        self.handlers = outer | caught
        orelse = self.block(node.orelse, final)
        body = self.block(node.body, orelse)
        self.handlers = outer
        self._carry(node, body | caught | orelse)
        node.caught = frozenset(self.carried[id(node)]) & (caught | self.scope.shared)
        return body | caught

    def _carry(self, node: gast.stmt, live: Live) -> None:
        assigned = bound_names([node])
        keep = live | self.scope.shared
        self.carried[id(node)] = tuple(name for name in assigned if self.scope.is_slot(name) and name in keep)


def mentioned(nodes: list[gast.AST | None]) -> Live:
    """Return the names that occur in `nodes`."""
    return frozenset(mentioned_names([node for node in nodes if node is not None]))


def _reads(node: gast.AST) -> Live:
    """Return the names that evaluating an expression, or assigning to a target, may read."""
    return frozenset(
        name.id for name in walk(node) if isinstance(name, gast.Name) and not isinstance(name.ctx, gast.Store)
    )


def _used(node: gast.stmt) -> Live:
    """Return the names that a simple statement, a `def` or a `class` may read."""
    if isinstance(node, (*FUNCTIONS, gast.ClassDef)):
        return mentioned([node])
    if isinstance(node, gast.AugAssign):
        return mentioned([node])
    return _reads(node)


def _overwrites(node: gast.stmt) -> Live:
    """Return the names that a simple statement surely gives a value, whatever they held before."""
    if isinstance(node, gast.FunctionDef | gast.AsyncFunctionDef | gast.ClassDef):
        return frozenset({node.name})
    if isinstance(node, gast.Assign):
        return frozenset(name for target in node.targets for name in _targets(target))
    if isinstance(node, gast.AnnAssign) and node.value:
        return frozenset(_targets(node.target))
    return frozenset()


def _targets(target: gast.expr) -> list[str]:
    if isinstance(target, gast.Name):
        return [target.id]
    if isinstance(target, gast.Tuple | gast.List):
        return [name for element in target.elts for name in _targets(element)]
    return _targets(target.value) if isinstance(target, gast.Starred) else []
