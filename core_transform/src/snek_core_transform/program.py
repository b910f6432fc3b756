"""The user's function as data: its gast tree, its place and its live namespace."""

from __future__ import annotations

import ast
import linecache
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from types import CodeType, FunctionType
from typing import Any

import gast

from .errors import NoSource, Place
from .mangling import mangled
from .own_lines import Function, own_lines, parse
from .to_gast import to_gast


@dataclass(frozen=True)
class Program:
    """A function as data; `class_name` is the class whose private names it mangles."""

    function: FunctionType
    read: Callable[[], Function]
    """Gives the function as Python parses it, so many lines too high as stand `above` it."""
    above: int
    class_name: str | None
    lines: tuple[str, ...]

    @cached_property
    def tree(self) -> gast.FunctionDef | gast.AsyncFunctionDef | gast.Lambda:
        """The function's tree, which is nobody else's."""
        return self.new_tree()

    def new_tree(self) -> gast.FunctionDef | gast.AsyncFunctionDef | gast.Lambda:
        """Return another tree of the function, equal to `tree`."""
        return to_gast(self.read(), self.above)

    @property
    def filename(self) -> str:
        """The file that the user wrote."""
        return self.function.__code__.co_filename

    def place(self, node: gast.AST) -> Place:
        """Return where `node` stands in the user's file."""
        return node_place(node, self.filename, self.lines)


def later_place(node: gast.AST, filename: str, lines: tuple[str, ...]) -> Callable[[], Place]:
    """Return what gives the place of `node` when somebody asks, without holding on to the tree."""
    own = node.__dict__
    span = own.get("lineno", 1), own.get("col_offset", 0), own.get("end_lineno"), own.get("end_col_offset")
    return place_of_span(filename, lines, span)


Span = tuple[int, int, int | None, int | None]
"""First line and column, last line and column, in bytes."""


def place_of_span(filename: str, lines: tuple[str, ...], span: Span) -> Callable[[], Place]:
    """Return what gives the place of a piece of text when somebody asks."""
    return partial(_place, filename, lines, *span)


def span_of_place(where: Callable[[], Place]) -> Span | None:
    """Return the span of what `place_of_span` gave, or None for what gives its place otherwise."""
    return where.args[2:] if isinstance(where, partial) and where.func is _place else None


def node_place(node: gast.AST, filename: str, lines: tuple[str, ...]) -> Place:
    """Return the place of `node`, with its line of text, columns counted in characters."""
    return later_place(node, filename, lines)()


def _place(
    filename: str, lines: tuple[str, ...], line: int, column: int, end_line: int | None, end: int | None
) -> Place:
    text = lines[line - 1] if 0 < line <= len(lines) else ""
    end_text = lines[end_line - 1] if end_line and end_line <= len(lines) else ""
    return Place(
        filename,
        line,
        characters(text, column),
        end_line,
        None if end is None else characters(end_text, end),
        text,
    )


def characters(text: str, offset: int) -> int:
    """Turn an offset in UTF-8 bytes into one in characters."""
    return len(text.encode()[:offset].decode(errors="replace"))


def program_of(function: FunctionType) -> Program:
    """Return `function` as data; raises `NoSource` where its text cannot be had or does not fit the running code."""
    code = function.__code__
    text = text_of(function)
    if not text.read:
        raise NoSource(
            f"no source text for {function.__qualname__!r}: file {code.co_filename!r} cannot be read; "
            "define the function in a file, or in a notebook or doctest, rather than by exec"
        )
    lines = lines_of(text)
    own = own_lines(code, lines)
    if own is not None and own.node is not None and _fits(code, own.node, None, own.above):
        return Program(function, own, own.above, None, lines)
    candidates = _functions(code.co_filename, text).get((code.co_name, code.co_firstlineno), [])
    fitting = [found for found in candidates if _fits(code, *found)]
    if len(fitting) > 1:
        fitting = [min(fitting, key=lambda found: _width(found[0]))]
    if not fitting:
        raise NoSource(
            f"the source text does not fit {function.__qualname__!r}: {code.co_filename}:{code.co_firstlineno}; "
            "the file has changed since it was loaded: load it again"
        )
    node, class_name = fitting[0]
    return Program(function, lambda: node, 0, class_name, lines)


_NO_FUNCTIONS = frozenset({"ctx", "op", "ops", "id", "attr", "arg", "kind", "names", "lineno", "type_comment"})
_HOLD_FUNCTIONS: Mapping[type, tuple[str, ...]] = {
    kind: fields
    for kind in vars(ast).values()
    if isinstance(kind, type) and issubclass(kind, ast.AST) and kind not in (ast.Name, ast.Constant)
    if (fields := tuple(field for field in kind._fields if field not in _NO_FUNCTIONS))
}
"""The fields of each kind of node in which a function may stand; names and constants hold none."""

_Index = dict[tuple[str, int], list[tuple[Function, str | None]]]


class Text:
    """A file's lines as `linecache` read them, told by their list: a file that has changed is read into another."""

    def __init__(self, read: list[str]) -> None:
        self.read = read

    def __hash__(self) -> int:
        return id(self.read)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Text) and self.read is other.read


def text_of(function: FunctionType) -> Text:
    """Return the text of the file that `function` is in, as it is now; it has no lines where it cannot be read."""
    filename = function.__code__.co_filename
    linecache.checkcache(filename)
    return Text(linecache.getlines(filename, function.__globals__))


@lru_cache(maxsize=32)
def lines_of(text: Text) -> tuple[str, ...]:
    """Return a file's lines."""
    return tuple(text.read)


@lru_cache(maxsize=32)
def _functions(filename: str, text: Text) -> _Index:
    """Return every function of a file by name and first line, each with the class around it."""
    try:
        module = parse("".join(text.read), filename)
    except SyntaxError as error:
        raise NoSource(f"the source text of {filename!r} does not parse: {error}; load the file again") from error
    index: _Index = {}
    stack: list[tuple[Any, str | None]] = [(module, None)]
    while stack:
        node, class_name = stack.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            index.setdefault((node.name, first), []).append((node, class_name))
        elif isinstance(node, ast.Lambda):
            index.setdefault(("<lambda>", node.lineno), []).append((node, class_name))
        inner = node.name if isinstance(node, ast.ClassDef) else class_name
        own = node.__dict__
        for field in _HOLD_FUNCTIONS[node.__class__]:
            value = own.get(field)
            if value.__class__ is list:
                stack += [(child, inner) for child in value if child.__class__ in _HOLD_FUNCTIONS]
            elif value.__class__ in _HOLD_FUNCTIONS:
                stack.append((value, inner))
    return index


def _fits(code: CodeType, node: Function, class_name: str | None, above: int = 0) -> bool:
    """Tell whether `code` was compiled from `node`, by its parameters and the positions of its instructions."""
    arguments = node.args
    names = [argument.arg for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
    names += [argument.arg for argument in (arguments.vararg, arguments.kwarg) if argument]
    if tuple(mangled(name, class_name) for name in names) != code.co_varnames[: len(names)]:
        return False
    body = node.body if isinstance(node.body, list) else [node.body]
    first, last = body[0], body[-1]
    start = first.lineno + above, first.col_offset
    end = (last.end_lineno or 0) + above, last.end_col_offset or 0
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        start = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)]) + above, 0
    spans = [span for span in code.co_positions() if None not in span]
    starts = [(line, column) for line, _, column, _ in spans if column]
    ends = [(line, column) for _, line, _, column in spans if column]
    if min(starts, default=start) < start or max(ends, default=end) > end:
        return False
    return not isinstance(node, ast.Lambda) or max(ends, default=end) == end


def _width(node: Function) -> tuple[int, int]:
    return ((node.end_lineno or 0) - node.lineno, (node.end_col_offset or 0) - node.col_offset)
