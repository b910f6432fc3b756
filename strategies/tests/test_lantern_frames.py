"""Buffers of a function share memory where one is dead before the other begins, and nowhere else."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import snek
from snek_strategies.backends.lantern import compiler
from snek_strategies.backends.lantern.frames import Frame, planned

native = pytest.mark.skipif(compiler.compiler() is None, reason="there is no C++ compiler")
F64, F32 = np.dtype("float64"), np.dtype("float32")


def frame(text: str, *pointers: tuple[str, str], **others: Any) -> Frame:
    buffers = {"a": (F64, 8), "b": (F64, 8), **others}
    return planned(text.strip().splitlines(), buffers, pointers)


def test_a_buffer_takes_the_place_of_one_that_is_dead() -> None:
    assert frame("a[0] = x[0];\ny = a[0];\nb[0] = y;\nz = b[0];") == Frame(64, {"a": 0, "b": 0})
    assert frame("a[0] = x[0];\nb[0] = a[0];\nz = b[0];").size == 128


def test_a_smaller_place_grows_and_a_comment_is_no_use() -> None:
    made = frame("// b = a\na[0] = x[0];\ny = a[0];\n// a = b\nb[0] = y;", b=(F64, 100))
    assert made == Frame(832, {"a": 0, "b": 0})


def test_buffers_of_other_types_stay_apart() -> None:
    assert frame("a[0] = 1;\ny = a[0];\nc[0] = y;\nb[0] = c[0];", c=(F32, 8)).size == 128


LOOP = """
a[0] = 1;
for (;;) {
    y = a[0];
    b[0] = y;
    z = b[0];
}
"""


def test_what_a_loop_reads_from_before_it_is_alive_to_its_end() -> None:
    assert frame(LOOP).size == 128
    assert frame(LOOP.replace("for (;;)", "if (x)")).size == 64


def test_what_is_read_after_a_loop_is_alive_from_its_beginning() -> None:
    text = "for (;;) {\n    a[0] = 1;\n    y = a[0];\n    b[0] = y;\n}\nz = b[0];"
    assert frame(text).size == 128
    assert frame(text.replace("z = b[0];", "")).size == 64


def test_in_a_loop_in_a_loop_only_the_loops_that_are_left_count() -> None:
    text = "for (;;) {\n    a[0] = 1;\n    for (;;) {\n        y = a[0];\n    }\n    b[0] = y;\n    z = b[0];\n}"
    assert frame(text).size == 64
    assert frame(text.replace("    b[0] = y;\n", "").replace("y = a[0];", "y = a[0];\nb[0] = y;")).size == 128


def test_a_use_by_a_pointer_is_a_use() -> None:
    text = "a[0] = 1;\np = a;\nb[0] = 2;\ny = b[0];\nz = p[0];"
    assert frame(text, ("p", "a")).size == 128
    assert frame(text, ("q", "p"), ("p", "a")).size == 128
    assert frame(text).size == 64


Plan = tuple[Any, ...]


def drawn(rng: np.random.Generator, depth: int = 0) -> Plan:
    plan = []
    for _ in range(int(rng.integers(3, 7))):
        kind = ("product", "mix", "loop", "choice")[int(rng.integers(4 if depth < 2 else 2))]
        a, b = (int(rng.integers(3)) for _ in range(2))
        plan.append((kind, a, b, *(drawn(rng, depth + 1) for _ in range({"loop": 1, "choice": 2}.get(kind, 0)))))
    return tuple(plan)


def run(plan: Plan, xs: Any, w: Any, n: Any) -> Any:
    for kind, a, b, *inner in plan:
        if kind == "product":
            made = np.tanh(xs[b] @ w) - xs[a] * 0.25
            xs = (*xs[:a], made, *xs[a + 1 :])
        elif kind == "mix":
            made = np.cumsum(xs[b], axis=1) * 0.125 + np.sin(xs[a].T).T
            xs = (*xs[:a], made, *xs[a + 1 :])
        elif kind == "loop":
            for _ in range(n):
                xs = run(inner[0], xs, w, n)
        elif np.sum(xs[b]) > 0:
            xs = run(inner[0], xs, w, n)
        else:
            xs = run(inner[1], xs, w, n)
    return xs


@native
@pytest.mark.parametrize("seed", range(4))
def test_programs_of_loops_and_branches_over_arrays_answer_as_python(seed: int) -> None:
    rng = np.random.default_rng(seed)
    plan = drawn(rng)
    xs, w = tuple(rng.standard_normal((3, 4, 6))), rng.standard_normal((6, 6)) / 3

    def program(xs: Any, w: Any, n: Any) -> Any:
        return run(plan, xs, w, n)

    staged = snek.stage(program, backend="lantern")
    for n in (np.int64(2), np.int64(3), np.int64(0)):
        for mine, theirs in zip(staged(xs, w, n), run(plan, xs, w, n), strict=True):
            np.testing.assert_allclose(mine, theirs, rtol=1e-8, atol=1e-10)


def size_of(function: Callable[..., Any], *args: Any) -> int:
    text = snek.stage(function, backend="lantern").trace(*args).lower().as_text("cpp")
    (found,) = re.findall(r"frame\(context, (\d+)\)", text)
    return int(found)


@native
def test_a_long_way_of_products_needs_the_memory_of_two() -> None:
    def products(x: Any, w: Any, count: int) -> Any:
        for _ in range(count):
            x = np.sin(x @ w) @ w
        return x

    x, w = np.ones((8, 64)), np.ones((64, 64)) / 64
    assert (
        size_of(lambda x, w: products(x, w, 3), x, w) == size_of(lambda x, w: products(x, w, 12), x, w) < 5 * x.nbytes
    )
