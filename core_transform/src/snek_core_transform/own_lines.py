"""A function's own lines, parsed apart from their file: a long file is not read for one of its functions."""

from __future__ import annotations

import ast
import itertools
import threading
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from types import CodeType

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda

WARNINGS_LOCK = threading.Lock()
TRIES = 4
"""How many lines at the margin a function may hold after its last instruction, in a text or brackets."""

_STARTS = ("def ", "async ", "@")
_INSIDE = frozenset(" \t\f#\r\n")
"""What a line starts with that does not end the block before it."""


def parse(text: str, filename: str) -> ast.Module:
    """Parse a user's text without repeating the warnings that Python gave when it loaded it."""
    with WARNINGS_LOCK, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text, filename)


@dataclass
class OwnLines:
    """The lines of a function at the margin, so many below the start of its file as stand `above` them."""

    text: str
    filename: str
    above: int
    node: Function | None

    def __call__(self) -> Function:
        """Return the tree that the lines parse to, placed as if their file had no others, and do not keep it."""
        node, self.node = self.node, None
        node = node or _only_function(self.text, self.filename)
        assert node is not None, "the same text has parsed to a function before"
        return node


def own_lines(code: CodeType, lines: tuple[str, ...]) -> OwnLines | None:
    """Return the lines of the `def` at the margin that `code` is of, or None where it has to be looked for in its file.

    A function at the margin ends before the next line that starts there. Where that line belongs to a text or stands in
    brackets, the lines before it do not parse, and those before the next one are tried.
    """
    above = code.co_firstlineno - 1
    if "." in code.co_qualname or above >= len(lines) or not lines[above].startswith(_STARTS):
        return None
    for end in itertools.islice(_ends(code, lines), TRIES):
        text = "".join(lines[above:end])
        try:
            node = _only_function(text, code.co_filename)
        except SyntaxError:
            continue
        is_it = node is not None and node.name == code.co_name
        return OwnLines(text, code.co_filename, above, node) if is_it else None
    return None


def _only_function(text: str, filename: str) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
    body = parse(text, filename).body
    is_one = len(body) == 1 and isinstance(body[0], ast.FunctionDef | ast.AsyncFunctionDef)
    return body[0] if is_one else None  # type: ignore[return-value]


def _ends(code: CodeType, lines: tuple[str, ...]) -> Iterator[int]:
    """Give how many lines there are to each end that a function may have, from its last instruction on."""
    last = max((line for _, _, line in code.co_lines() if line), default=code.co_firstlineno)
    yield from (end for end in range(last, len(lines)) if lines[end][:1] not in _INSIDE)
    yield len(lines)
