"""What a conversion costs, counted in calls of Python functions, so that no clock decides."""

from __future__ import annotations

import gc
import linecache
import sys
from collections import Counter
from collections.abc import Callable
from types import CodeType, FrameType

import gast
import pytest

from snek_core_transform.operators import Operators, PythonOperators
from snek_core_transform.recording_operators import RecordingOperators
from snek_core_transform.virtualize import virtualize
from snek_core_transform.virtualize_module import virtualize_module

STATEMENTS = """    if x > {0}:
        y += {0}
    else:
        y = y - step(x, {0})
    while y > {0} and x:
        y = y - x
    y = [k for k in range(y) if k != {0}][0] if y else {0}
"""


def one_function(blocks: int) -> str:
    return "def f(x, y=0):\n" + "".join(STATEMENTS.format(number) for number in range(blocks)) + "    return y\n"


def many_functions(blocks: int) -> str:
    return "".join(f"def f{number}(x, y=0):\n{STATEMENTS.format(number)}    return y\n" for number in range(blocks))


def calls_of_conversion(text: str, operators: Operators) -> Counter[str]:
    name = f"<conversion of {len(text)} characters>"
    linecache.cache[name] = (len(text), None, text.splitlines(True), name)
    code: CodeType = compile(text, name, "exec")
    calls: Counter[str] = Counter()

    def count(frame: FrameType, event: str, _: object) -> None:
        if event == "call":
            calls[frame.f_code.co_name] += 1

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        virtualize_module(code, operators)
    finally:
        sys.setprofile(before)
    return calls


@pytest.mark.parametrize("operators", [PythonOperators, RecordingOperators])
@pytest.mark.parametrize("text", [one_function, many_functions])
def test_twice_the_text_is_twice_the_work(text: Callable[[int], str], operators: type[Operators]) -> None:
    once, twice = (calls_of_conversion(text(blocks), operators()).total() for blocks in (30, 60))
    assert twice < 2.2 * once


def trees_alive() -> int:
    gc.collect()
    return sum(type(thing) is gast.FunctionDef for thing in gc.get_objects())  # isinstance asks what lazy modules hold


def searched(xs, x):
    for y in xs:
        if y == x and (y or x):
            return y if y else x
    return None


@pytest.mark.parametrize("operators", [PythonOperators, RecordingOperators])
def test_a_conversion_lets_go_of_its_tree(operators: type[Operators]) -> None:
    before = trees_alive()
    new = virtualize(searched, operators())
    assert new([1, 2], 2) == 2
    assert trees_alive() <= before
