"""The passes that every compiled back-end shares keep a program's meaning: value, dtype, shape and exception."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
import pytest

import snek
from snek_strategies.backends.core_primitives import CORE, core_primitives
from snek_strategies.backends.explicit_checks import explicit_checks
from snek_strategies.ir.interpret import Interpreter
from snek_strategies.ir.syntax import Block, Program, every_node
from snek_strategies.ir.verify import verify

A = np.linspace(-3, 4, 24).reshape(2, 3, 4)
M = np.linspace(-1, 2, 9).reshape(3, 3)
I = np.array([2, 0, 1, 1])  # noqa: E741 - an index

FUNCTIONS: list[tuple[str, Callable[..., object], tuple[object, ...]]] = [
    ("mean", lambda x: (np.mean(x), np.mean(x, axis=1), np.mean(x, axis=(0, 2), keepdims=True)), (A,)),
    ("mean of ints", np.mean, (I,)),
    ("var", lambda x: (np.var(x), np.std(x, axis=-1), np.var(x, axis=0, ddof=1)), (A,)),
    ("count", lambda x: (np.count_nonzero(x), np.count_nonzero(x, axis=1)), (I.reshape(2, 2),)),
    ("sum", lambda x: (np.sum(x, axis=1, keepdims=True), np.sum(x, dtype=np.float32), np.any(x), np.prod(x)), (M,)),
    ("argmax", lambda x: (np.argmax(x), np.argmin(x, axis=-1)), (A,)),
    ("shape", lambda x: (x.reshape(4, -1), np.expand_dims(x, 1), np.squeeze(x[:1]), x.ravel()), (A,)),
    ("order", lambda x: (np.transpose(x), np.swapaxes(x, 0, 2), np.moveaxis(x, 0, -1), np.matrix_transpose(x)), (A,)),
    ("choose", lambda x: (np.flip(x, 1), np.roll(x, 2), np.tile(x, 2), np.repeat(x, 2, axis=0), np.diagonal(x)), (A,)),
    ("triangle", lambda x: (np.tril(x), np.triu(x, k=1), np.trace(x)), (M,)),
    ("join", lambda x, i: (np.concatenate([x, x], 1), np.stack([i, i], axis=-1), np.concatenate([x, i], axis=None)),
     (M, I)),
    ("take", lambda x, i: (np.take(x, i, axis=1), np.take(x, i), np.take_along_axis(x, np.argsort(x, axis=0), axis=0)),
     (M, I)),
    ("clip", lambda x: (np.clip(x, -1, 1), np.diff(x, axis=0), np.round(x, decimals=1), np.round(x)), (M,)),
    ("along", lambda x: (np.cumsum(x), np.cumprod(x, axis=1), np.sort(x, axis=0), np.argsort(-x, axis=1)), (M,)),
    ("products", lambda x, y: (np.outer(x, y), np.dot(x, y), np.vdot(x, y), np.vecdot(x, y), np.tensordot(x, y, 1)),
     (M, M + 1)),
]  # fmt: skip


def primitives(block: Block) -> set[str]:
    inner = (primitives(one) for node in block.nodes for one in node.blocks)
    return {node.primitive for node in block.nodes}.union(*inner)


def program_of(function: Callable[..., object], args: tuple[object, ...]) -> Program:
    def wrapped(*given: object) -> object:
        return function(*given)

    return snek.stage(wrapped).trace(*args).staged.program


@pytest.mark.parametrize(("function", "args"), [one[1:] for one in FUNCTIONS], ids=[one[0] for one in FUNCTIONS])
def test_core_primitives_keep_the_meaning(function: Callable[..., object], args: tuple[object, ...]) -> None:
    program = program_of(function, args)
    core = verify(core_primitives(program))
    assert primitives(core.body) <= CORE
    for want, got in zip(Interpreter(program)(*args), Interpreter(core)(*args), strict=True):
        assert (want.dtype, want.shape) == (got.dtype, got.shape)  # type: ignore[attr-defined]
        np.testing.assert_allclose(got, want, rtol=1e-6)  # type: ignore[call-overload]


D = snek.dynamic
BIG = 2**62
CHECKS: list[tuple[str, Callable[..., object], list[tuple[object, ...]]]] = [
    ("index", lambda x, i: x[i], [(M, D(1)), (M, D(-3)), (M, D(3)), (M, D(-4))]),
    ("index of an axis", lambda x, i: x[1:, i], [(M, np.int64(1)), (M, np.int64(7))]),
    ("index array", lambda x, i: x[:, i], [(M, I), (M, I + 1), (M, I - 4)]),
    ("unsigned index", lambda x, i: x[i], [(M, I.astype("u1")), (M, I.astype("u1") + np.uint8(1))]),
    ("division", lambda a, b: (a / b, a // b, a % b), [(D(7), D(2)), (D(7), D(0)), (D(-7), D(3))]),
    ("float division", lambda a, b: (a % b, a / b), [(D(7.5), D(2.0)), (D(7.5), D(0.0))]),
    ("int of float", int, [(D(2.7),), (D(-2.7),), (D(float("nan")),), (D(float("inf")),)]),
    ("power", lambda a, b: a**b, [(D(2.0), D(0.5)), (D(-2.0), D(0.5)), (D(0.0), D(-1.0)), (D(1e300), D(2.0))]),
    ("int arrays' power", lambda a, b: a**b, [(I, I), (I, I - 1)]),
    ("shift", lambda a, b: (a << b, a >> b), [(D(5), D(2)), (D(5), D(-1))]),
]


@pytest.mark.parametrize("goes_on", [False, True])
@pytest.mark.parametrize(("function", "sets"), [one[1:] for one in CHECKS], ids=[one[0] for one in CHECKS])
def test_checks_raise_what_the_operation_raises(
    function: Callable[..., object], sets: list[tuple[object, ...]], goes_on: bool
) -> None:
    program = program_of(function, sets[0])
    checked = verify(explicit_checks(program, goes_on=goes_on))
    assert "raise" in primitives(checked.body)
    for args in sets:
        values = tuple(getattr(one, "value", one) for one in args)
        assert outcome(checked, values) == outcome(program, values)


def outcome(program: Program, values: tuple[object, ...]) -> object:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return repr(Interpreter(program)(*values))
        except ArithmeticError as error:
            return type(error), str(error)
        except (IndexError, ValueError) as error:
            return type(error), str(error)


@pytest.mark.parametrize(
    ("function", "fits", "leaves"),
    [
        (lambda a, b: a + b, (BIG, BIG - 1), (BIG, BIG)),
        (lambda a, b: a - b, (-BIG, BIG), (-BIG, BIG + 1)),
        (lambda a, b: a * b, (BIG, -2), (BIG, 2)),
        (lambda a, b: a * b, (3037000499, 3037000499), (3037000500, 3037000500)),
        (lambda a, b: a << b, (1, 62), (1, 63)),
        (lambda a, b: a << b, (-1, 63), (3, 64)),
        (lambda a, b: -a + 0 * b, (-BIG, 1), (-2 * BIG, 1)),
        (lambda a, b: a**39 + 0 * b, (3, 1), (4, 1)),
    ],
)
def test_an_int_that_leaves_64_bits_is_said(
    function: Callable[..., object], fits: tuple[int, int], leaves: tuple[int, int]
) -> None:
    checked = explicit_checks(program_of(function, tuple(map(snek.dynamic, fits))))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert Interpreter(checked)(*fits) == (function(*fits),)
        with pytest.raises(OverflowError, match="64 bits"):
            Interpreter(checked)(*leaves)


@pytest.mark.parametrize("goes_on", [False, True])
def test_an_index_is_compared_with_a_length_once(goes_on: bool) -> None:
    def walk(x, y, i):  # type: ignore[no-untyped-def]
        found = x[i].sum() + y[i].sum()
        if found > 0:
            found = found * x[i, 0]
        return found + y[:, i].sum()

    y = np.linspace(-2, 3, 12).reshape(3, 4)
    program = program_of(walk, (M, y, D(1)))
    checked = verify(explicit_checks(program, goes_on=goes_on))
    # The second axis of `y` has another length.
    assert sum(node.primitive == "raise" for node in every_node(checked.body)) == 2
    for at in (0, 1, 2, 3, -1, -3, -4, -5):
        assert outcome(checked, (M, y, at)) == outcome(program, (M, y, at))


def test_a_counter_below_its_bound_needs_no_check() -> None:
    def count(n: int) -> int:
        total = 0
        for _ in range(n):
            total = total ^ 1
        return total

    program = program_of(count, (snek.dynamic(3),))
    assert "raise" not in primitives(explicit_checks(program).body)
