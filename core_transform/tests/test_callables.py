"""What may be handed to `virtualize`, and where its text may come from."""

from __future__ import annotations

import contextlib
import doctest
import functools
import io
import linecache
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from snek_core_transform.errors import NoSource
from snek_core_transform.recording_operators import RecordingOperators
from snek_core_transform.virtualize import virtualize


def sign(x, low=0):
    if x < low:
        return -1
    return 1


def twice(function):
    @functools.wraps(function)
    def run(*args):
        return 2 * function(*args) if args else None

    return run


@twice
def doubled(x):
    return x if x > 1 else 1


class Adder:
    step = 2

    def __call__(self, x):
        return x + self.step if x else 0

    def method(self, x):
        return x * self.step if x else 0

    @classmethod
    def of_class(cls, x):
        return cls.step if x else 0

    @staticmethod
    def of_none(x):
        return x if x else 9

    @twice
    def decorated(self, x):
        return self.step if x else 0


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        (sign, (3,)),
        (functools.partial(sign, low=5), (3,)),
        (functools.partial(functools.partial(sign), 3), ()),
        (doubled, (3,)),
        (Adder(), (1,)),
        (Adder().method, (4,)),
        (Adder().of_class, (4,)),
        (Adder().of_none, (0,)),
        (Adder.of_none, (0,)),
        (Adder().decorated, (1,)),
        (lambda x: x if x else 3, (0,)),
    ],
    ids=[
        "function",
        "partial",
        "nested_partial",
        "wrapped",
        "object",
        "method",
        "class_method",
        "static_method",
        "static_method_of_class",
        "decorated_method",
        "lambda",
    ],
)
def test_the_python_function_in_a_callable_is_virtualized(function: Callable[..., Any], arguments: Any) -> None:
    operators = RecordingOperators()
    new = virtualize(function, operators)
    assert new(*arguments) == function(*arguments)
    assert operators.firings["if_stmt"] + operators.firings["if_exp"] >= 1


def test_a_c_function_is_called_as_it_is() -> None:
    assert virtualize(len) is len
    assert virtualize(functools.partial(max, 3))(5) == 5


PROGRAM = """
from snek_core_transform.recording_operators import RecordingOperators
from snek_core_transform.virtualize import virtualize
def f(x):
    if x:
        return "yes"
    return "no"

operators = RecordingOperators()
print(virtualize(f, operators)(1), operators.firings["if_stmt"])
"""


def test_a_doctest_may_virtualize_its_functions() -> None:
    lines = [f"    {'... ' if line.startswith(' ') else '>>> '}{line}" for line in PROGRAM.splitlines() if line]
    lines.insert(-2, "    ... ")
    text = "\n".join([*lines, "    yes 1", ""])
    example = doctest.DocTestParser().get_doctest(text, {}, "example", "example.py", 0)
    out = io.StringIO()
    results = doctest.DocTestRunner(verbose=False).run(example, out=out.write)
    assert results.failed == 0, out.getvalue()
    assert results.attempted == 5


def test_a_notebook_cell_is_text_enough() -> None:
    # A notebook keeps each cell's text where `linecache` finds it, under a name that is no file.
    filename = "<ipython-input-1-0123456789ab>"
    linecache.cache[filename] = (len(PROGRAM), None, PROGRAM.splitlines(keepends=True), filename)
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(PROGRAM, filename, "exec"), {"__name__": "__main__"})
    assert out.getvalue() == "yes 1\n"


def test_the_interactive_prompt_has_text_or_says_that_it_has_none() -> None:
    run = subprocess.run([sys.executable, "-i", "-q"], input=PROGRAM, capture_output=True, text=True, check=False)
    assert "yes 1" in run.stdout or "NoSource" in run.stderr


def test_what_exec_made_has_no_text() -> None:
    namespace: dict[str, Any] = {"__name__": "__main__"}
    exec("def f(x):\n    return 1 if x else 2\n", namespace)
    with pytest.raises(NoSource, match="cannot be read"):
        virtualize(namespace["f"])
    with pytest.raises(NoSource, match="cannot be read"):
        virtualize(eval("lambda x: x if x else 1"))


def test_a_huge_function_is_virtualized() -> None:
    lines = ["def f(x):"]
    for number in range(3000):
        lines += [f"    if x == {number}:", f"        x = x + {number}"]
    text = "\n".join([*lines, "    return x", ""])
    linecache.cache["<huge>"] = (len(text), None, text.splitlines(keepends=True), "<huge>")
    namespace: dict[str, Any] = {}
    exec(compile(text, "<huge>", "exec"), namespace)
    operators = RecordingOperators()
    assert virtualize(namespace["f"], operators)(1) == namespace["f"](1)
    assert operators.firings["if_stmt"] == 3000


def test_deep_nesting_is_virtualized() -> None:
    expression = "x" + "".join(f" + ({number} if x else " for number in range(80)) + "0" + ")" * 80
    blocks = "".join(f"{'    ' * depth}if x > -{depth}:\n" for depth in range(1, 90)) + "    " * 90 + "x = -x\n"
    text = f"def f(x):\n{blocks}    return {expression}\n"
    linecache.cache["<deep>"] = (len(text), None, text.splitlines(keepends=True), "<deep>")
    namespace: dict[str, Any] = {}
    exec(compile(text, "<deep>", "exec"), namespace)
    for x in (0, 5):
        assert virtualize(namespace["f"], RecordingOperators())(x) == namespace["f"](x)
        assert virtualize(namespace["f"])(x) == namespace["f"](x)
