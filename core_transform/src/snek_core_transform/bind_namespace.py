"""The array namespace of one function: where its name means it, and how to refuse a use of it."""

from __future__ import annotations

import builtins
from dataclasses import dataclass, field
from types import FunctionType

import gast

from snek_core_transform.bind_scope import Scope, owner
from snek_core_transform.errors import UnsupportedSyntax
from snek_core_transform.program import Program
from snek_core_transform.spelling import Spelling

MISSING = object()
"""What a name means that has no value."""


@dataclass
class Namespace:
    """The parameter of `program` that is an array namespace, its spelling, and the scopes around the current node."""

    program: Program
    parameter: str
    spelling: Spelling
    scopes: list[Scope] = field(default_factory=list)
    """Outermost first: the program's own, then the functions, classes and comprehensions in it."""

    def is_meant(self, node: gast.AST) -> bool:
        """Tell whether `node` is the parameter's name, not a name of the same letters in an inner scope."""
        return (
            isinstance(node, gast.Name)
            and node.id == self.parameter
            and owner(node.id, self.scopes) is self.scopes[0]
        )  # fmt: skip

    def path(self, node: gast.AST) -> str | None:
        """Return `linalg.norm` for `xp.linalg.norm`, and None for what does not start at the namespace."""
        parts: list[str] = []
        while isinstance(node, gast.Attribute):
            parts.append(node.attr)
            node = node.value
        return ".".join(reversed(parts)) if parts and self.is_meant(node) else None

    def said(self, path: str) -> str:
        """Write a name of the namespace as the user does."""
        return f"{self.parameter}.{path}"

    def refusal(self, node: gast.AST, message: str) -> UnsupportedSyntax:
        """Return the error that names the user's place of `node`."""
        return UnsupportedSyntax(message, self.program.place(node))


def read_outside(function: FunctionType, name: str) -> object:
    """Return what `name` means now around `function`: its cell, its global or a builtin; `MISSING` for nothing."""
    code = function.__code__
    if name in code.co_freevars:
        cell = (function.__closure__ or ())[code.co_freevars.index(name)]
        try:
            return cell.cell_contents
        except ValueError:
            return MISSING
    return function.__globals__.get(name, getattr(builtins, name, MISSING))
