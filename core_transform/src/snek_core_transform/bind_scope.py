"""Which scope a name belongs to, as far as `bind` must know: what each function, class and comprehension binds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import gast

from snek_core_transform.syntax import LEAVES, children, walk

COMPREHENSIONS = (gast.ListComp, gast.SetComp, gast.DictComp, gast.GeneratorExp)
FUNCTIONS = (gast.FunctionDef, gast.AsyncFunctionDef, gast.Lambda)
SCOPES = (*FUNCTIONS, gast.ClassDef, *COMPREHENSIONS)


@dataclass
class Scope:
    """What one scope binds, each name with the node that binds it first, and what it declares elsewhere."""

    is_class: bool = False
    bound: dict[str, gast.AST] = field(default_factory=dict)
    declared_global: dict[str, gast.AST] = field(default_factory=dict)
    declared_nonlocal: dict[str, gast.AST] = field(default_factory=dict)

    def bind(self, name: str, node: gast.AST) -> None:
        """Note that `node` binds `name`."""
        self.bound.setdefault(name, node)


def scope_of(node: gast.AST) -> Scope:
    """Return the scope that a function, lambda, class or comprehension opens; parameters are bound in it."""
    scope = Scope(is_class=isinstance(node, gast.ClassDef))
    if isinstance(node, COMPREHENSIONS):
        for generator in node.generators:
            _targets(generator.target, scope)
        return scope
    if isinstance(node, FUNCTIONS):
        for parameter in parameters(node):
            scope.bind(parameter.id, parameter)
    for type_parameter in getattr(node, "type_params", []):
        scope.bind(type_parameter.name, type_parameter)
    _collect(node.body if isinstance(node.body, list) else [node.body], scope)
    return scope


def body_scope(function: gast.AST) -> Scope:
    """Return what the body of a function binds and declares, without its parameters."""
    scope = Scope()
    _collect(function.body if isinstance(function.body, list) else [function.body], scope)
    return scope


def parameters(function: gast.AST) -> list[gast.Name]:
    """Return every parameter of a function or lambda, in the order of a call's."""
    arguments = function.args
    found = [*arguments.posonlyargs, *arguments.args, arguments.vararg, *arguments.kwonlyargs, arguments.kwarg]
    return [parameter for parameter in found if parameter is not None]


def owner(name: str, scopes: list[Scope]) -> Scope | None:
    """Return which of the nested `scopes`, outermost first, `name` belongs to in the innermost; None: outside them."""
    for index, scope in reversed(list(enumerate(scopes))):
        innermost = index == len(scopes) - 1
        if name in scope.declared_global:
            return None
        if name in scope.declared_nonlocal or (scope.is_class and not innermost):
            continue
        if name in scope.bound:
            return scope
    return None


def bound_names(tree: gast.AST) -> dict[str, gast.AST]:
    """Return every name that any scope of a tree binds or declares, with a node that does."""
    found: dict[str, gast.AST] = {}
    for node in walk(tree):
        if isinstance(node, SCOPES):
            scope = scope_of(node)
            for names in (scope.bound, scope.declared_global, scope.declared_nonlocal):
                found = {**names, **found}
    return found


def _collect(nodes: Sequence[gast.AST], scope: Scope) -> None:
    """Note what `nodes` bind in their own scope, without entering the scopes inside them."""
    pending = list(nodes[::-1])
    while pending:
        node = pending.pop()
        kind = node.__class__
        if kind in _NOTED:
            _note(node, scope)
        if kind not in LEAVES:
            own = _OWN_CHILDREN.get(kind, children)
            pending += own(node)[::-1]


def _note(node: gast.AST, scope: Scope) -> None:
    """Note what a node itself binds or declares."""
    match node:
        case gast.Name(ctx=gast.Store() | gast.Del()):
            scope.bind(node.id, node)
        case gast.FunctionDef() | gast.AsyncFunctionDef() | gast.ClassDef():
            scope.bind(node.name, node)
        case gast.Import() | gast.ImportFrom():
            for alias in node.names:
                scope.bind(alias.asname or alias.name.partition(".")[0], node)
        case gast.MatchAs(name=str(name)) | gast.MatchStar(name=str(name)) | gast.MatchMapping(rest=str(name)):
            scope.bind(name, node)
        case gast.Global():
            scope.declared_global.update(dict.fromkeys(node.names, node))
        case gast.Nonlocal():
            scope.declared_nonlocal.update(dict.fromkeys(node.names, node))


def _around_function(node: gast.AST) -> list[gast.AST]:
    return [*node.decorator_list, *_defaults(node.args), *_annotations(node)]


_NOTED = frozenset({
    gast.Name, gast.FunctionDef, gast.AsyncFunctionDef, gast.ClassDef, gast.Import, gast.ImportFrom, gast.MatchAs,
    gast.MatchStar, gast.MatchMapping, gast.Global, gast.Nonlocal,
})  # fmt: skip
_OWN_CHILDREN: Mapping[type, Callable[[gast.AST], list[gast.AST]]] = {
    gast.FunctionDef: _around_function,
    gast.AsyncFunctionDef: _around_function,
    gast.Lambda: lambda node: _defaults(node.args),
    gast.ClassDef: lambda node: [*node.decorator_list, *node.bases, *node.keywords],
    gast.comprehension: lambda node: [node.iter, *node.ifs],
}
"""The children that are evaluated in the scope around a node, where those are not all.

Of a comprehension these are all but the targets: a walrus inside binds in the function around it.
"""


def _defaults(arguments: gast.arguments) -> list[gast.AST]:
    return [default for default in (*arguments.defaults, *arguments.kw_defaults) if default is not None]


def _annotations(function: gast.AST) -> list[gast.AST]:
    found = [parameter.annotation for parameter in parameters(function)] + [function.returns]
    return [annotation for annotation in found if annotation is not None]


def _targets(target: gast.AST, scope: Scope) -> None:
    for node in gast.walk(target):
        if isinstance(node, gast.Name) and isinstance(node.ctx, gast.Store):
            scope.bind(node.id, node)
