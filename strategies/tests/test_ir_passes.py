"""The passes keep a program's meaning, make it smaller, and take time in proportion to it."""

from __future__ import annotations

import time

import numpy as np
import pytest

import snek
from snek_strategies.ir.interpret import Interpreter
from snek_strategies.ir.passes.drop_dead import drop_dead
from snek_strategies.ir.passes.examples import simple
from snek_strategies.ir.passes.merge_equal import merge_equal
from snek_strategies.ir.passes.optimize import looped, optimized
from snek_strategies.ir.syntax import Block, Program, Sym
from snek_strategies.ir.types import Array
from snek_strategies.ir.verify import verify

F64 = Array(np.dtype("float64"))


def count(block: Block) -> int:
    return sum(1 + sum(map(count, node.blocks)) for node in block.nodes)


def busy(x, n):
    total = x[0] * 2
    np.exp(x)
    for at in range(30):
        np.sin(total)
        total = total + x[0] * 2 + (x[at % 3] if np.sin(total) > 0.1 else np.sin(total))
    return total, x + 1, x + 1


@pytest.mark.parametrize("gradient", [False, True])
def test_passes_keep_the_meaning_and_shrink_the_program(gradient: bool) -> None:
    def slope(x, n):
        return snek.grad(lambda y: busy(y, n)[0])(x)

    args = (np.array([0.5, 2, -1]), np.int64(3))
    program = snek.stage(slope if gradient else busy).trace(*args).staged.program
    made = verify(optimized(program))
    assert count(made.body) < count(program.body)
    for mine, loops, theirs in zip(
        *(Interpreter(one)(*args) for one in (made, verify(looped(made)), program)), strict=True
    ):
        np.testing.assert_array_equal(mine, theirs)
        np.testing.assert_array_equal(loops, theirs)


def test_two_arrays_that_are_returned_stay_two() -> None:
    _, one, two = snek.stage(busy)(np.ones(3), np.int64(3))
    one += 1
    np.testing.assert_array_equal(two, np.full(3, 2.0))


def test_a_name_of_one_branch_does_not_stand_for_one_of_the_other() -> None:
    def either(x):
        return np.sin(x) * 2 if x > 0 else np.sin(x) * 3

    staged = snek.stage(either)
    assert staged(np.float64(1)) == either(np.float64(1))
    assert staged(np.float64(-1)) == either(np.float64(-1))


def test_what_may_raise_stays() -> None:
    def index(x, i):
        x[i]
        return x[0]

    with pytest.raises(IndexError):
        snek.stage(index)(np.ones(3), np.int64(7))


def test_a_hundred_thousand_nodes_take_seconds() -> None:
    nodes = [simple(at + 1, "sin", Sym(at, F64)) for at in range(100_000)]
    program = Program("long", Block((Sym(0, F64),), tuple(nodes), (Sym(100_000, F64),)))
    start = time.process_time()
    made = optimized(program)
    assert time.process_time() - start < 10
    assert count(made.body) == 100_000
    assert not drop_dead(Program("none", Block((Sym(0, F64),), tuple(nodes), ()))).body.nodes
    assert merge_equal(made).body.results == program.body.results
