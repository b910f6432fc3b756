"""An iterator gives each element once, as Python's does, or the program is refused: how far it is, is state."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import snek

sys.path.append(str(Path(__file__).parent))
from construct_rows import FEW_AND_MANY  # noqa: E402

f64 = np.float64
ALL = iter((1, 2, 3))

pytestmark = pytest.mark.usefixtures("checked")


def positions(a):
    best, at = a[0], 0
    for i, v in enumerate(a):
        if v > best:
            best, at = v, i
    return best, at


def from_a_start(a):
    return [i * v for i, v in enumerate(a, 3)][-1]


def pairs(a):
    return sum(x * y for x, y in zip(a, a[1:]))


def shortest(a):
    found = []
    for x, i, name in zip(a, range(100), ("p", "q", "r")):
        found.append(x * i + len(name))
    return found


def with_an_array_of_its_own(a):
    total = 0.0
    for x, w in zip(a, np.linspace(0, 1, len(a))):
        total = total + x * w
    return total


def backwards(a):
    total = 0.0
    for x in reversed(a):
        total = total / 2 + x
    return total


def counted_down(a):
    total = 0.0
    for i in reversed(range(len(a))):
        total = total / 2 + a[i] * i
    return total


def nested(a):
    total = 0.0
    for i, (x, y) in enumerate(zip(a, reversed(a))):
        if x > y:
            continue
        total = total + i * x - y
    else:
        total = total + 1
    return total


def left(a):
    for i, v in enumerate(a):
        if v > 2:
            break
    else:
        i = -1
    return i


def by_key(a):
    return max(enumerate(a[:4]), key=lambda pair: pair[1])[0]


def in_python(a):
    both = iter(zip(a, a * 2))
    first = next(both)
    return first[1], list(both)[0], dict(enumerate(a[:2]))[1]


def after_a_few(a):
    walk = enumerate(a)
    next(walk)
    total = 0.0
    for i, v in walk:
        total = total + i * v
    return total, next(walk, "ended")


def with_an_iterator(a):
    return [n * v for n, v in zip(itertools.count(), a[:3])]


def strictly(a):
    return [x + y for x, y in zip(a[:3], (1, 2, 3), strict=True)]


def stores_ahead(a):
    total = 0.0
    b = a.copy()
    for i, v in enumerate(b):
        if i + 1 < len(b):
            b[i + 1] = v + 1
        total = total + v
    return total


def generator_in_two_parts(a):
    parts = (n for n in (1, 2, 3, 4))
    for n in parts:
        if n == 2:
            break
    return a[0], list(parts)


def made_in_a_branch(a):
    if a[0] > 0:
        walk = iter((1, 2, 3))
        found = next(walk) + next(walk)
    else:
        found = 0
    return found


def drawn_by_a_helper(a):
    def draw(one):
        return next(one)

    total = 0.0
    for v in a:
        walk = iter((1, 2, 3))
        total = total + draw(walk) * v + draw(walk)
    return total


RIGHT = (
    positions,
    from_a_start,
    pairs,
    shortest,
    with_an_array_of_its_own,
    backwards,
    counted_down,
    nested,
    left,
    by_key,
    in_python,
    after_a_few,
    with_an_iterator,
    strictly,
    stores_ahead,
    generator_in_two_parts,
    made_in_a_branch,
    drawn_by_a_helper,
)


@pytest.mark.parametrize("program", RIGHT)
def test_it_gives_what_python_gives(program: Callable[..., object]) -> None:
    staged = snek.stage(program)
    for a in (*FEW_AND_MANY, *FEW_AND_MANY):
        np.testing.assert_equal(staged(a.copy()), program(a.copy()))


def test_over_many_rows_it_is_one_loop() -> None:
    text = snek.stage(nested).trace(np.arange(100.0)).as_text("ir")
    assert text.count("while") == 1


def test_zip_of_unequal_lengths_raises_as_python_does() -> None:
    def program(a):
        return [x + y for x, y in zip(a[:3], (1, 2), strict=True)]

    with pytest.raises(ValueError, match="argument 2 is shorter"):
        snek.stage(program)(np.arange(4.0))


def in_a_branch(a):
    walk = iter((1, 2, 3))
    found = next(walk) if a[0] > 0 else 0
    return found, next(walk)


def in_a_loop(a):
    walk, n = iter([1, 2, 3, 4]), a[0] * 0
    while n < a[0]:
        n += next(walk)
    return n, list(walk)


def of_a_generator_function(a):
    def numbers() -> Iterator[int]:
        for _ in range(3):
            yield 7

    walk = numbers()
    if a[0] > 0:
        next(walk)
    return list(walk)


def inside_another(a):
    walk = zip([1, 2], [3, 4])
    if a[0] > 0:
        next(walk)
    return list(walk)


def of_itertools(a):
    walk = itertools.product("ab", "cd")
    if a[0] > 0:
        next(walk)
    return len(list(walk))


def of_pairs(a):
    walk = itertools.pairwise([1, 2, 3])
    if a[0] > 0:
        next(walk)
    return list(walk)


def by_star(a):
    walk = iter((1, 2, 3))
    if a[0] > 0:
        found = [*walk]
    else:
        found = [4, 5, 6]
    return found, list(walk)


def generator_of_elements(a):
    walk = (v for v in a)
    total = sum(walk) if a[0] > 0 else 0.0
    return total, sum(walk)


def over_rows(a):
    walk = enumerate(a)
    if a[0] > 0:
        next(walk)
    return next(walk)


def left_by_a_break(a):
    walk = iter([1, 2, 3, 4])
    for v in walk:
        if v > a[0]:
            break
    return list(walk)


def left_by_any(a):
    walk = (v for v in a)
    found = any(v > 0 for v in walk)
    return found, list(walk)


def left_by_a_break_over_rows(a):
    walk = enumerate(a)
    for _, v in walk:
        if v > 0:
            break
    return sum(v for _, v in walk)


def beside_a_zip(a):
    walk = enumerate(a)
    both = zip(walk, a)
    next(both)
    return next(walk)[1]


def beside_an_enumerate(a):
    walk = iter(a)
    numbered = enumerate(walk)
    next(numbered)
    return next(walk)


def after_a_shorter_zip(a):
    walk = iter(a)
    total = sum(x * y for x, y in zip(walk, (1.0, 2.0)))
    return total, next(walk)


def zipped_with_itself(a):
    walk = iter(a)
    return [x + y for x, y in zip(walk, walk)]


def of_a_global(a):
    return a + next(ALL)


@pytest.mark.parametrize(
    "program",
    [
        in_a_branch,
        in_a_loop,
        of_a_generator_function,
        inside_another,
        of_itertools,
        of_pairs,
        by_star,
        generator_of_elements,
        over_rows,
        left_by_a_break,
        left_by_any,
        left_by_a_break_over_rows,
        beside_a_zip,
        beside_an_enumerate,
        after_a_shorter_zip,
        zipped_with_itself,
        of_a_global,
    ],
)
@pytest.mark.parametrize("a", FEW_AND_MANY[::2])
def test_a_step_that_data_decide_about_is_refused(program: Callable[..., object], a: Any) -> None:
    with pytest.raises(snek.StagingError, match="make it a list|lives outside it|used again after a loop") as caught:
        snek.stage(program)(a)
    assert caught.value.place is not None
    assert caught.value.place.filename == __file__
