"""Rewrite one function's uses of its array namespace; part of the `bind` pass."""

from __future__ import annotations

import builtins
import inspect
from collections.abc import Callable
from types import FunctionType, ModuleType
from typing import NoReturn, cast

import gast

from snek_core_transform.bind_scope import COMPREHENSIONS, FUNCTIONS, Scope, body_scope, owner, scope_of
from snek_core_transform.errors import UnsupportedSyntax
from snek_core_transform.program import Program
from snek_core_transform.spelling import Spelling
from snek_core_transform.spelling_expand import ReordersEffects, copied, expand
from snek_core_transform.spelling_row import as_value

Target = tuple[FunctionType, str]
"""A function and which of its parameters is the array namespace."""

MISSING = object()
"""What a name means that has no value."""

_READS_NAMES = frozenset({"locals", "vars", "dir", "eval", "exec"})
"""Builtins that could see that the parameter is gone."""


class RewriteNamespace(gast.NodeTransformer):  # type: ignore[misc]  # gast ships no types
    """Replace `xp.f(...)` by the table's words and `helper(xp, ...)` by a call of the bound helper.

    `reference` answers the name node for a bound helper. The tree of `program` is changed in place.
    """

    def __init__(
        self, program: Program, parameter: str, spelling: Spelling, reference: Callable[[Target], gast.Name]
    ) -> None:
        self.program, self.parameter, self.spelling, self.reference = program, parameter, spelling, reference
        self.imports = frozenset(spelling.imports)
        self.scopes: list[Scope] = []

    def rewrite(self) -> None:
        """Rewrite the body of the program's function."""
        tree = self.program.tree
        if rebinding := body_scope(tree).bound.get(self.parameter):
            self._refuse_rebinding(rebinding)
        self.scopes = [scope_of(tree)]
        tree.body = [self.visit(statement) for statement in tree.body]

    # -- uses of the namespace

    def visit_Call(self, node: gast.Call) -> gast.AST:
        path = self._path(node.func)
        rows = self.spelling.table.get(path, ()) if path else ()
        if rows and rows[0].signature is not None:
            return self._expand(node, cast("str", path))
        if any(self._is_namespace(argument) for argument in [*node.args, *(k.value for k in node.keywords)]):
            return self._call_helper(node)
        name = node.func.id if isinstance(node.func, gast.Name) else ""
        if name in _READS_NAMES and owner(name, self.scopes) is None:
            self.refuse(node, f"{name}() could see that {self.parameter!r} is gone; write what it reads by name")
        return cast("gast.AST", self.generic_visit(node))

    def visit_Attribute(self, node: gast.Attribute) -> gast.AST:
        path = self._path(node)
        if path is None:
            return cast("gast.AST", self.generic_visit(node))
        rows = self.spelling.table.get(path)
        if rows is None:
            return self._shorter(node, path)
        if rows[0].signature is None:
            return copied(rows[0].template, node)
        native = as_value(rows[0]) if len(rows) == 1 else None
        if native is None:
            self.refuse(
                node,
                f"{self._said(path)} as a value has no equal in {self.spelling.name}: {rows[0].name!r}; "
                "call it, or pass a lambda that does",
            )
        return copied(native, node)

    def visit_Name(self, node: gast.Name) -> gast.AST:
        if isinstance(node.ctx, gast.Param):
            return cast("gast.AST", self.generic_visit(node))
        if self._is_namespace(node):
            self.refuse(
                node,
                f"the array namespace is used as a value: {node.id!r}; "
                f"use its attributes ({node.id}.tanh), or pass it to a function of yours by its name",
            )
        return node

    def _expand(self, node: gast.Call, path: str) -> gast.AST:
        if any(isinstance(argument, gast.Starred) for argument in node.args) or any(k.arg is None for k in node.keywords):
            self.refuse(node, f"starred arguments of {self._said(path)} cannot be matched; write them out")
        node.args = [self.visit(argument) for argument in node.args]
        node.keywords = [self.visit(keyword) for keyword in node.keywords]
        problem = ""
        for row in self.spelling.table[path]:
            try:
                return expand(row, node, self.imports)
            except TypeError as error:
                problem = f"{error}, for {row.name}{_shown(row.signature)}"
            except ReordersEffects as error:
                self.refuse(
                    error.second,
                    f"{self._said(path)} in {self.spelling.name} evaluates this argument before the others; "
                    "give it a name in a statement before",
                )
        self.refuse(node, f"{self._said(path)} has no spelling in {self.spelling.name} with these arguments: {problem}")

    def _shorter(self, node: gast.Attribute, path: str) -> gast.AST:
        """Handle `xp.pi.real`, where a part of the path is in the table; refuse an unknown name."""
        parts = path.split(".")
        if any(".".join(parts[:length]) in self.spelling.table for length in range(1, len(parts))):
            return cast("gast.AST", self.generic_visit(node))
        namespace = any(name.startswith(f"{parts[0]}.") for name in self.spelling.table)
        name = ".".join(parts[:2]) if namespace else parts[0]
        near = self.spelling.near(name)
        known = f"near names: {', '.join(near)}" if near else f"known: {', '.join(self.spelling.table)}"
        self.refuse(node, f"{self._said(name)} has no spelling in {self.spelling.name}; {known}")

    # -- functions that the namespace is passed to

    def _call_helper(self, node: gast.Call) -> gast.AST:
        function = self._function(node.func)
        positions = [index for index, argument in enumerate(node.args) if self._is_namespace(argument)]
        names = [keyword.arg for keyword in node.keywords if self._is_namespace(keyword.value)]
        starred = any(isinstance(argument, gast.Starred) for argument in node.args) or None in [
            keyword.arg for keyword in node.keywords
        ]
        if len(positions) + len(names) != 1 or starred:
            self.refuse(node, f"{self.parameter!r} must be passed exactly once and without starred arguments")
        code = function.__code__
        positional = code.co_varnames[: code.co_argcount]
        named = code.co_varnames[code.co_posonlyargcount : code.co_argcount + code.co_kwonlyargcount]
        if (positions and positions[0] >= len(positional)) or (names and names[0] not in named):
            self.refuse(node, f"{function.__qualname__} has no parameter for {self.parameter!r} here")
        parameter = positional[positions[0]] if positions else cast("str", names[0])
        node.func = gast.copy_location(self.reference((function, parameter)), node.func)
        node.args = [self.visit(argument) for argument in node.args if not self._is_namespace(argument)]
        node.keywords = [self.visit(keyword) for keyword in node.keywords if not self._is_namespace(keyword.value)]
        return node

    def _function(self, node: gast.AST) -> FunctionType:
        """Return the function that the callee names now: a global, a cell, or an attribute of a module."""
        value = self._value(node)
        if not isinstance(value, FunctionType):
            self.refuse(
                node,
                f"{self.parameter!r} is passed to something that cannot be bound: {value!r}; "
                "pass it to a function that is defined with `def` in a module",
            )
        return value

    def _value(self, node: gast.AST) -> object:
        match node:
            case gast.Name():
                if owner(node.id, self.scopes) is not None:
                    self.refuse(
                        node,
                        f"{self.parameter!r} is passed to a local name: {node.id!r}; "
                        f"a nested function reads {self.parameter!r} from the function around it",
                    )
                value = read_outside(self.program.function, node.id)
                if value is not MISSING:
                    return value
            case gast.Attribute():
                home = self._value(node.value)
                if isinstance(home, ModuleType) and hasattr(home, node.attr):
                    return getattr(home, node.attr)
        self.refuse(
            node, f"{self.parameter!r} is passed to a function that is not known by name; call a function of a module"
        )

    # -- scopes

    def generic_visit(self, node: gast.AST) -> gast.AST:
        """Visit the children of `node`, those of a scope inside that scope."""
        if isinstance(node, gast.Nonlocal) and self.parameter in node.names:
            self._refuse_rebinding(node)
        if isinstance(node, COMPREHENSIONS):
            return self._visit_comprehension(node)
        if isinstance(node, (*FUNCTIONS, gast.ClassDef)):
            return self._visit_definition(node)
        return cast("gast.AST", super().generic_visit(node))

    def _visit_definition(self, node: gast.AST) -> gast.AST:
        """Visit decorators, defaults, annotations and bases in the scope around, and the body in its own."""
        scope, body = scope_of(node), node.body
        node.body = []
        super().generic_visit(node)
        self.scopes.append(scope)
        node.body = [self.visit(part) for part in body] if isinstance(body, list) else self.visit(body)
        self.scopes.pop()
        return node

    def _visit_comprehension(self, node: gast.AST) -> gast.AST:
        """Visit the first iterable in the scope around, and everything else in the comprehension's own."""
        first = node.generators[0]
        iterable = self.visit(first.iter)
        self.scopes.append(scope_of(node))
        first.iter = gast.Constant(value=None, kind=None)
        super().generic_visit(node)
        self.scopes.pop()
        first.iter = iterable
        return node

    # -- small things

    def _is_namespace(self, node: gast.AST) -> bool:
        return (
            isinstance(node, gast.Name)
            and node.id == self.parameter
            and bool(self.scopes)
            and owner(node.id, self.scopes) is self.scopes[0]
        )

    def _path(self, node: gast.AST) -> str | None:
        """Return `linalg.norm` for `xp.linalg.norm`, and None for what does not start at the namespace."""
        parts: list[str] = []
        while isinstance(node, gast.Attribute):
            parts.append(node.attr)
            node = node.value
        return ".".join(reversed(parts)) if parts and self._is_namespace(node) else None

    def _said(self, name: str) -> str:
        return f"{self.parameter}.{name}"

    def _refuse_rebinding(self, node: gast.AST) -> NoReturn:
        self.refuse(node, f"the array namespace is rebound: {self.parameter!r}; give the other value another name")

    def refuse(self, node: gast.AST, message: str) -> NoReturn:
        """Raise UnsupportedSyntax at the user's place."""
        raise UnsupportedSyntax(message, self.program.place(node))


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


def _shown(signature: inspect.Signature | None) -> str:
    """Write a signature with its defaults as source."""
    assert signature is not None
    shown = [
        parameter.replace(default=_Source(gast.unparse(parameter.default).strip()))
        if parameter.default is not parameter.empty
        else parameter
        for parameter in signature.parameters.values()
    ]
    return str(inspect.Signature(shown))


class _Source(str):
    """Text that shows without quotes."""

    __slots__ = ()
    __repr__ = str.__str__
