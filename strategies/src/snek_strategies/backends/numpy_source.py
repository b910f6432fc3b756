"""A program of the IR as readable Python over NumPy, which runs alone and does what the interpreter does."""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Iterator
from typing import Any

from snek_strategies.backends.backend import cannot_say
from snek_strategies.backends.lantern.names import hints
from snek_strategies.backends.lifted_functions import Lifted, lifted
from snek_strategies.backends.numpy_expressions import EXPRESSIONS, HELPERS, constant, literal, text_of
from snek_strategies.backends.structured_source import Dialect, write
from snek_strategies.ir.interpretations import HOLE, Text
from snek_strategies.ir.passes.lower_tries import lower_tries
from snek_strategies.ir.syntax import Node, Program, Sym

RESERVED = frozenset({*dir(builtins), *keyword.kwlist, *HELPERS, "np", "math", "sys", "nan", "inf"})
"""What no function and no variable of a text may be called: it would hide what the text uses."""


def numpy_source(program: Program) -> str:
    """Return a module with one function a staged function, the program last; it takes and gives flat values.

    Raises StagingError for what has no Python text: an exception's class inside a function.
    """
    program = lower_tries(program)
    work = _Source(program)
    body = write(program, work.dialect())
    used = [text for name, text in HELPERS.items() if re.search(rf"\b{name}\(", body)]
    text = "\n\n".join([*used, body])
    heads = ["import math"] if re.search(r"\bmath\.", text) else []
    heads += ["import sys"] if re.search(r"\bsys\.", text) else []
    values = ["from numpy import inf, nan"] if re.search(r"\b(inf|nan)\b", text) else []
    imports = [*heads, *([""] if heads else []), "import numpy as np", *values, *sorted(work.imports)]
    return "\n".join(["from __future__ import annotations", "", *imports, "", "", text])


class _Source:
    """Names and imports of one text."""

    def __init__(self, program: Program) -> None:
        self.hints = hints(program.body)
        self.taken = {*RESERVED, *(one.text for one in lifted(program, RESERVED))}
        self.imports: set[str] = set()

    def dialect(self) -> Dialect:
        return Dialect(
            expression=self.expression,
            constant=constant,
            statement=self.statement,
            inlined=self.inlined,
            head=lambda one, parameters: [f"def {one.text}({', '.join(parameters)}):"],
            returned=_returned,
            named=self.name,
            reserved=RESERVED,
        )

    def name(self, sym: Sym, _: int) -> str:
        """Return what to call a value: the user's variable that its line assigns, else what made it."""
        hint = re.sub(r"\W", "_", self.hints.get(sym.index, "")).strip("_") or "value"
        hint = "value" if hint in ("if", "while", "try", "call") else hint
        base = f"{hint}_" if hint in RESERVED else f"value_{hint}" if hint[0].isdigit() else hint
        name, count = base, 1
        while name in self.taken:
            count += 1
            name = f"{base}_{count}"
        self.taken.add(name)
        return name

    def inlined(self, node: Node) -> bool:
        """Tell whether a node may stand in another's expression: it has no name of the user's, and cannot raise."""
        return not node.effects and self.hints.get(node.results[0].index) == node.primitive

    def expression(self, node: Node, operands: list[str]) -> str:
        written = EXPRESSIONS.get(node.primitive)
        if written is None:
            raise cannot_say("interpret", node, "there is no Python text for it; use as_text('ir')")
        return written(operands, dict(node.params))

    def statement(self, node: Node, operands: list[str]) -> list[str]:
        params: dict[str, Any] = dict(node.params)
        given = iter(operands)
        if node.primitive == "require":
            return [f"require_bound({operands[0]}, name={params['name']!r})"]
        if node.primitive == "print":
            texts = [text_of(pieces, given) for pieces in params["texts"]]
            stream = [] if params["stream"] == "stdout" else [f"file=sys.{params['stream']}"]
            options = [f"sep={params['sep']!r}", f"end={params['end']!r}", *stream]
            return [f"print({', '.join([*texts, *options])})"]
        if node.primitive != "raise":
            raise cannot_say("interpret", node, "there is no Python text for it; use as_text('ir')")
        raised = self.exception(node, params["exception"], params["arguments"], given)
        cause = params.get("cause")
        if isinstance(cause, tuple):
            kind, arguments = cause
            return [f"raise {raised} from {self.exception(node, kind, arguments, given)}"]
        return [f"raise {raised}"]

    def exception(self, node: Node, kind: Any, arguments: tuple[object, ...], operands: Iterator[str]) -> str:
        """Return the making of an exception; its class is imported where it is not Python's own."""
        home, name = kind.__module__, kind.__qualname__
        if not name.isidentifier():
            raise cannot_say("interpret", node, f"no other module can import {name}; use as_text('ir')")
        if home != "builtins":
            self.imports.add(f"from {home} import {name}")
        return f"{name}({', '.join(self._argument(one, operands) for one in arguments)})"

    def _argument(self, value: object, operands: Iterator[str]) -> str:
        if value is HOLE:
            return next(operands)
        return text_of(value.pieces, operands) if isinstance(value, Text) else literal(value)


def _returned(_: Lifted, texts: list[str]) -> str:
    return f"return ({', '.join(texts)}{',' * (len(texts) == 1)})"
