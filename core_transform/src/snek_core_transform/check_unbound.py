"""Keep the error of a variable without a value, where a thunk reads it, the one that its function would raise."""

from __future__ import annotations

import builtins
import sys
from functools import partial
from typing import Any

import gast

from .construct import Construct
from .context import Context
from .errors import Place
from .mangling import mangled
from .scopes import Scope, target_names
from .syntax import COMPREHENSIONS, FUNCTIONS, at, attribute, call, constant, embed, load
from .walk import each_function

# Before 3.12 a comprehension is a function, so that reading a variable there raises what a closure raises anyway.
_OWN_FUNCTIONS = COMPREHENSIONS if sys.version_info < (3, 12) else (gast.GeneratorExp,)


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


class _Reads(gast.NodeTransformer):  # type: ignore[misc]
    """Rewrites the reads in the thunks of one function."""

    def __init__(self, scope: Scope, construct: Construct, class_name: str | None) -> None:
        self.scope, self.construct, self.class_name = scope, construct, class_name
        self.depth = 0
        self.own: frozenset[str] = frozenset()
        self.certain = scope.parameters - scope.unset

    def function(self, function: gast.AST) -> None:
        """Rewrite the body of the function itself."""
        body = function.body if isinstance(function.body, list) else [function.body]
        new = [self.visit(node) for node in body]
        function.body = new if isinstance(function.body, list) else new[0]

    def visit_Delete(self, node: gast.Delete) -> Any:
        """Delete one by one, each after a look at it."""
        if not self.depth:
            return node
        result: list[gast.stmt] = []
        for target in node.targets:
            read = self._read(at(load(target.id), target)) if isinstance(target, gast.Name) else target
            if isinstance(read, gast.IfExp):
                result.append(at(gast.Expr(read), target))
            result.append(at(gast.Delete([self.generic_visit(target)]), node))
        return result

    def visit(self, node: gast.AST) -> Any:
        if isinstance(node, FUNCTIONS):
            if getattr(node, "is_cells", False):
                return node
            if not getattr(node, "is_thunk", False):
                return self._around_function(node)
            self.depth += 1
            new = self.generic_visit(node)
            self.depth -= 1
            return new
        if isinstance(node, gast.ClassDef):
            # Type parameters make the bases a scope of their own, as the value of a type alias is one.
            bases = () if getattr(node, "type_params", ()) else ("bases", "keywords")
            for field in ("decorator_list", *bases):
                setattr(node, field, [self.visit(part) for part in getattr(node, field)])
            return node
        if isinstance(node, gast.TypeAlias):
            return node
        if isinstance(node, _OWN_FUNCTIONS):
            # The first iterable is evaluated where the comprehension stands.
            node.generators[0].iter = self.visit(node.generators[0].iter)
            return node
        if isinstance(node, gast.pattern):
            # A pattern may hold names and attributes only.
            return node
        if isinstance(node, COMPREHENSIONS):
            before, self.own = self.own, self.own | target_names(node)
            new = self.generic_visit(node)
            self.own = before
            return new
        if isinstance(node, gast.Name) and isinstance(node.ctx, gast.Load) and self.depth:
            return self._read(node)
        return super().visit(node)

    def _around_function(self, node: gast.AST) -> gast.AST:
        """Rewrite what a definition evaluates where it stands: its decorators and defaults."""
        if not isinstance(node, gast.Lambda):
            node.decorator_list = [self.visit(decorator) for decorator in node.decorator_list]
        node.args.defaults = [self.visit(default) for default in node.args.defaults]
        node.args.kw_defaults = [default and self.visit(default) for default in node.args.kw_defaults]
        return node

    def _read(self, node: gast.Name) -> gast.AST:
        name = node.id
        if name not in self.scope.bound or name in self.certain or name in self.own or name.startswith("<"):
            return node
        namespace = call(attribute(embed(builtins, "builtins"), "locals"))
        holds = attribute(embed(self.construct, "operators"), "holds")
        test = call(holds, constant(mangled(name, self.class_name)), namespace)
        unbound = call(attribute(embed(self.construct, "operators"), "unbound"), constant(name))
        return at(gast.IfExp(test, load(name), unbound), node)
