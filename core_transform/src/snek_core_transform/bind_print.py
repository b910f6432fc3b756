"""Print bound functions as one text, and map its lines to the user's places; part of the `bind` pass."""

from __future__ import annotations
import __future__

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from snek_core_transform.bind_text import Text
from snek_core_transform.errors import Place, UnsupportedSyntax
from snek_core_transform.own_lines import parse
from snek_core_transform.program import Program
from snek_core_transform.to_ast import to_ast

_POSTPONED = __future__.annotations.compiler_flag


@dataclass(frozen=True)
class Printed:
    """A text, the user's place of each of its lines, and the tree of each function with positions in the text."""

    text: str
    places: Mapping[int, Place]
    functions: Sequence[ast.FunctionDef | ast.AsyncFunctionDef]


def print_texts(texts: Sequence[Text], imports: Mapping[str, str]) -> Printed:
    """Print the imports, then the functions. Raises UnsupportedSyntax where a function does not read back equal."""
    trees = [to_ast(text.program.tree, "", {}) for text in texts]
    written = [_unparse(tree, text) for tree, text in zip(trees, texts, strict=True)]
    sections = ["\n".join(_head(texts, imports)), *written]
    whole = "\n\n\n".join(section for section in sections if section) + "\n"
    module = parse(whole, "<bound>")
    functions = [node for node in module.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    places: dict[int, Place] = {}
    for text, tree, function in zip(texts, trees, functions, strict=True):
        if not _map(tree, function, text.program, places):
            raise UnsupportedSyntax(
                "this function does not read back as it was printed; simplify its strings", text.program.place(tree)
            )
    return Printed(whole, places, functions)


def _head(texts: Sequence[Text], imports: Mapping[str, str]) -> list[str]:
    lines = [f"import {module}" if module == name else f"import {module} as {name}" for name, module in imports.items()]
    postponed = any(text.program.function.__code__.co_flags & _POSTPONED for text in texts)
    return ["from __future__ import annotations", *lines] if postponed else lines


def _unparse(tree: ast.AST, text: Text) -> str:
    try:
        return ast.unparse(tree).strip()
    except ValueError as error:  # Python 3.11 cannot write a backslash inside an f-string's braces
        raise UnsupportedSyntax(
            f"this function cannot be printed: {error}", text.program.place(text.program.tree)
        ) from error


def _map(ours: ast.AST, read: ast.AST, program: Program, places: dict[int, Place]) -> bool:
    """Walk the tree with the user's places beside the tree read back; fill in `places`, tell whether they are equal."""
    pairs: list[tuple[object, object]] = [(ours, read)]
    while pairs:  # without recursion: Python 3.12 bounds the depth of generators inside `all`
        left, right = pairs.pop()
        kind = left.__class__
        if kind is list and right.__class__ is list and len(left) == len(right):  # type: ignore[arg-type]
            pairs += zip(reversed(left), reversed(right), strict=True)  # type: ignore[call-overload]
        elif kind in _FIELDS and kind is right.__class__:
            if kind in _PLACED:
                _note(left, right, program, places)  # type: ignore[arg-type]
            own, other = left.__dict__, right.__dict__
            for name in _FIELDS[kind]:
                mine, theirs = own.get(name), other.get(name)
                if mine is not theirs:
                    # Versions of Python differ in whether they leave an empty list out.
                    pairs.append((None if mine == [] else mine, None if theirs == [] else theirs))
        elif repr(left) != repr(right):
            return False
    return True


_KINDS = [kind for kind in vars(ast).values() if isinstance(kind, type) and issubclass(kind, ast.AST)]
_FIELDS: Mapping[type, tuple[str, ...]] = {kind: kind._fields[::-1] for kind in _KINDS}
"""The fields of each kind of node, last ones first."""
_PLACED = frozenset(kind for kind in _KINDS if issubclass(kind, ast.stmt | ast.expr | ast.excepthandler | ast.pattern))


def _note(ours: ast.AST, read: Any, program: Program, places: dict[int, Place]) -> None:
    """Give the lines on which `read` starts, all of them where it is a simple statement, the place of `ours`."""
    first = read.lineno
    if first in places and not isinstance(read, ast.stmt):
        return
    simple = isinstance(read, ast.stmt) and not hasattr(read, "body")
    last = read.end_lineno if simple and read.end_lineno else first
    for line in range(first, last + 1):
        if line not in places:
            places[line] = program.place(ours)
