"""Small programs that the passes' docstrings show before and after."""

from __future__ import annotations

import numpy as np

from snek_strategies.ir.interpretations import HOLE
from snek_strategies.ir.rules import RULES, effects_of
from snek_strategies.ir.syntax import Atom, Block, Node, Program, Sym
from snek_strategies.ir.types import BOOL, Array, Fn

F64 = Array(np.dtype("float64"))


def simple(result: int, primitive: str, *operands: Atom, **params: object) -> Node:
    """Return a node with one result; its type is what the rule says."""
    (type_,) = RULES[primitive](*(one.type for one in operands), **params)
    return Node((Sym(result, type_),), primitive, operands, tuple(params.items()), (), effects_of(primitive, operands))


def captured() -> Program:
    """A function that uses a value from around it."""
    x, w, inner = Sym(0, F64), Sym(1, F64), Sym(3, F64)
    name, answer = Sym(2, Fn((F64,), (F64,))), Sym(5, F64)
    body = Block((inner,), (simple(4, "multiply", inner, w),), (Sym(4, F64),))
    function = Node((name,), "function", (), (("name", "f"),), (body,))
    call = Node((answer,), "call", (name, x), effects=frozenset({"raise"}))
    return Program("captured", Block((x, w), (function, call), (answer,)))


def repeated() -> Program:
    """A program that computes one number twice, the second time in a branch."""
    x, flag, answer = Sym(0, F64), Sym(1, BOOL), Sym(4, F64)
    branch = Block((), (simple(3, "exp", x),), (Sym(3, F64),))
    choice = Node((answer,), "if", (flag,), (), (branch, Block((), (), (x,))))
    nodes = (simple(2, "exp", x), choice, simple(5, "multiply", Sym(2, F64), answer))
    return Program("repeated", Block((x, flag), nodes, (Sym(5, F64),)))


def unused() -> Program:
    """A program with a value that nothing uses, and one that may raise."""
    x = Sym(0, Array(np.dtype("float64"), (3,)))
    at = Sym(1, Array(np.dtype("int64")))
    dead, kept = simple(2, "exp", x), simple(3, "getitem", x, at, index=(HOLE,))
    return Program("unused", Block((x, at), (dead, kept, simple(4, "sin", x)), (Sym(4, x.type),)))


def chained() -> Program:
    """An elementwise chain that gives two arrays, of which one is only reduced, around a number's sine."""
    x, scale = Sym(0, Array(np.dtype("float64"), (3,))), Sym(1, F64)
    nodes = (
        simple(2, "multiply", x, scale),
        simple(3, "exp", Sym(2, x.type)),
        simple(4, "sin", scale),
        simple(5, "multiply", Sym(2, x.type), Sym(3, x.type)),
        simple(6, "max", Sym(5, x.type), axis=(0,)),
    )
    return Program("chained", Block((x, scale), nodes, (Sym(3, x.type), Sym(4, F64), Sym(6, F64))))


def guarded() -> Program:
    """A program that leaves a `try` where a flag says so."""
    x, flag, answer = Sym(0, F64), Sym(1, BOOL), Sym(3, F64)
    raises = frozenset({"raise"})
    left = Node((), "leave", (x,), (("label", 0),), (), raises)
    choice = Node((), "if", (flag,), (), (Block((), (left,), ()), Block((), (), ())), raises)
    body = Block((), (choice, simple(2, "exp", x)), (Sym(2, F64),))
    region = Node((answer,), "try", (), (("label", 0),), (body,), raises)
    return Program("guarded", Block((x, flag), (region,), (answer,)))
