"""Two programs have one fingerprint exactly where they say the same, wherever their texts stand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import snek
from snek_core_transform.errors import Place
from snek_strategies.ir.fingerprint import LARGE, fingerprint
from snek_strategies.ir.syntax import Block, Const, Node, Program, Sym
from snek_strategies.ir.types import Array, Type, type_of

ROW = Array(np.dtype("float64"), (3,))


def program(
    constant: object = 2.0,
    *,
    type_: Type | None = None,
    primitive: str = "multiply",
    params: tuple[tuple[str, object], ...] = (),
    hint: str = "",
    effects: frozenset[str] = frozenset(),
    place: Place | None = None,
    name: str = "f",
) -> Program:
    x, y = Sym(0, ROW), Sym(1, ROW, hint)
    const = Const(constant, type_ or type_of(constant))
    node = Node((y,), primitive, (x, const), params, (), effects, place)
    return Program(name, Block((x,), (node,), (y,)))


DIFFERENT = [
    program(),
    program(0.0),
    program(-0.0),
    program(2),
    program(2**20000),
    program(2**20000 + 1),
    program(True),
    program(np.float64(2.0)),
    program(np.array(2.0)),
    program(np.float32(2.0)),
    program(np.full(3, 2.0)),
    program(np.full(LARGE, 2.0)),
    program(np.append(np.full(LARGE - 1, 2.0), 3.0)),
    program(np.full((LARGE // 2, 2), 2.0)),
    program(float("nan")),
    program(2.0, primitive="add"),
    program(2.0, params=(("axis", 0),)),
    program(2.0, params=(("axis", (0,)),)),
    program(2.0, params=(("axis", False),)),
    program(2.0, params=(("exception", ValueError),)),
    program(2.0, hint="total"),
    program(2.0, effects=frozenset({"raise"})),
    program(name="g"),
]


def test_programs_that_differ_have_fingerprints_that_differ() -> None:
    found = [fingerprint(one) for one in DIFFERENT]
    assert None not in found
    assert len(set(found)) == len(DIFFERENT)


@pytest.mark.parametrize("one", DIFFERENT)
def test_the_place_in_the_text_does_not_count(one: Program) -> None:
    (node,) = one.body.nodes
    moved = replace(node, place=Place("other.py", 7, 1, 7, 2, "x * 2"))
    again = Program(one.name, Block(one.body.parameters, (moved,), one.body.results))
    assert fingerprint(again) == fingerprint(one)


def test_what_has_no_text_has_no_fingerprint() -> None:
    assert fingerprint(program(2.0, params=(("held", object()),))) is None
    assert fingerprint(program([1], type_=ROW)) is None


def test_a_function_staged_twice_has_one_fingerprint() -> None:
    def f(x: np.ndarray) -> np.ndarray:
        while x.sum() < 9.0:
            x = x * 2.0 if x[0] > 0.0 else x + 1.0
        return x

    found = {fingerprint(snek.stage(f).trace(np.ones(3)).staged.program) for _ in range(2)}
    assert len(found) == 1
