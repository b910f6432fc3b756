"""Rewrite one function's uses of its array namespace; part of the `bind` pass."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

import gast

from snek_core_transform.bind_callee import Target, passes_namespace, take_target
from snek_core_transform.bind_namespace import Namespace
from snek_core_transform.bind_scope import COMPREHENSIONS, FUNCTIONS, body_scope, owner, scope_of
from snek_core_transform.bind_spell import check_arguments, is_spelled_call, spell_attribute, spell_call
from snek_core_transform.syntax import CHILD_FIELDS

_READS_NAMES = frozenset({"locals", "vars", "dir", "eval", "exec"})
"""Builtins that could see that the parameter is gone."""


def rewrite(namespace: Namespace, reference: Callable[[Target], gast.Name]) -> None:
    """Replace `xp.f(...)` by the table's words and `helper(xp, ...)` by a call of the bound helper, in place.

    `reference` answers the name node for a bound helper. Raises UnsupportedSyntax for any other use.
    """
    tree: Any = namespace.program.tree
    if rebinding := body_scope(tree).bound.get(namespace.parameter):
        raise _rebound(namespace, rebinding)
    namespace.scopes[:] = [scope_of(tree)]
    rewriter = _Rewriter(namespace, reference)
    tree.body = [rewriter.visit(statement) for statement in tree.body]


class _Rewriter:
    """Visit every node in the scope that evaluates it."""

    def __init__(self, namespace: Namespace, reference: Callable[[Target], gast.Name]) -> None:
        self.namespace, self.reference = namespace, reference

    def visit(self, node: Any) -> gast.AST:
        """Return what `node` becomes."""
        return _RULES.get(node.__class__, _Rewriter._children)(self, node)

    def _attribute(self, node: Any) -> gast.AST:
        path = self.namespace.path(node)
        spelled = spell_attribute(self.namespace, node, path) if path else None
        return spelled or self._children(node)

    def _name(self, node: Any) -> gast.AST:
        if not isinstance(node.ctx, gast.Param) and self.namespace.is_meant(node):
            message = (
                f"the array namespace is used as a value: {node.id!r}; "
                f"use its attributes ({node.id}.tanh), or pass it to a function of yours by its name"
            )
            raise self.namespace.refusal(node, message)
        if node.annotation is not None:
            node.annotation = self.visit(node.annotation)
        return cast("gast.AST", node)

    def _nonlocal(self, node: Any) -> gast.AST:
        if self.namespace.parameter in node.names:
            raise _rebound(self.namespace, node)
        return cast("gast.AST", node)

    def _call(self, node: Any) -> gast.AST:
        if is_spelled_call(self.namespace, node):
            check_arguments(self.namespace, node)
            node.args = [self.visit(argument) for argument in node.args]
            node.keywords = [self.visit(keyword) for keyword in node.keywords]
            return spell_call(self.namespace, node)
        if passes_namespace(self.namespace, node):
            target = take_target(self.namespace, node)
            node.args = [self.visit(argument) for argument in node.args]
            node.keywords = [self.visit(keyword) for keyword in node.keywords]
            node.func = gast.copy_location(self.reference(target), node.func)
            return node
        name = node.func.id if isinstance(node.func, gast.Name) else ""
        if name in _READS_NAMES and owner(name, self.namespace.scopes) is None:
            message = f"{name}() could see that {self.namespace.parameter!r} is gone; write what it reads by name"
            raise self.namespace.refusal(node, message)
        return self._children(node)

    def _definition(self, node: Any) -> gast.AST:
        """Visit decorators, defaults, annotations and bases in the scope around, and the body in its own."""
        scope, body = scope_of(node), node.body
        node.body = []
        self._children(node)
        self.namespace.scopes.append(scope)
        node.body = [self.visit(part) for part in body] if isinstance(body, list) else self.visit(body)
        self.namespace.scopes.pop()
        return node

    def _comprehension(self, node: Any) -> gast.AST:
        """Visit the first iterable in the scope around, and everything else in the comprehension's own."""
        first = node.generators[0]
        iterable = self.visit(first.iter)
        self.namespace.scopes.append(scope_of(node))
        first.iter = gast.Constant(value=None, kind=None)
        self._children(node)
        self.namespace.scopes.pop()
        first.iter = iterable
        return node

    def _children(self, node: gast.AST) -> gast.AST:
        own = node.__dict__
        for field in CHILD_FIELDS[node.__class__]:
            value = own.get(field)
            if value.__class__ is list:
                # A dictionary's `**` has no key, and a parameter that must be given no default.
                own[field] = [one if one is None else self.visit(one) for one in value]
            elif value is not None:
                own[field] = self.visit(value)
        return node


_RULES: Mapping[type, Callable[[_Rewriter, Any], gast.AST]] = {
    gast.Call: _Rewriter._call,
    gast.Attribute: _Rewriter._attribute,
    gast.Name: _Rewriter._name,
    gast.Nonlocal: _Rewriter._nonlocal,
    **dict.fromkeys(COMPREHENSIONS, _Rewriter._comprehension),
    **dict.fromkeys((*FUNCTIONS, gast.ClassDef), _Rewriter._definition),
}


def _rebound(namespace: Namespace, node: gast.AST) -> Exception:
    message = f"the array namespace is rebound: {namespace.parameter!r}; give the other value another name"
    return namespace.refusal(node, message)
