"""The passes keep a program's meaning, make it smaller, and take time in proportion to it."""

from __future__ import annotations

import time

import numpy as np
import pytest

import snek
from snek_strategies.ir.interpret import Interpreter
from snek_strategies.ir.passes.drop_dead import drop_dead
from snek_strategies.ir.passes.examples import simple
from snek_strategies.ir.passes.fuse_elementwise import fuse_elementwise
from snek_strategies.ir.passes.merge_equal import merge_equal
from snek_strategies.ir.passes.optimize import looped, optimized
from snek_strategies.ir.passes.simplify import simplify
from snek_strategies.ir.show import show
from snek_strategies.ir.syntax import Block, Program, Sym
from snek_strategies.ir.types import Array, type_of
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


def primitives(program: Program) -> list[str]:
    return [node.primitive for node in program.body.nodes]


def test_a_mean_does_not_part_a_loss_from_its_gradient() -> None:
    def power(x, n: int):
        return np.ones_like(x) if n == 0 else x * power(x, n - 1)

    x = np.linspace(0.5, 1.5, 40)
    program = snek.value_and_grad(lambda x: np.sum(power(x, 20), axis=(0,)) / 40).trace(x).staged.program
    made = verify(looped(optimized(program)))
    assert primitives(made).count("fused") == 1
    assert [node.primitive for node in made.body.nodes for sym in node.results if sym.type == type_of(x)] == ["fused"]
    for mine, theirs in zip(Interpreter(made)(x), Interpreter(program)(x), strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_arithmetic_with_an_array_of_neutral_numbers_goes() -> None:
    def neutral(x):
        return (
            x * np.ones(3),
            x - np.zeros(3),
            x + np.zeros(3),
            x + np.array([-0.0, 0.0, -0.0]),
            x * np.array([1, 1, 2]),
        )

    made = optimized(snek.stage(neutral).trace(np.array([-0.0, np.nan, 1])).staged.program)
    assert primitives(made) == ["positive", "positive", "add", "add", "multiply"]


def test_a_whole_number_times_0_is_0_and_no_other_is() -> None:
    def zeros(n, m, x, xs):  # type: ignore[no-untyped-def]
        return 0 * n, m * 0, 0 * x, 0 * xs, np.int64(0) * m

    args = (np.int32(7), 2**70, np.float64(np.nan), np.arange(3))
    program = snek.stage(zeros).trace(args[0], snek.dynamic(3), *args[2:]).staged.program
    made = simplify(program)
    assert [node.primitive for node in made.body.nodes] == ["multiply"] * 3
    assert repr(Interpreter(made)(args[0], 3, *args[2:])) == repr(Interpreter(program)(args[0], 3, *args[2:]))
    # A number that no int64 holds is refused where the other factor is one.
    with pytest.raises(OverflowError):
        Interpreter(made)(*args)


def test_what_is_broadcast_into_arithmetic_stays_narrow() -> None:
    def spread(x, y):
        wide, alone = np.broadcast_to(x, (4, 3)), np.broadcast_to(x, (4, 3))
        return wide * y, np.where(y > 0, wide, y), alone + alone

    args = np.array([1.0, 2, 3]), np.ones((4, 3))
    made = looped(snek.stage(spread).trace(*args).staged.program)
    (wide,) = (node for node in made.body.nodes if node.primitive == "broadcast_to")
    for node in made.body.nodes:
        inner = node.blocks[0].nodes if node.primitive == "fused" else (node,)
        for one in inner:
            assert one.primitive not in ("multiply", "where") or wide.results[0] not in one.operands
    for mine, theirs in zip(Interpreter(made)(*args), spread(*args), strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_a_hundred_thousand_nodes_take_seconds() -> None:
    nodes = [simple(at + 1, "sin", Sym(at, F64)) for at in range(100_000)]
    program = Program("long", Block((Sym(0, F64),), tuple(nodes), (Sym(100_000, F64),)))
    start = time.process_time()
    made = optimized(program)
    assert time.process_time() - start < 10
    assert count(made.body) == 100_000
    assert not drop_dead(Program("none", Block((Sym(0, F64),), tuple(nodes), ()))).body.nodes
    assert merge_equal(made).body.results == program.body.results


def test_a_back_end_says_whether_the_total_of_an_expression_is_a_region() -> None:
    x = Sym(0, Array(np.dtype("float64"), (3,)))
    made = Sym(1, x.type)
    nodes = (simple(1, "exp", x), simple(2, "max", made, axis=(0,)))
    program = Program("total", Block((x,), nodes, (Sym(2, F64),)))
    assert "fused" not in show(fuse_elementwise(program))
    assert "max" in show(fuse_elementwise(program, totals_of_expressions=False)).partition("}")[0]
