"""Which names a function, or a piece of one, binds, captures and declares."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import gast

from .syntax import COMPREHENSIONS, FUNCTIONS, own_nodes

Names = dict[str, None]
"""An ordered set of names."""


@dataclass(frozen=True)
class Scope:
    """The names of one function: its parameters, every name it binds, and those that inner scopes hold on to."""

    parameters: frozenset[str]
    bound: Names
    captured: frozenset[str]
    globals: frozenset[str]
    nonlocals: frozenset[str]
    unset: frozenset[str]
    """The names that `del` or the end of an `except` clause may leave without a value."""

    @property
    def shared(self) -> frozenset[str]:
        """The names that code outside this function may read or change at any time."""
        return self.captured | self.globals | self.nonlocals

    def is_slot(self, name: str) -> bool:
        """Tell whether assigning `name` in a piece of the function must reach the function's own variable."""
        return name in self.bound or name in self.globals or name in self.nonlocals


def scope_of(function: gast.FunctionDef | gast.AsyncFunctionDef | gast.Lambda) -> Scope:
    """Return the names of `function`, nested functions' own names left out."""
    body = function.body if isinstance(function.body, list) else [function.body]
    arguments = parameter_names(function.args)
    declared_global: set[str] = set()
    declared_nonlocal: set[str] = set()
    captured: set[str] = set()
    unset: set[str] = set()
    for statement in body:
        for node in own_nodes_of_statement(statement):
            if isinstance(node, gast.Global):
                declared_global.update(node.names)
            elif isinstance(node, gast.Nonlocal):
                declared_nonlocal.update(node.names)
            elif isinstance(node, (*FUNCTIONS, gast.ClassDef, gast.GeneratorExp)):
                captured.update(mentioned_names([node]))
            elif isinstance(node, gast.ExceptHandler) and node.name:
                unset.add(node.name.id)
            elif isinstance(node, gast.Name) and isinstance(node.ctx, gast.Del):
                unset.add(node.id)
    outside = declared_global | declared_nonlocal
    bound = {name: None for name in (*arguments, *bound_names(body)) if name not in outside}
    return Scope(
        frozenset(arguments),
        bound,
        frozenset(captured & bound.keys()),
        frozenset(declared_global),
        frozenset(declared_nonlocal),
        frozenset(unset),
    )


def parameter_names(arguments: gast.arguments) -> list[str]:
    """Return the names of all parameters, in order."""
    every = [*arguments.posonlyargs, *arguments.args, arguments.vararg, *arguments.kwonlyargs, arguments.kwarg]
    return [argument.id for argument in every if argument]


def own_nodes_of_statement(statement: gast.AST) -> Iterable[gast.AST]:
    """Walk a statement in its own scope; of a nested function or class only the node and what runs around it."""
    return own_nodes(gast.Module([statement], []))


def bound_names(body: Iterable[gast.AST]) -> Names:
    """Return the names that `body` binds or deletes in its own scope, in order of their first place."""
    names: Names = {}
    for statement in body:
        inner: set[int] = set()
        for node in own_nodes_of_statement(statement):
            if isinstance(node, COMPREHENSIONS):
                for generator in node.generators:
                    inner.update(id(name) for name in gast.walk(generator.target))
            for name in _binds(node):
                if id(node) not in inner:
                    names[name] = None
    return names


def _binds(node: gast.AST) -> list[str]:
    if isinstance(node, gast.Name):
        return [node.id] if isinstance(node.ctx, gast.Store | gast.Del) else []
    if isinstance(node, gast.FunctionDef | gast.AsyncFunctionDef | gast.ClassDef):
        return [node.name]
    if isinstance(node, gast.Import | gast.ImportFrom):
        return [alias.asname or alias.name.partition(".")[0] for alias in node.names]
    if isinstance(node, gast.MatchAs | gast.MatchStar):
        return [node.name] if node.name else []
    if isinstance(node, gast.MatchMapping):
        return [node.rest] if node.rest else []
    return []


def target_names(comprehension: gast.AST) -> set[str]:
    """Return the variables of a comprehension's own."""
    targets = [generator.target for generator in comprehension.generators]
    return {name.id for target in targets for name in gast.walk(target) if isinstance(name, gast.Name)}


def mentioned_names(nodes: Iterable[gast.AST]) -> set[str]:
    """Return every name that occurs anywhere in `nodes`, inner scopes included: more than are read, never fewer."""
    names: set[str] = set()
    for root in nodes:
        for node in gast.walk(root):
            if isinstance(node, gast.Name):
                names.add(node.id)
            elif isinstance(node, gast.Nonlocal):
                names.update(node.names)
    return names
