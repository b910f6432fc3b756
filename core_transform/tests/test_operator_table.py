"""The table of operators: each example fires its operator and answers as Python, and the README shows the table."""

from __future__ import annotations

import ast
import asyncio
import inspect
import linecache
import textwrap
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from snek_core_transform.groups import CONTROL, GROUP_ROWS, OPERATORS, Row
from snek_core_transform.operators import Operators
from snek_core_transform.recording_operators import RecordingOperators
from snek_core_transform.virtualize import virtualize

FURTHER = (
    ("assign", "y: int = 1"),
    ("assign", "(y := x)"),
    ("assign", "from math import pi"),
    ("if_stmt", "if x: return 2"),
    ("for_stmt", "for y in xs:\n    if y == 2: break\n    continue"),
    ("aiter_", "async for y in stream(): pass"),
    ("except_", "try: raise error\nexcept* ValueError: pass"),
    ("comprehension", "{y for y in xs}"),
    ("comprehension", "{y: x for y in xs}"),
    ("comprehension", "list(y for y in xs)"),
    (
        "match_",
        "match xs:\n    case None | True: pass\n    case {'k': y}: pass\n    case int(): pass\n    case [1, *_]: pass",
    ),
)
"""Further forms of what the table shows."""

WITHOUT = {
    "Global": "says where a variable lives; its reads and stores are operators",
    "Nonlocal": "says where a variable lives; its reads and stores are operators",
    "TypeAlias": "evaluated later, where somebody asks for its value, by Python",
    "type_param": "evaluated later, where somebody asks for its bound, by Python",
}
"""The syntax that has no operator, with the reason."""

README = Path(__file__).parents[1] / "README.md"
ROWS = [pytest.param(group, row, id=row.operator) for group, rows in GROUP_ROWS.items() for row in rows]


class Manager:
    """Both kinds of context manager."""

    def __enter__(self) -> int:
        return 1

    def __exit__(self, *exception: object) -> None: ...

    async def __aenter__(self) -> int:
        return 1

    async def __aexit__(self, *exception: object) -> None: ...


async def coroutine() -> int:
    """Wait for nothing."""
    return 3


async def stream() -> Any:
    """Give two numbers."""
    yield 1
    yield 2


def indented(example: str) -> str:
    """Return an example as the body of a function."""
    return textwrap.indent(example, "    ")


def function_of(example: str) -> Any:
    """Return a function whose body is `example`."""
    lines = example.splitlines()
    if len(lines) == 1 and not inspect.isgenerator(example):
        try:
            compile(f"({example})", "", "eval", flags=0x2000)
            if "yield" not in example:
                example = f"return {example}"
        except SyntaxError:
            pass
    kind = "async def" if {"await", "async"} & set(example.replace("[", " ").split()) else "def"
    text = f"{kind} f(x, xs, it, error):\n{indented(example)}\n"
    filename = f"<example {example}>"
    linecache.cache[filename] = (len(text), None, text.splitlines(True), filename)
    namespace: dict[str, Any] = {"manager": Manager, "coroutine": coroutine, "stream": stream}
    exec(compile(text, filename, "exec"), namespace)
    return namespace["f"]


def outcome(function: Any) -> object:
    """Return what running `function` to its end gives or raises, and what it did to its arguments."""
    xs, it, error = [1, 2, 3], SimpleNamespace(a=1), ValueError("told")
    try:
        answer = function(1, xs, it, error)
        if inspect.iscoroutine(answer):
            answer = asyncio.run(answer)
        elif inspect.isgenerator(answer) and function.__code__.co_flags & inspect.CO_GENERATOR:
            answer = list(answer)
    except ValueError as raised:
        answer = repr(raised)
    return repr(answer).split(" at ")[0], xs, vars(it)


@pytest.mark.parametrize(("group", "row"), ROWS)
def test_each_example_fires_its_operator_where_its_group_is_wanted(group: str, row: Row) -> None:
    function = function_of(row.example)
    operators = RecordingOperators({group})
    assert outcome(virtualize(function, operators)) == outcome(function)
    assert operators.firings[row.operator] > 0
    assert set(operators.firings) <= {other.operator for other in GROUP_ROWS[group]}


@pytest.mark.parametrize(("group", "row"), ROWS)
def test_no_operator_fires_whose_group_is_not_wanted(group: str, row: Row) -> None:
    operators = RecordingOperators({"assign"} if group != "assign" else {"match"})
    function = virtualize(function_of(row.example), operators)
    outcome(function)
    assert row.operator not in operators.firings


@pytest.mark.parametrize(("operator", "example"), FURTHER)
def test_further_forms_of_a_construct_fire_its_operator(operator: str, example: str) -> None:
    function, operators = function_of(example), RecordingOperators()
    assert outcome(virtualize(function, operators)) == outcome(function)
    assert operators.firings[operator] > 0


def test_all_syntax_has_an_example_or_a_reason() -> None:
    examples = [row.example for rows in GROUP_ROWS.values() for row in rows] + [example for _, example in FURTHER]
    seen = {
        type(node).__name__ for text in examples for node in ast.walk(ast.parse(f"async def f():\n{indented(text)}"))
    }
    bases = (ast.stmt, ast.expr, ast.excepthandler, ast.pattern)
    kinds = {kind.__name__ for base in bases for kind in base.__subclasses__() if kind.__module__ == "ast"}
    kinds |= {"type_param"} if hasattr(ast, "type_param") else set()
    assert kinds - seen - WITHOUT.keys() == set()
    assert not seen & WITHOUT.keys()


NO_ROW = {"stages", "shown", "try_stmt", "comprehend"}
"""What is no construct, and what stands for the operators of a group where a set stages what is inside."""


def test_every_operator_is_a_method_with_a_row() -> None:
    methods = {name for name, value in inspect.getmembers(Operators, inspect.isfunction) if not name.startswith("_")}
    assert methods - NO_ROW == set(OPERATORS)
    assert len(set(OPERATORS)) == len(OPERATORS)
    assert Operators.groups == CONTROL


def table() -> str:
    """Return the README's table, as the code has it."""
    lines = ["| group | construct | operator | example |", "|---|---|---|---|"]
    for group, rows in GROUP_ROWS.items():
        for row in rows:
            example = " ⏎ ".join(f"`{line}`" for line in row.example.splitlines()).replace("|", "\\|")
            lines.append(f"| {group} | {row.construct} | `{row.operator}` | {example} |")
    return "\n".join(lines)


def test_the_readme_shows_the_table() -> None:
    assert table() in README.read_text(encoding="utf-8"), f"put this into core_transform/README.md:\n{table()}"
