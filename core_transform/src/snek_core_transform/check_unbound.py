"""Keep the error of a variable without a value, where a thunk reads it, the one that its function would raise."""

from __future__ import annotations

import builtins
import sys
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import gast

from .construct import Construct
from .context import Context
from .errors import Place
from .mangling import mangled
from .scopes import Scope, target_names
from .syntax import CHILD_FIELDS, COMPREHENSIONS, FUNCTIONS, KINDS, LEAVES, at, attribute, call, constant, embed, load
from .walk import each_function

_UNREAD = LEAVES - {gast.Name}
"""The kinds in which nothing is read."""


def check_unbound(tree: gast.AST, context: Context) -> gast.AST:
    """Ask, before a thunk reads a variable that may have no value, whether it has one.

    A function raises `UnboundLocalError`; its thunk, to which the variable is free, would raise another error.

    >>> def f(x):
    ...     if x:
    ...         y = x
    ...     return x and y
    >>> print(show(f, after="check_unbound", operators=RecordingOperators(CONTROL)).splitlines()[-1])
        return operators.and_(x, lambda: y if operators.holds('y', builtins.locals()) else operators.unbound('y'))
    """
    if context.inline and not context.kinds.intersection(COMPREHENSIONS):
        # Only in the first iterable of a comprehension does inline code need a thunk.
        return tree
    construct = Construct(context.operators, partial(Place, context.filename, 1), "variable")

    def change(function: gast.AST) -> None:
        if not getattr(function, "is_thunk", False):
            _Reads(function.scope, construct, context.class_name).function(function)

    return each_function(tree, change)


class _Reads:
    """Rewrites the reads in the thunks of one function."""

    def __init__(self, scope: Scope, construct: Construct, class_name: str | None) -> None:
        self.construct, self.class_name = construct, class_name
        self.depth = 0
        certain = scope.parameters - scope.unset
        self.asked = frozenset(name for name in scope.bound if name not in certain and not name.startswith("<"))

    def function(self, function: gast.AST) -> None:
        """Rewrite the body of the function itself."""
        if not self.asked:
            return
        if isinstance(function.body, list):
            function.body = self._block(function.body)
        else:
            function.body = self.visit(function.body)

    def visit(self, node: gast.AST) -> Any:
        """Return what stands for a node, or for a statement several."""
        kind = node.__class__
        if kind is gast.Name:
            return self._read(node) if self.depth and node.ctx.__class__ is gast.Load else node
        rule = _RULES.get(kind)
        return self._inside(node) if rule is None else rule(self, node)

    def _inside(self, node: gast.AST) -> gast.AST:
        own = node.__dict__
        for field in CHILD_FIELDS[node.__class__]:
            value = own.get(field)
            if value.__class__ is list:
                own[field] = self._block(value)
            elif value.__class__ not in _UNREAD:
                own[field] = self.visit(value)
        return node

    def _block(self, nodes: list[Any]) -> list[Any]:
        result: list[Any] = []
        for node in nodes:
            new = node if node.__class__ in _UNREAD else self.visit(node)
            if new.__class__ is list:
                result += new
            else:
                result.append(new)
        return result

    def _delete(self, node: gast.Delete) -> Any:
        """Delete one by one, each after a look at it."""
        if not self.depth:
            return node
        result: list[gast.stmt] = []
        for target in node.targets:
            read = self._read(at(load(target.id), target)) if isinstance(target, gast.Name) else target
            if isinstance(read, gast.IfExp):
                result.append(at(gast.Expr(read), target))
            result.append(at(gast.Delete([self._inside(target)]), node))
        return result

    def _function(self, node: gast.AST) -> gast.AST:
        if getattr(node, "is_cells", False):
            return node
        if not getattr(node, "is_thunk", False):
            return self._around_function(node)
        self.depth += 1
        self._inside(node)
        self.depth -= 1
        return node

    def _class(self, node: gast.AST) -> gast.AST:
        # Type parameters make the bases a scope of their own, as the value of a type alias is one.
        bases = () if getattr(node, "type_params", ()) else ("bases", "keywords")
        for field in ("decorator_list", *bases):
            setattr(node, field, [self.visit(part) for part in getattr(node, field)])
        return node

    def _own_function(self, node: gast.AST) -> gast.AST:
        """Rewrite the first iterable of a comprehension, which is evaluated where the comprehension stands."""
        node.generators[0].iter = self.visit(node.generators[0].iter)
        return node

    def _comprehension(self, node: gast.AST) -> gast.AST:
        before, self.asked = self.asked, self.asked - target_names(node)
        self._inside(node)
        self.asked = before
        return node

    def _as_it_is(self, node: gast.AST) -> gast.AST:
        """A pattern may hold names and attributes only, and a type alias is a scope of its own."""
        return node

    def _around_function(self, node: gast.AST) -> gast.AST:
        """Rewrite what a definition evaluates where it stands: its decorators and defaults."""
        if not isinstance(node, gast.Lambda):
            node.decorator_list = [self.visit(decorator) for decorator in node.decorator_list]
        node.args.defaults = [self.visit(default) for default in node.args.defaults]
        node.args.kw_defaults = [default and self.visit(default) for default in node.args.kw_defaults]
        return node

    def _read(self, node: gast.Name) -> gast.AST:
        name = node.id
        if name not in self.asked:
            return node
        namespace = call(attribute(embed(builtins, "builtins"), "locals"))
        holds = attribute(embed(self.construct, "operators"), "holds")
        test = call(holds, constant(mangled(name, self.class_name)), namespace)
        unbound = call(attribute(embed(self.construct, "operators"), "unbound"), constant(name))
        return at(gast.IfExp(test, load(name), unbound), node)


_RULES: Mapping[type, Callable[[_Reads, Any], Any]] = {
    gast.Delete: _Reads._delete,
    gast.ClassDef: _Reads._class,
    gast.TypeAlias: _Reads._as_it_is,
    **{kind: _Reads._as_it_is for kind in KINDS if issubclass(kind, gast.pattern)},
    **dict.fromkeys(FUNCTIONS, _Reads._function),
    **dict.fromkeys(COMPREHENSIONS, _Reads._comprehension),
    # Before 3.12 a comprehension is a function, so that reading a variable there raises what a closure raises anyway.
    **dict.fromkeys(COMPREHENSIONS if sys.version_info < (3, 12) else (gast.GeneratorExp,), _Reads._own_function),
}
