"""A function is found and placed by its own lines as by its whole file."""

from __future__ import annotations

import argparse
import ast
import dataclasses
import inspect
import linecache
import textwrap
import traceback
from collections.abc import Callable
from types import FunctionType, ModuleType

import gast
import pytest

from snek_core_transform import own_lines as module
from snek_core_transform.errors import NoSource
from snek_core_transform.own_lines import own_lines
from snek_core_transform.program import program_of
from snek_core_transform.to_gast import to_gast
from snek_core_transform.virtualize import virtualize


def loaded(text: str, name: str = "f") -> FunctionType:
    """Return the function of that name from a text of its own."""
    filename = f"<own lines {len(linecache.cache)}>"
    linecache.cache[filename] = (len(text), None, text.splitlines(True), filename)
    scope: dict[str, FunctionType] = {}
    exec(compile(text, filename, "exec"), scope)
    return scope[name]


def lines_of(function: FunctionType) -> tuple[str, ...]:
    return tuple(linecache.getlines(function.__code__.co_filename))


@pytest.mark.parametrize("module", [argparse, ast, dataclasses, inspect, textwrap, traceback])
def test_a_function_alone_is_the_function_in_its_file(module: ModuleType) -> None:
    found = 0
    for node in ast.parse(inspect.getsource(module)).body:
        function = inspect.unwrap(vars(module).get(getattr(node, "name", ""), print))
        if not isinstance(node, ast.FunctionDef) or not isinstance(function, FunctionType):
            continue
        if function.__code__.co_firstlineno != min(one.lineno for one in (node, *node.decorator_list)):
            continue  # a later definition, or a decorator, has taken the name
        found += 1
        own = own_lines(function.__code__, lines_of(function))
        assert own is not None, node.name
        expected = gast.dump(to_gast(node), include_attributes=True)
        assert gast.dump(to_gast(own(), own.above), include_attributes=True) == expected
        assert gast.dump(to_gast(own(), own.above), include_attributes=True) == expected, "it can be read again"
    assert found >= 2


ODD = {
    "brackets that close at the margin": "def f(\n    x,\n):\n    return (\nx\n)\n\ny = 1\n",
    "a text that goes on at the margin": 'def f(x):\n    return x\n    """\nnot code\n"""\n\ny = 1\n',
    "a remark at the margin": "def f(x):\n    # so\n# it\n    return x\n# is\n    pass\ny = 1\n",
    "decorators": "def same(f):\n    return f\n\n@same\n@(\nsame\n)\ndef f(x):\n    return x\ny = 1\n",
    "code that is never run": "def f(x):\n    return x\n    if x:\n        y = 1\n        return y\nz = 1\n",
    "a line that goes on": "def f(x):\n    return x + \\\n0\ny = 1\n",
    "a function in it": "def f(x):\n    def g():\n        return x\n\n    return g()\ndef g():\n    return 1\n",
    "the end of the file": "y = 1\ndef f(x):\n    return x",
    "one line": "y = 1\ndef f(x): return x\nz = 1\n",
}


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_a_function_at_the_margin_is_found_by_its_own_lines(text: str) -> None:
    function = loaded(text)
    own = own_lines(function.__code__, lines_of(function))
    assert own is not None
    [node] = [node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef) and node.name == "f"]
    assert gast.dump(to_gast(own(), own.above), include_attributes=True) == gast.dump(
        to_gast(node), include_attributes=True
    )
    assert virtualize(function)(3) == 3


def test_one_function_of_a_long_file_is_converted_without_reading_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    one = "def f{}(x):\n    if x:\n        return x\n    return 0\n"
    function = loaded("".join(one.format(number) for number in range(500)), "f250")
    read: list[str] = []
    parse: Callable[[str, str], ast.Module] = module.parse
    monkeypatch.setattr(module, "parse", lambda text, name: (read.append(text), parse(text, name))[1])
    assert virtualize(function)(3) == 3
    assert read == [one.format(250)]


def test_text_that_does_not_fit_the_running_code_is_refused() -> None:
    function = loaded("def f(x):\n    return x + 1\n")
    filename = function.__code__.co_filename
    for other in ("def g(x):\n    return x + 1\n", "def f(x):\n    return x\n", "@f\nclass f: pass\n", "def f(x:\n"):
        linecache.cache[filename] = (len(other), None, other.splitlines(True), filename)
        with pytest.raises(NoSource):
            program_of(function)
