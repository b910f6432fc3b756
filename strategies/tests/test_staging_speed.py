"""What staging costs grows with the program: nothing is traced again and again. Counts, not times."""

from __future__ import annotations

import gc
from collections import Counter

import numpy as np
import pytest

import snek
from snek_strategies.ir import rules
from snek_strategies.staging import loops


def nest(depth: int, kind: str):
    """Return a function of that many loops in each other, and what plain Python gives for it."""
    lines = ["def nested(x):"]
    for at in range(depth):
        head = f"for i{at} in range(2, 20, 9):" if kind == "for" else f"while x.sum() < {3 * (at + 1)}.0:"
        lines.append("    " * (at + 1) + head)
    lines.append("    " * (depth + 1) + "x = x * 1.5 + 1.0")
    lines.append("    return x")
    return "\n".join(lines)


@pytest.mark.parametrize("kind", ["for", "while"])
def test_tracing_a_nest_of_loops_does_not_double_with_every_level(kind, tmp_path, monkeypatch) -> None:
    counts = {}
    for depth in (2, 4, 8):
        file = tmp_path / f"{kind}_{depth}.py"
        file.write_text(nest(depth, kind))
        scope: dict[str, object] = {}
        exec(compile(file.read_text(), str(file), "exec"), scope)
        traced = []
        plain = loops.trace
        monkeypatch.setattr(loops, "trace", lambda *a, plain=plain, to=traced, **k: (to.append(1), plain(*a, **k))[1])
        staged = snek.stage(scope["nested"], unroll=1)  # type: ignore[arg-type]
        got = staged(np.ones(2))
        monkeypatch.setattr(loops, "trace", plain)
        np.testing.assert_allclose(got, scope["nested"](np.ones(2)))  # type: ignore[operator]
        counts[depth] = len(traced)
    # Quadratic in the depth. Beginning anew each time, it would be sixteen times as many for four levels more.
    assert counts[8] <= 4 * counts[4]
    assert counts[4] <= 4 * counts[2]


def test_loops_inside_take_other_types_where_the_loop_around_gives_others() -> None:
    def widened(x, n):
        total = 0
        for _ in range(n):
            count = 0
            for at in range(n):
                count = count + total + at
            total = total + count * 0.5
        return total + x

    n = snek.dynamic(20)
    assert snek.stage(widened)(np.float64(1), n) == widened(np.float64(1), 20)


def test_a_primitive_of_known_types_is_asked_of_numpy_once(monkeypatch) -> None:
    asked = []
    plain = rules.ask
    monkeypatch.setattr(rules, "ask", lambda *a, **k: (asked.append(1), plain(*a, **k))[1])

    def chain(x):
        for _ in range(300):
            x = np.tanh(x) * 1.25
        return x

    snek.stage(chain, unroll=300).trace(np.ones((3, 17)))
    assert 0 < len(asked) <= 4


@pytest.mark.parametrize("backend", ["interpret", "lantern"])
def test_python_looks_for_no_cycles_while_a_program_is_staged(backend) -> None:
    def long(x):
        for at in range(400):
            x = x * 1.5 + at
        return x

    looked: Counter[str] = Counter()

    def look(phase: str, _: dict[str, int]) -> None:
        looked[phase] += 1

    staged = snek.stage(long, backend=backend, unroll=400)
    thresholds, was_on = gc.get_threshold(), gc.isenabled()
    gc.enable()
    gc.set_threshold(50)
    gc.callbacks.append(look)
    try:
        staged.trace(np.ones(2)).lower()
        during = looked["start"]
        kept = [[] for _ in range(1000)]
    finally:
        gc.callbacks.remove(look)
        gc.set_threshold(*thresholds)
        if not was_on:
            gc.disable()
    # Between the steps, and around what is staged, it may look a few times.
    assert during <= 20
    assert looked["start"] > during, len(kept)
