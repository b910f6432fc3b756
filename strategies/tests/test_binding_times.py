"""The user's text shows what staging found static and what dynamic."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import snek
from snek_strategies.registry import STRATEGIES, load
from snek_strategies.snek_strategy import SnekStrategy

f64 = np.float64


def shown(program: Callable[..., Any], *args: object, **options: Any) -> list[str]:
    return snek.stage(program, **options).binding_times(*args).splitlines()


def of_line(lines: list[str], text: str) -> str:
    """Return the marks under the line that holds a text, aligned with the text's start."""
    (at,) = [number for number, line in enumerate(lines) if text in line]
    below = lines[at + 1] if at + 1 < len(lines) and not set(lines[at + 1]) - set("~^. ") else ""
    start = lines[at].index(text)
    return below.ljust(start + len(text))[start : start + len(text)]


def vanishing(x, kind):
    if kind == "double":
        y = x * 2
    else:
        y = x - kind
    return y


def test_the_branch_of_a_static_test_that_is_not_taken_is_not_met() -> None:
    lines = shown(vanishing, f64(3), "double")
    assert of_line(lines, 'if kind == "double"') == " " * len('if kind == "double"')
    assert of_line(lines, "y = x * 2") == "~   ~~~~ "
    assert of_line(lines, "y = x - kind") == "............"


def widened(x, n):
    total = 0
    while x > 0:
        total = total + n
        x = x - 1
    return total


def test_a_first_look_at_a_loop_leaves_no_marks() -> None:
    lines = shown(widened, f64(3), 2)
    assert of_line(lines, "total = 0") == " " * 9
    assert of_line(lines, "while x > 0") == "~~~~~ ~~~~ "
    assert of_line(lines, "total = total + n") == "~~~~~   ~~~~~~~~ "
    assert of_line(lines, "return total") == "       ~~~~~"


def counted(x, n):
    for i in range(n):
        x = x + i
    return x


def test_a_loop_that_is_too_long_to_unroll_has_a_dynamic_counter() -> None:
    unrolled, staged = shown(counted, f64(3), 3), shown(counted, f64(3), 100)
    assert of_line(unrolled, "for i in") == " " * 8
    assert of_line(unrolled, "x = x + i") == "~   ~~~~ "
    assert of_line(staged, "for i in") == "    ~   "
    assert of_line(staged, "x = x + i") == "~   ~~~~~"


def helper(a, b):
    return a * b


def uses(x, xs):
    first, scale = x, 2
    total = [helper(one, scale) for one in xs][0]
    return first + total + helper(x, scale) + (lambda u: u * x)(scale)


def test_functions_that_are_called_are_shown_and_a_value_of_both_kinds_is_marked_so() -> None:
    lines = shown(uses, f64(3), (1, 2))
    assert [line for line in lines if line.startswith("def ")] == ["def uses(x, xs):", "def helper(a, b):"]
    assert of_line(lines, "def helper(a, b)") == "           ^    "
    assert of_line(lines, "return a * b") == "       ^^^^ "
    assert of_line(lines, "first, scale = x, 2") == "~~~~~          ~   "
    assert of_line(lines, "u * x") == " ~~~~"


def test_the_text_of_a_library_is_not_the_users() -> None:
    def mean_of(x):
        return statistics.fmean([1.0, 2.0]) + x

    lines = shown(mean_of, f64(3))
    assert [line.strip() for line in lines if line.lstrip().startswith("def ")] == ["def mean_of(x):"]


def raises_inside(x):
    try:
        y = 1 / x
    except ZeroDivisionError:
        y = 0.0
    return y


def differentiates(x):
    return snek.grad(lambda z: (z * z).sum())(x)


@pytest.mark.parametrize("program", [raises_inside, differentiates])
def test_tries_and_gradients_are_shown_too(program: Callable[..., Any]) -> None:
    argument: Any = snek.dynamic(2.0) if program is raises_inside else np.ones(3)
    assert any("~" in line for line in shown(program, argument))


@dataclass
class Twig:
    value: Any
    left: Any = None
    right: Any = None


def total(twig, scale):
    if twig is None:
        return 0.0
    return twig.value * scale + total(twig.left, scale) + total(twig.right, scale)


def test_a_tree_is_dynamic_where_it_is_data() -> None:
    lines = shown(total, Twig(f64(1), Twig(f64(2)), Twig(f64(3))), 3)
    assert of_line(lines, "def total(twig, scale)") == "          ~~~~        "
    assert of_line(lines, "if twig is None") == "^^ ~~~~^^^^    "  # the root is a node: that is known
    assert of_line(lines, "twig.value * scale") == "~~~~~~~~~~~~~     "


def test_accents_before_an_expression_do_not_move_its_mark() -> None:
    def accents(x):
        return ("é€", x + 1)

    assert of_line(shown(accents, f64(3)), '("é€", x + 1)') == "       ~~~~  "


def test_notes_do_not_reach_the_program_that_runs() -> None:
    staged = snek.stage(vanishing)
    staged.binding_times(f64(3), "double")
    assert "print" not in staged.trace(f64(3), "double").as_text("sexpr")


@pytest.mark.parametrize("name", [name for name in STRATEGIES if name.startswith("snek/")])
def test_every_strategy_of_snek_knows_binding_times(name: str) -> None:
    strategy = load(name)
    assert isinstance(strategy, SnekStrategy)
    assert strategy.binding_times(vanishing, (f64(3), "double")).functions == [vanishing.__code__]
