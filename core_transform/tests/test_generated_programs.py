"""Generated programs answer the same plain and virtualized, in operator form and inline."""

from __future__ import annotations

import io
import linecache
import os
import re
from contextlib import redirect_stdout
from functools import cache
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from snek_core_transform.operators import Operators, PythonOperators
from snek_core_transform.recording_operators import RecordingOperators
from snek_core_transform.virtualize import virtualize

NAMES = ("a", "b", "c", "d")
"""`a` is a parameter, `b` is written by an inner function too; `c` and `d` may have no value."""
STEPS = 60
"""How many steps a program may take before it stops itself."""

EXAMPLES = int(os.environ.get("SNEK_EXAMPLES", "40"))
"""How many programs: a run by night may ask for more."""

names = st.sampled_from(NAMES)


def expressions(depth: int = 2) -> st.SearchStrategy[str]:
    leaf = st.one_of(names, st.integers(-2, 3).map(str), st.sampled_from(["say(0)", "say(1)", "get()", "change()"]))
    if depth == 0:
        return leaf
    inner = expressions(depth - 1)
    return st.one_of(
        leaf,
        st.builds("({} {} {})".format, inner, st.sampled_from(["and", "or", "+", "-", "<", ">=", "==", "!="]), inner),
        st.builds("({} < {} <= {})".format, inner, inner, inner),
        st.builds("(not {})".format, inner),
        st.builds("({} if {} else {})".format, inner, inner, inner),
        st.builds("[v for v in range(3) if v < {}][{}:]".format, names, st.sampled_from(["0", "1"])).map(
            "len({})".format
        ),
        st.builds("({} := {})".format, names, inner),
        st.builds("(lambda v: v or {})({})".format, names, inner),
    )


EXPRESSIONS = expressions()


def indented(lines: list[str]) -> list[str]:
    return ["    " + line for line in lines]


@st.composite
def statements(draw: st.DrawFn, depth: int, loop: bool) -> list[str]:
    simple = ["assign", "augment", "print", "delete", "return", "call", "raise", "item"]
    compound = ["if", "while", "for", "try", "with", "match", "def"]
    kinds = simple + (["break", "continue"] * 2 if loop else []) + (compound * 2 if depth else [])
    kind = draw(st.sampled_from(kinds))
    test = draw(EXPRESSIONS) if kind not in {"for", "try", "with", "delete", "def"} else ""
    name = draw(names)

    def block(inside: bool = loop) -> list[str]:
        return indented(draw(blocks(depth - 1, inside)))

    if kind == "assign":
        return [f"{name} = {test}"]
    if kind == "augment":
        return [f"{name} {draw(st.sampled_from(['+', '-', '//']))}= {test}"]
    if kind == "item":
        return [f"box[{draw(st.sampled_from(['0', 'say(1)']))}] += {test}"]
    if kind == "print":
        return [f"print({test})"]
    if kind == "delete":
        return [f"del {name}"]
    if kind == "return":
        return [f"return {test}"]
    if kind == "call":
        return [f"change(); step(); {name} = get()"]
    if kind == "raise":
        return [f"if {test}:", f"    raise {draw(st.sampled_from(['KeyError', 'ValueError']))}({name})"]
    if kind in ("break", "continue"):
        return [f"if {test}:", f"    {kind}"]
    if kind == "if":
        lines = [f"if {test}:", *block()]
        if draw(st.booleans()):
            lines += [f"elif {draw(EXPRESSIONS)}:", *block()]
        return lines + (["else:", *block()] if draw(st.booleans()) else [])
    if kind in ("while", "for"):
        head = f"while step() and {test}:" if kind == "while" else f"for {name} in range({draw(st.integers(0, 3))}):"
        return [head, "    step()", *block(True), *(["else:", *block()] if draw(st.booleans()) else [])]
    if kind == "try":
        lines = ["try:", *block()]
        has_handler = draw(st.booleans())
        if has_handler:
            lines += [f"except {draw(st.sampled_from(['KeyError', '(ValueError, TypeError)']))} as {name}:", *block()]
            lines += ["else:", *block()] if draw(st.booleans()) else []
        return lines + (["finally:", *block()] if not has_handler or draw(st.booleans()) else [])
    if kind == "with":
        return [f"with suppress({draw(st.sampled_from(['KeyError', 'NameError']))}):", *block()]
    if kind == "match":
        return [f"match {test}:", "    case 0 | 1:", *indented(block()), f"    case {name}:", *indented(block())]
    return [f"def {name}(v=1):", *block(False), f"print({name}())"]


@cache
def blocks(depth: int, loop: bool) -> st.SearchStrategy[list[str]]:
    several = st.lists(statements(depth, loop), min_size=1, max_size=3)
    return several.map(lambda groups: [line for group in groups for line in group])


PRELUDE = """\
from contextlib import suppress
def make(say, step):
    def program(a):
        box = [0, 1]
        b = 2
        def get():
            return b
        def change():
            nonlocal b
            b = b + 1
            return b
"""


def answer(text: str, operators: Operators | None, argument: int, filename: str) -> tuple[Any, ...]:
    """Run the program, as it is or virtualized; it stops itself after a number of steps."""
    namespace: dict[str, Any] = {}
    exec(compile(text, filename, "exec"), namespace)
    left = [STEPS]

    def say(value: object) -> object:
        print("say", value)
        return value

    def step() -> bool:
        left[0] -= 1
        if left[0] < 0:
            raise RuntimeError("too many steps")
        return True

    program = namespace["make"](say, step)
    output = io.StringIO()
    with redirect_stdout(output):
        try:
            function = program if operators is None else virtualize(program, operators)
            value = function(argument)
            outcome: tuple[Any, ...] = (type(value), value)
        except (ArithmeticError, LookupError, NameError, RuntimeError, TypeError, ValueError, RecursionError) as error:
            outcome = (type(error), str(error))
    return tuple(re.sub(r" at 0x[0-9a-f]+", "", str(part)) for part in (*outcome, output.getvalue()))


@settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(blocks(3, False), st.integers(-1, 3))
def test_generated_programs_answer_as_python(body: list[str], argument: int) -> None:
    text = PRELUDE + "\n".join("        " + line for line in [*body, "return (a, b, get())"]) + "\n    return program\n"
    filename = f"<generated {hash(text)}>"
    try:
        compile(text, filename, "exec")
    except SyntaxError:
        return
    linecache.cache[filename] = (len(text), None, text.splitlines(True), filename)
    try:
        expected = answer(text, None, argument, filename)
        for operators in (RecordingOperators(), PythonOperators()):
            assert answer(text, operators, argument, filename) == expected, text
    finally:
        del linecache.cache[filename]
