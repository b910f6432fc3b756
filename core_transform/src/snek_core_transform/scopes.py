"""Which names a function, or a piece of one, binds, captures and declares."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import gast

from .syntax import COMPREHENSIONS, FUNCTIONS, own_nodes, walk

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
    """The names that `del` or the end of an `except` clause, also of an inner scope, may leave without a value."""

    @property
    def shared(self) -> frozenset[str]:
        """The names that code outside this function may read or change at any time."""
        return self.captured | self.globals | self.nonlocals

    def is_slot(self, name: str) -> bool:
        """Tell whether assigning `name` in a piece of the function must reach the function's own variable."""
        return name in self.bound or name in self.globals or name in self.nonlocals


def scope_of(function: gast.FunctionDef | gast.AsyncFunctionDef | gast.Lambda) -> Scope:
    """Return the names of `function`, nested functions' own names left out."""
    return scope_of_nodes(function, own_nodes(body_of(function)))


def body_of(function: gast.AST) -> gast.Module:
    """Return what a function or class runs as a block of its own."""
    return gast.Module(function.body if isinstance(function.body, list) else [function.body], [])


def scope_of_nodes(function: gast.AST, nodes: list[gast.AST]) -> Scope:
    """Return the names of `function`, in whose own scope `nodes` stand."""
    arguments = parameter_names(function.args)
    declared_global: set[str] = set()
    declared_nonlocal: set[str] = set()
    captured: set[str] = set()
    unset: set[str] = set()
    for node in nodes:
        kind = node.__class__
        if kind is gast.Name:
            if node.ctx.__class__ is gast.Del:
                unset.add(node.id)
        elif kind is gast.Global:
            declared_global.update(node.names)
        elif kind is gast.Nonlocal:
            declared_nonlocal.update(node.names)
        elif kind in _INNER_SCOPES:
            inside = walk(node)
            captured.update(_mentioned(inside))
            unset.update(_unset_outside(inside))
        elif kind is gast.ExceptHandler and node.name:
            unset.add(node.name.id)
    outside = declared_global | declared_nonlocal
    bound = {name: None for name in (*arguments, *names_bound_by(nodes)) if name not in outside}
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


def bound_names(body: Iterable[gast.AST]) -> Names:
    """Return the names that `body` binds or deletes in its own scope, in order of their first place."""
    return names_bound_by(own_nodes(gast.Module(list(body), [])))


def names_bound_by(nodes: list[gast.AST]) -> Names:
    """Return the names that nodes of one scope, given with all that is in them, bind or delete there."""
    names: Names = {}
    inner: set[int] = set()
    for node in nodes:
        kind = node.__class__
        if kind is gast.Name:
            if node.ctx.__class__ in _BINDS and id(node) not in inner:
                names[node.id] = None
        elif kind in _NAMES_OF:
            for name in _NAMES_OF[kind](node):
                names[name] = None
        elif kind in _COMPREHENSIONS:
            for generator in node.generators:
                inner.update(id(name) for name in walk(generator.target))
    return names


_INNER_SCOPES = frozenset({*FUNCTIONS, gast.ClassDef, gast.GeneratorExp})
_COMPREHENSIONS = frozenset(COMPREHENSIONS)
_BINDS = frozenset({gast.Store, gast.Del})
_NAMES_OF: Mapping[type, Callable[[Any], Iterable[str]]] = {
    **dict.fromkeys((gast.FunctionDef, gast.AsyncFunctionDef, gast.ClassDef), lambda node: [node.name]),
    **dict.fromkeys(
        (gast.Import, gast.ImportFrom),
        lambda node: [alias.asname or alias.name.partition(".")[0] for alias in node.names],
    ),
    **dict.fromkeys((gast.MatchAs, gast.MatchStar), lambda node: [node.name] if node.name else []),
    gast.MatchMapping: lambda node: [node.rest] if node.rest else [],
}
"""The names that each kind of node binds that is not a name itself."""


def target_names(comprehension: gast.AST) -> set[str]:
    """Return the variables of a comprehension's own."""
    targets = [generator.target for generator in comprehension.generators]
    return {name.id for target in targets for name in walk(target) if isinstance(name, gast.Name)}


def mentioned_names(nodes: Iterable[gast.AST]) -> set[str]:
    """Return every name that occurs anywhere in `nodes`, inner scopes included: more than are read, never fewer."""
    return {name for root in nodes for name in _mentioned(walk(root))}


def _mentioned(nodes: list[gast.AST]) -> set[str]:
    names: set[str] = set()
    for node in nodes:
        kind = node.__class__
        if kind is gast.Name:
            names.add(node.id)
        elif kind is gast.Nonlocal:
            names.update(node.names)
    return names


def _unset_outside(nodes: list[gast.AST]) -> set[str]:
    """Return the names around an inner scope that it may leave without a value."""
    declared = {name for node in nodes if node.__class__ is gast.Nonlocal for name in node.names}
    if not declared:
        return declared
    deleted = {node.id for node in nodes if node.__class__ is gast.Name and node.ctx.__class__ is gast.Del}
    caught = {node.name.id for node in nodes if node.__class__ is gast.ExceptHandler and node.name}
    return declared & (deleted | caught)
