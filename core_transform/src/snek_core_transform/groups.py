"""The construct groups that an operator set may name, and the operators of each, with an example."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Row(NamedTuple):
    """One operator: the construct that calls it, and an example in which it is called."""

    operator: str
    construct: str
    example: str


GROUP_ROWS: Mapping[str, tuple[Row, ...]] = {
    "branch": (
        Row("if_stmt", "`if`, `elif`, `else`", "if x: y = 1"),
        Row("if_exp", "`a if test else b`", "1 if x else 2"),
    ),
    "loop": (
        Row("while_stmt", "`while`, its `break`, `continue`, `else`", "while x: x = 0"),
        Row("for_stmt", "`for`, its `break`, `continue`, `else`", "for y in xs: pass"),
    ),
    "logic": (
        Row("and_", "`a and b`", "x and 1"),
        Row("or_", "`a or b`", "x or 1"),
        Row("not_", "`not a`", "not x"),
    ),
    "compare": (Row("compare", "`<`, `==`, `is`, `in` and the other comparisons", "0 < x"),),
    "call": (Row("call", "a call, also of a decorator's maker or a class", "len(xs)"),),
    "assign": (Row("aug_assign", "`+=` and the other augmented assignments", "x += 1"),),
    "name": (
        Row("read", "the read of a variable", "x"),
        Row("assign", "whatever binds a variable: `=`, `:=`, `for`, `with`, `import`, `def` …", "y = 1"),
        Row("delete", "`del` of a variable", "del x"),
    ),
    "attribute": (
        Row("getattr_", "the read of an attribute", "it.a"),
        Row("setattr_", "the store of an attribute", "it.a = 1"),
        Row("delattr_", "`del` of an attribute", "del it.a"),
    ),
    "subscript": (
        Row("getitem", "the read of an item or slice", "xs[1:]"),
        Row("setitem", "the store of an item or slice", "xs[0] = 1"),
        Row("delitem", "`del` of an item or slice", "del xs[0]"),
    ),
    "unpack": (Row("unpack", "several targets, one of them perhaps starred", "a, *b = xs"),),
    "arithmetic": (
        Row("binary", "`+`, `@`, `<<` and the other binary operators", "x + 1"),
        Row("unary", "`-x`, `+x`, `~x`", "-x"),
    ),
    "literal": (
        Row("list_", "`[a, *b]`", "[x]"),
        Row("tuple_", "`(a, *b)`", "(x, 1)"),
        Row("set_", "`{a, *b}`", "{x}"),
        Row("dict_", "`{a: b, **c}`", "{x: 1}"),
        Row("format_value", "one value in an f-string, with its conversion and format", "f'{x:>3}'"),
        Row("join_str", "an f-string of its parts", "f'{x} of it'"),
    ),
    "comprehension": (Row("comprehension", "a list, set, dict comprehension or generator", "[y for y in xs]"),),
    "function": (
        Row("def_", "`def` and `async def`, before its decorators", "def g(): pass"),
        Row("lambda_", "`lambda`", "lambda: x"),
    ),
    "class": (Row("class_def", "`class`, before its decorators", "class C: pass"),),
    "import": (Row("import_", "`import`, `from … import`", "import math"),),
    "generator": (
        Row("yield_", "`yield`: the value that goes out", "yield x"),
        Row("sent", "`yield`: the value that comes in", "y = yield"),
        Row("yield_from", "`yield from`", "yield from xs"),
    ),
    "async": (
        Row("await_", "`await`", "await coroutine()"),
        Row("aiter_", "`async for`, also in comprehensions", "[y async for y in stream()]"),
        Row("aenter", "`async with`: its start", "async with manager(): pass"),
        Row("aexit", "`async with`: its end", "async with manager(): pass"),
    ),
    "exception": (
        Row("raise_", "`raise`: what is raised", "raise error"),
        Row("cause", "`raise … from`: the cause", "raise error from None"),
        Row("reraise", "`raise` with nothing behind it", "try: raise error\nexcept ValueError: raise"),
        Row("assert_", "`assert`", "assert x"),
        Row("try_", "the start of a `try`", "try: pass\nfinally: pass"),
        Row("except_", "what an `except` or `except*` matches with", "try: raise error\nexcept ValueError: pass"),
        Row("caught", "the start of an `except` block", "try: raise error\nexcept: pass"),
        Row("finally_", "the start of a `finally` block", "try: pass\nfinally: pass"),
    ),
    "with": (
        Row("enter", "`with`: its start", "with manager(): pass"),
        Row("exit_", "`with`: its end", "with manager(): pass"),
    ),
    "match": (
        Row("match_", "`match`: what the patterns are tried on", "match x:\n    case _: pass"),
        Row("guard", "the guard of a `case`", "match x:\n    case 1 if x: pass"),
        Row("case", "the start of the `case` that is taken", "match x:\n    case _: pass"),
    ),
}
"""Each group with its operators; the passes of a group read it, and the folder's README shows it."""

GROUPS = frozenset(GROUP_ROWS)
"""Every construct group."""

CONTROL = frozenset({"branch", "loop", "logic", "compare", "call", "assign"})
"""The groups that an operator set has unless it names others: control flow, comparisons, calls, `+=` and the like."""

OPERATORS = tuple(row.operator for rows in GROUP_ROWS.values() for row in rows)
"""Every operator, group by group."""
