"""Make a program that differs short, by leaving out what it differs without."""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator

Change = Callable[[ast.AST], None]


def shortened(text: str, differs: Callable[[str], bool]) -> str:
    """Return the text without the statements and operands that it does not need in order to differ.

    >>> print(shortened("if a: b = f(a + 2)", lambda text: "f(" in text))
    f()
    """
    going = True
    while going:
        going = False
        for shorter in _shorter(text):
            if differs(shorter):
                text, going = shorter, True
                break
    return text


def _shorter(text: str) -> Iterator[str]:
    """Give the shorter programs that come of one change, each of which can be compiled."""
    for changed in _changes(ast.parse(text)):
        try:
            shorter = ast.unparse(ast.fix_missing_locations(changed))
            compile(shorter, "<shorter>", "exec", dont_inherit=True)
        except (AttributeError, SyntaxError, TypeError, ValueError):
            # What was left out had to be there.
            continue
        if len(shorter) < len(text):
            yield shorter


def _changes(tree: ast.Module) -> Iterator[ast.Module]:
    """Give the tree with each of its nodes left out, or with one of its parts in its place; large nodes first."""
    for position, node in enumerate(ast.walk(tree)):
        for field, value in ast.iter_fields(node):
            if isinstance(value, list):
                for index, child in enumerate(value):
                    yield _changed(tree, position, field, index, [])
                    for part in _parts(child):
                        yield _changed(tree, position, field, index, part)
            elif isinstance(value, ast.expr):
                for part in [None, *_parts(value)]:
                    yield _changed(tree, position, field, None, part)


def _parts(node: object) -> list[object]:
    """Return what may stand in a node's place."""
    if isinstance(node, ast.expr):
        return [part for part in ast.iter_child_nodes(node) if isinstance(part, ast.expr)]
    if not isinstance(node, ast.stmt):
        return []
    blocks = [value for _, value in ast.iter_fields(node) if isinstance(value, list) and value]
    bodies: list[object] = [block for block in blocks if isinstance(block[0], ast.stmt)]
    values = [ast.Expr(part) for part in ast.iter_child_nodes(node) if isinstance(part, ast.expr)]
    return [*bodies, *values]


def _changed(tree: ast.Module, position: int, field: str, index: int | None, part: object) -> ast.Module:
    new = copy.deepcopy(tree)
    node = list(ast.walk(new))[position]
    if index is None:
        setattr(node, field, part)
    else:
        getattr(node, field)[index : index + 1] = part if isinstance(part, list) else [part]
    return new
