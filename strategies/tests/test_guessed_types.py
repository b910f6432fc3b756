"""Most loops are traced once: the types of their state are guessed, and a wrong guess changes nothing but the time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import snek
from snek_core_transform.errors import StagingError
from snek_strategies.ir.syntax import every_node
from snek_strategies.staging import guessed_types, loops

ROWS = np.linspace(-1.0, 1.0, 12).reshape(4, 3)
START = np.array([1.0, 2.0, 3.0])


def array_sum(x, limit):
    while x.sum() < limit:
        x = x * 1.5 + 1.0
    return x


def pair(x, limit):
    both = x, x + 1.0
    while both[0].sum() < limit:
        a, b = both
        both = b, a + b
    return both


def nested(x, limit):
    total = x
    while total.sum() < limit:
        part = x * 2.0
        while part.sum() < limit / 2:
            part = part + total
        total = total + part
    return total


def left_alone(x, limit):
    kept = x * 3.0
    while x.sum() < limit:
        kept = kept if True else x
        x = x + kept
    return x, kept


def put_back(x, limit):
    first = x
    y = x + 1.0
    while y.sum() < limit:
        x = first
        y = y + x
    return x, y


def in_place(x, limit):
    x = x.copy()
    while x.sum() < limit:
        x += 1.0
        x[0] = x[0] * 2.0
    return x


def wider(x, limit):
    total, count = np.float32(0), 0
    while count < limit:
        total = total + count * 0.5
        count = count + 1.5
    return x + total, count


def swallowed(x, limit):
    x = x.copy()
    while x.sum() < limit:
        try:
            x += 1.0
        except:  # noqa: E722 - the guess is refused in here
            x = x * 2.0
    return x


PROGRAMS: tuple[Callable[..., Any], ...] = (
    array_sum, pair, nested, left_alone, put_back, in_place, wider, swallowed,
)  # fmt: skip


def traces(monkeypatch: pytest.MonkeyPatch, stage: Callable[[], Any]) -> tuple[Any, int]:
    """Return what `stage` gives, and how many bodies of loops were traced for it."""
    found: list[object] = []
    plain = loops.trace

    def counted(*args: Any, what: str = "", **kwargs: Any) -> object:
        found.extend([what] if what == "loop" else [])
        return plain(*args, what=what, **kwargs)

    with monkeypatch.context() as patched:
        patched.setattr(loops, "trace", counted)
        return stage(), len(found)


def whiles(block: Any) -> list[Any]:
    return [node for node in every_node(block) if node.primitive == "while"]


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("limit", [np.float64(0), np.float64(70)])
def test_loops_answer_as_python_does_whatever_is_guessed(program, limit) -> None:
    got, wanted = snek.stage(program)(START, limit), program(START, limit)
    for one, other in zip(got, wanted, strict=True) if isinstance(wanted, tuple) else [(got, wanted)]:
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_guess_changes_no_program(program, monkeypatch: pytest.MonkeyPatch) -> None:
    limit = np.float64(70)
    guessed = snek.stage(program).trace(START, limit).as_text("ir")
    monkeypatch.setattr(loops, "guessed", lambda state: None)
    assert guessed == snek.stage(program).trace(START, limit).as_text("ir")


@pytest.mark.parametrize(("program", "count"), [(array_sum, 1), (pair, 1), (nested, 2)])
def test_a_loop_whose_variables_keep_their_types_is_traced_once(program, count, monkeypatch) -> None:
    _, found = traces(monkeypatch, lambda: snek.stage(program).trace(START, np.float64(70)))
    assert found == count


def test_what_a_loop_does_not_change_is_no_state_of_it() -> None:
    (loop,) = whiles(snek.stage(left_alone).trace(START, np.float64(70)).staged.program.body)
    assert len(loop.results) == 1


def test_a_refusal_is_the_one_without_guesses(monkeypatch: pytest.MonkeyPatch) -> None:
    def clash(x, limit):
        view = x[:2]
        while x.sum() < limit:
            x += 1.0
            x = x + view.sum()
        return x

    def said() -> str:
        with pytest.raises(StagingError) as refused:
            snek.stage(clash)(START, np.float64(70))
        return str(refused.value)

    guessed = said()
    monkeypatch.setattr(loops, "guessed", lambda state: None)
    assert guessed == said()


def in_a_nest(x, limit):
    x = x.copy()
    while x.sum() < limit:
        while x.sum() < limit * 2:
            while x.sum() < limit * 3:
                while x.sum() < limit * 4:
                    x += 1.0
    return x


def test_guesses_that_are_refused_in_a_nest_are_not_made_again_at_every_level(monkeypatch: pytest.MonkeyPatch) -> None:
    def stage() -> object:
        return snek.stage(in_a_nest).trace(START, np.float64(9))

    _, guessed = traces(monkeypatch, stage)
    monkeypatch.setattr(loops, "guessed", lambda state: None)
    _, plain = traces(monkeypatch, stage)
    # Each level is begun once for its guess, and goes on as it would have.
    assert guessed <= 1.5 * plain


def rows_with_a_loop(rows, x, trips):
    for row in rows:
        for _ in range(trips):
            x = np.tanh(x + row)
        x = x * 2.0
    return x


def rows_into_a_list(rows, x, trips):
    found = []
    for row in rows:
        for _ in range(trips):
            x = np.tanh(x + row)
        found.append(x)
    return found


def rows_with_a_counter(rows, x, trips):
    weights, at = (1.0, 2.0, 3.0, 4.0), 0
    for row in rows:
        for _ in range(trips):
            x = np.tanh(x + row)
        x = x * weights[at]
        at = at + 1
    return x


def rows_without_a_loop(rows, x, trips):
    for row in rows:
        x = np.tanh(x + row) * trips
    return x


@pytest.mark.parametrize(
    ("program", "loops_of"),
    [(rows_with_a_loop, 3), (rows_into_a_list, 4), (rows_with_a_counter, 4), (rows_without_a_loop, 0)],
)
def test_trips_over_rows_are_written_out_unless_there_is_a_loop_in_them(program, loops_of) -> None:
    args = ROWS, START, snek.dynamic(5)
    staged = snek.stage(program)
    assert len(whiles(staged.trace(*args).staged.program.body)) == loops_of
    for rows in (ROWS, ROWS[::-1].copy()):
        np.testing.assert_array_equal(staged(rows, START, snek.dynamic(5)), program(rows, START, 5))


def test_a_guess_is_of_what_is_known_in_the_next_stage_only() -> None:
    assert guessed_types.guessed((1, None, (2.0, "text"), START)) is None
