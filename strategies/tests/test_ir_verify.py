"""The verifier accepts what the builder makes and rejects blocks that are broken by hand."""

from __future__ import annotations

import numpy as np
import pytest

from snek_strategies.ir.interpretations import HOLE
from snek_strategies.ir.syntax import Atom, Block, Const, Node, Program, Sym
from snek_strategies.ir.types import BOOL, Array, Fn, Scalar, Type
from snek_strategies.ir.verify import MalformedIR, verify

F32 = Array(np.dtype("float32"))
F64 = Array(np.dtype("float64"))
VECTOR = Array(np.dtype("float32"), (3,))
LONGER = Array(np.dtype("float32"), (4,))
UNARY = Fn((F32,), (F32,))
INT = Scalar("int")
RAISE = frozenset({"raise"})


def node(results: tuple[Sym, ...], primitive: str, *operands: Atom, **rest: object) -> Node:
    return Node(results, primitive, operands, **rest)  # type: ignore[arg-type]


def program(parameters: tuple[Sym, ...], nodes: tuple[Node, ...], *results: Atom) -> Program:
    return Program("p", Block(parameters, nodes, results))


def sym(index: int, type_: Type = F32) -> Sym:
    return Sym(index, type_)


def const(value: object, type_: Type) -> Const:
    return Const(value, type_)


X, Y, Z, FLAG = sym(1), sym(2), sym(3), sym(4, BOOL)
ONE = const(1.0, Scalar("float"))
EMPTY = Block((), (), ())


def loop(test: Block, body: Block, *operands: Atom, results: tuple[Sym, ...] = (Y,)) -> Program:
    return program((X,), (node(results, "while", *operands, blocks=(test, body)),))


KEEP = Block((sym(11),), (), (sym(11),))
TRUE = Block((sym(10),), (), (const(True, BOOL),))
PAIR = Array(np.dtype("float32"), (2,))
SAID = (("texts", (("x", (None, "")),)), ("sep", " "), ("end", "\n"), ("stream", "stdout"))


def cut(block: Block, *operands: Atom) -> Program:
    parameters = (X, *(one for one in operands if isinstance(one, Sym)))
    return program(parameters, (node((sym(6, VECTOR),), "piecewise", *operands, blocks=(block,)),))


BAD = {
    "used outside its scope": program((), (node((Y,), "exp", X),)),
    "used outside its scope, by the result": program((), (), X),
    "used outside its scope, from a branch": program(
        (FLAG,),
        (node((), "if", FLAG, blocks=(Block((), (node((Y,), "exp", const(np.float32(1), F32)),), ()), EMPTY)),),
        Y,
    ),
    "bound twice": program((X,), (node((Y,), "exp", X), node((Y,), "exp", X))),
    "bound twice, by a parameter": program((X, X), ()),
    "it is bound as": program((X,), (node((sym(2, F64),), "exp", sym(1, F64)),)),
    "constant": program((), (), const(1, F32)),
    "unknown primitive": program((X,), (node((Y,), "frobnicate", X),)),
    "do not fit": program((X,), (node((Y,), "matmul", X, X),)),
    "could not be broadcast": program(
        (sym(1, VECTOR), sym(2, LONGER)), (node((Z,), "add", sym(1, VECTOR), sym(2, LONGER)),)
    ),
    "gives (float64[])": program((X,), (node((sym(2, F64),), "add", X, ONE),)),
    "hides effects ['raise']": program(
        (sym(1, VECTOR), sym(2, INT)),
        (node((Z,), "getitem", sym(1, VECTOR), sym(2, INT), params=(("index", (HOLE,)),)),),
    ),
    "takes no blocks": program((X,), (node((Y,), "exp", X, blocks=(EMPTY,)),)),
    "needs one operand of type bool": program((X,), (node((), "if", X, blocks=(EMPTY, EMPTY)),)),
    "needs two blocks": program((FLAG,), (node((), "if", FLAG, blocks=(EMPTY,)),)),
    "its blocks take no parameters": program((FLAG,), (node((), "if", FLAG, blocks=(Block((X,), (), ()), EMPTY)),)),
    "block yields": program((FLAG, X), (node((Y,), "if", FLAG, blocks=(Block((), (), (X,)), Block((), (), (ONE,)))),)),
    "block takes": loop(Block((), (), (const(True, BOOL),)), KEEP, X),
    "test yields": loop(Block((sym(10),), (), (sym(10),)), KEEP, X),
    "body yields": loop(TRUE, Block((sym(11),), (), (ONE,)), X),
    "loop gives": loop(TRUE, KEEP, X, results=(sym(2, F64),)),
    "needs a test and a body": program((X,), (node((Y,), "while", X, blocks=(TRUE,)),)),
    "needs a function first": program((X,), (node((Y,), "call", X),)),
    "call passes": program(
        (X,), (node((sym(5, UNARY),), "function", blocks=(KEEP,)), node((Y,), "call", sym(5, UNARY), ONE))
    ),
    "call gives": program(
        (X,),
        (node((sym(5, UNARY),), "function", blocks=(KEEP,)), node((sym(2, F64),), "call", sym(5, UNARY), X)),
    ),
    "function yields": program((X,), (node((sym(5, Fn((F32,), (F64,))),), "function", blocks=(KEEP,)),)),
    "function takes": program((X,), (node((sym(5, Fn((F64,), (F32,))),), "function", blocks=(KEEP,)),)),
    "not a function": program((X,), (node((Y,), "function", blocks=(KEEP,)),)),
    "needs one block, arrays": cut(Block((sym(11),), (), (sym(11),))),
    "needs equal extents": cut(Block((sym(11),), (), (sym(11),)), sym(5)),
    "needs pieces of one size": cut(Block((sym(11, PAIR), sym(12)), (), (sym(12),)), sym(5, VECTOR), sym(7, VECTOR)),
    "into pieces of (4,)": cut(Block((sym(11, LONGER),), (), (sym(11, LONGER),)), sym(5, VECTOR)),
    "block takes and yields": cut(Block((sym(11, F64),), (), (sym(11, F64),)), sym(5, VECTOR)),
    "may only raise": cut(
        Block((sym(11),), (node((), "print", X, params=SAID, effects=frozenset({"print"})),), (sym(11),)),
        sym(5, VECTOR),
    ),
    "hides effects of its blocks": program(
        (FLAG,),
        (
            node(
                (),
                "if",
                FLAG,
                blocks=(Block((), (node((), "require", FLAG, params=(("name", "v"),), effects=RAISE),), ()), EMPTY),
            ),
        ),
    ),
}


@pytest.mark.parametrize("claim", BAD)
def test_a_bad_block_is_rejected(claim: str) -> None:
    wanted = {"hides effects of its blocks": "hides effects"}.get(claim, claim.split(", ")[0])
    with pytest.raises(MalformedIR) as caught:
        verify(BAD[claim])
    assert wanted in str(caught.value)


def test_a_good_program_is_accepted() -> None:
    function = sym(5, UNARY)
    good = program(
        (X, FLAG),
        (
            node((function,), "function", blocks=(KEEP,)),
            node((Y,), "call", function, X, effects=RAISE),
            node((Z,), "if", FLAG, blocks=(Block((), (), (X,)), Block((), (), (Y,)))),
        ),
        Z,
    )
    assert verify(good) is good


def test_a_name_of_a_branch_is_not_known_in_the_other() -> None:
    inner = node((Y,), "exp", X)
    blocks = (Block((), (inner,), (Y,)), Block((), (), (Y,)))
    with pytest.raises(MalformedIR, match="outside its scope"):
        verify(program((X, FLAG), (node((Z,), "if", FLAG, blocks=blocks),)))
