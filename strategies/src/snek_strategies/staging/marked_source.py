"""The user's text with static and dynamic parts told apart, from the notes of a staging."""

from __future__ import annotations

import ast
import linecache
from collections.abc import Iterator
from types import CodeType
from typing import Any, NamedTuple

from snek_strategies.staging.binding_times import BindingTimes, Range, Spot

DYNAMIC, BOTH, UNMET, STATIC = "~", "^", ".", " "
LEGEND = (
    "~ dynamic: the staged program computes it    ^ dynamic in one place of the program, static in another\n"
    ". not met while staging                      what has no mark is static: Python has computed it"
)
"""What the marks mean."""

Notes = dict[Spot, set[bool]]
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


class MarkedLine(NamedTuple):
    """A line of the user's, with one mark for each character of it."""

    text: str
    marks: str


def marked(times: BindingTimes) -> list[list[MarkedLine]]:
    """Return the functions that a staging ran, in the order of their first calls, those in others within these."""
    shown: list[tuple[str, int, int]] = []
    found: list[list[MarkedLine]] = []
    for code in times.functions:
        definition = _definition(code)
        if definition is None:
            continue
        first, last = definition.lineno, definition.end_lineno or definition.lineno
        if any(name == code.co_filename and start <= first and last <= end for name, start, end in shown):
            continue
        shown.append((code.co_filename, first, last))
        found.append(_marked(code.co_filename, definition, times))
    return found


def as_text(times: BindingTimes) -> str:
    """Return the functions as plain text, with the marks of each line under it; `LEGEND` explains them."""
    functions = marked(times)
    return "\n\n".join("\n".join(part for line in lines for part in _with_marks(line)) for lines in functions)


def _with_marks(line: MarkedLine) -> Iterator[str]:
    yield line.text
    if line.marks.strip():
        yield line.marks.rstrip()


def _definition(code: CodeType) -> Definition | None:
    for node in ast.walk(ast.parse("".join(linecache.getlines(code.co_filename)))):
        if isinstance(node, Definition) and _first_line(node) == code.co_firstlineno:
            return node
    return None


def _first_line(node: Definition) -> int:
    decorators = [] if isinstance(node, ast.Lambda) else node.decorator_list
    return min([node.lineno, *(one.lineno for one in decorators)])


def _marked(filename: str, definition: Definition, times: BindingTimes) -> list[MarkedLine]:
    lines = [line.rstrip("\n") for line in linecache.getlines(filename)]
    painter = _Painter(lines, times.places.get(filename, {}))
    for (code, name), states in times.parameters.items():
        if (code.co_filename, code.co_firstlineno) == (filename, _first_line(definition)):
            painter.parameter(definition, name, states)
    body = definition.body if isinstance(definition.body, list) else [definition.body]
    for node in body:
        painter.paint(node, node)
    span = range(definition.lineno - 1, definition.end_lineno or definition.lineno)
    indent = min((len(lines[at]) - len(lines[at].lstrip()) for at in span if lines[at].strip()), default=0)
    return [MarkedLine(lines[at][indent:], "".join(painter.marks[at][indent:])) for at in span]


class _Painter:
    """Marks characters, an expression before its parts, so that a part has its own mark."""

    def __init__(self, lines: list[str], notes: Notes) -> None:
        self.lines = lines
        self.notes = notes
        self.marks = [[STATIC] * len(line) for line in lines]
        self.met = {where for where, _ in notes}

    def parameter(self, definition: Definition, name: str, states: set[bool]) -> None:
        """Mark a parameter by what it was given."""
        for node in ast.walk(definition.args):
            if isinstance(node, ast.arg) and node.arg == name:
                start = (node.lineno, node.col_offset)
                self._fill((*start, node.lineno, node.col_offset + len(name.encode())), _mark(states))

    def paint(self, node: ast.AST, statement: ast.AST) -> None:
        """Mark a node and all in it; `statement` is the innermost one around it."""
        if isinstance(node, (ast.stmt, ast.expr)):
            if _reads(node) and not self._is_met(node):
                self._fill(_range(node), UNMET)
                return
            if isinstance(node, ast.expr):
                self._expression(node, statement)
            else:
                statement = node
        for child in ast.iter_child_nodes(node):
            self.paint(child, statement)
        if isinstance(node, (ast.If, ast.While)):
            self._keyword(node)

    def _expression(self, node: ast.expr, statement: ast.AST) -> None:
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            states = self._bound(node, statement)
        else:
            states = self.notes.get((_range(node), ""), set())
        if states or isinstance(node, (ast.Constant, ast.Tuple, ast.List, ast.Set, ast.Dict, ast.Lambda)):
            self._fill(_range(node), _mark(states))

    def _bound(self, name: ast.Name, statement: ast.AST) -> set[bool]:
        """Return what the notes of a statement say about a variable that it binds."""
        simple = not hasattr(statement, "body")
        within = _range(statement if simple else name)
        found = [states for (where, bound), states in self.notes.items() if bound == name.id and _lies(where, within)]
        return set().union(*found)

    def _keyword(self, node: Any) -> None:
        line, column = node.lineno, node.col_offset
        word = self.lines[line - 1].encode()[column:].decode().split()[0]
        states = self.notes.get((_range(node.test), ""), set())
        self._fill((line, column, line, column + len(word)), _mark(states))

    def _is_met(self, node: ast.AST) -> bool:
        return any(isinstance(one, ast.expr) and _range(one) in self.met for one in ast.walk(node))

    def _fill(self, where: Range, mark: str) -> None:
        line, column, end_line, end_column = where
        for at in range(line, end_line + 1):
            text = self.lines[at - 1]
            start = len(text.encode()[:column].decode()) if at == line else len(text) - len(text.lstrip())
            end = len(text.encode()[:end_column].decode()) if at == end_line else len(text)
            self.marks[at - 1][start:end] = mark * (end - start)


def _reads(node: ast.AST) -> bool:
    return any(isinstance(one, ast.Name) and isinstance(one.ctx, ast.Load) for one in ast.walk(node))


def _range(node: Any) -> Range:
    return node.lineno, node.col_offset, node.end_lineno, node.end_col_offset


def _lies(inner: Range, outer: Range) -> bool:
    return inner[:2] >= outer[:2] and inner[2:] <= outer[2:]


def _mark(states: set[bool]) -> str:
    return {(): STATIC, (False,): STATIC, (True,): DYNAMIC}.get(tuple(states), BOTH)
