"""Small programs that the passes' docstrings show before and after."""

from __future__ import annotations

import numpy as np

from snek_strategies.ir.interpretations import HOLE
from snek_strategies.ir.rules import RULES, effects_of
from snek_strategies.ir.syntax import Atom, Block, Const, Node, Program, Sym
from snek_strategies.ir.types import BOOL, INT, Array, Fn, type_of

F64 = Array(np.dtype("float64"))
I64 = Array(np.dtype("int64"))
BOOLEAN = Array(np.dtype("bool"))


def number(value: object) -> Const:
    """Return a number as a constant."""
    return Const(value, type_of(value))


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


def squared_twice() -> Program:
    """A program that computes one array three times: the second is only read, the third is given out."""
    x = Sym(0, Array(np.dtype("float64"), (3,)))
    first, again, both, third = (Sym(at, x.type) for at in range(1, 5))
    nodes = (
        simple(1, "multiply", x, x),
        simple(2, "multiply", x, x),
        simple(3, "add", first, again),
        simple(4, "multiply", x, x),
    )
    return Program("squared_twice", Block((x,), nodes, (first, both, third)))


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


def known() -> Program:
    """A branch on a comparison of constants."""
    x, twelve, answer = Sym(0, F64), Sym(1, INT), Sym(4, F64)
    branch = Block((), (simple(3, "multiply", x, twelve),), (Sym(3, F64),))
    choice = Node((answer,), "if", (Sym(2, BOOL),), (), (Block((), (), (x,)), branch))
    nodes = (simple(1, "multiply", number(3), number(4)), simple(2, "less", twelve, number(10)), choice)
    return Program("known", Block((x,), nodes, (answer,)))


def idle() -> Program:
    """Arithmetic that changes nothing or gives 0, and division by powers of two."""
    x, n, i = Sym(0, Array(np.dtype("float64"), (3,))), Sym(1, I64), Sym(2, INT)
    nodes = (
        simple(3, "multiply", x, number(1)),
        simple(4, "floor_divide", n, number(8)),
        simple(5, "remainder", Sym(4, I64), number(2)),
        simple(6, "add", i, number(0)),
        simple(7, "multiply", number(0), n),
    )
    return Program("idle", Block((x, n, i), nodes, (Sym(3, x.type), Sym(5, I64), Sym(6, INT), Sym(7, I64))))


def looping() -> Program:
    """A loop that adds the same sum again and again."""
    x, start, total = Sym(0, Array(np.dtype("float64"), (3,))), Sym(1, F64), Sym(8, F64)
    at, here, flag = Sym(2, F64), Sym(4, F64), Sym(9, BOOL)
    test = Block((at,), (simple(3, "less", at, number(9.0)), simple(9, "bool", Sym(3, BOOLEAN))), (flag,))
    body = (simple(5, "exp", x), simple(6, "sum", Sym(5, x.type), axis=(0,)), simple(7, "add", here, Sym(6, F64)))
    loop = Node((total,), "while", (start,), (), (test, Block((here,), body, (Sym(7, F64),))))
    return Program("looping", Block((x, start), (loop,), (total,)))


def escaping() -> Program:
    """A loop that squares numbers until none is below 9."""
    x, t, u = (Sym(at, Array(np.dtype("float64"), (6,))) for at in (0, 1, 5))
    asked = simple(2, "less", t, number(9.0))
    test = (asked, simple(3, "any", asked.results[0], axis=(0,)), simple(4, "bool", Sym(3, BOOLEAN)))
    square, below = simple(6, "multiply", u, u), simple(9, "less", u, number(9.0))
    body = (square, below, simple(7, "where", below.results[0], square.results[0], u))
    blocks = (Block((t,), test, (Sym(4, BOOL),)), Block((u,), body, body[-1].results))
    loop = Node((Sym(8, x.type),), "while", (x,), (), blocks)
    return Program("escaping", Block((x,), (loop,), loop.results))


def asked_first() -> Program:
    """A choice for each element, made where a branch has been told that it changes any."""
    x, y = (Sym(at, Array(np.dtype("float64"), (3,))) for at in range(2))
    asked = simple(2, "less", x, y)
    chosen = simple(5, "where", asked.results[0], x, y)
    arms = (Block((), (chosen,), chosen.results), Block((), (), (x,)))
    choice = Node((Sym(6, x.type),), "if", (Sym(4, BOOL),), (), arms)
    nodes = (asked, simple(3, "any", asked.results[0], axis=(0,)), simple(4, "bool", Sym(3, BOOLEAN)), choice)
    return Program("asked_first", Block((x, y), nodes, choice.results))


def looping_twice() -> Program:
    """A loop that doubles a number until it is large, for two numbers."""
    loops = []
    for at, limit in ((3, 0), (10, 1)):
        here, inner, made = (Sym(at + more, F64) for more in (0, 3, 4))
        asked = simple(at + 1, "less", here, Sym(limit, F64))
        test = Block((here,), (asked, simple(at + 2, "bool", asked.results[0])), (Sym(at + 2, BOOL),))
        body = Block((inner,), (simple(at + 4, "add", inner, inner),), (made,))
        loops.append(Node((Sym(at + 5, F64),), "while", (Sym(2, F64),), (), (test, body)))
    return Program(
        "looping_twice", Block(tuple(Sym(at, F64) for at in range(3)), tuple(loops), (Sym(8, F64), Sym(15, F64)))
    )


def eighth_power() -> Program:
    """A vector that is multiplied by itself seven times."""
    x = Sym(0, Array(np.dtype("float64"), (3,)))
    nodes = [simple(1, "multiply", x, x)]
    for at in range(2, 8):
        nodes.append(simple(at, "multiply", x, Sym(at - 1, x.type)))
    return Program("eighth_power", Block((x,), tuple(nodes), (Sym(7, x.type),)))


def masked() -> Program:
    """Two choices by one flag, the second of what is made of the first."""
    type_ = Array(np.dtype("float64"), (3,))
    flag, x, y = Sym(0, Array(np.dtype("bool"), (3,))), Sym(1, type_), Sym(2, type_)
    nodes = (
        simple(3, "where", flag, x, y),
        simple(4, "exp", Sym(3, type_)),
        simple(5, "where", flag, Sym(4, type_), y),
    )
    return Program("masked", Block((flag, x, y), nodes, (Sym(3, type_), Sym(5, type_))))


def sequence() -> Program:
    """A loop that takes one matrix of a stack after another, and multiplies each by the same matrix."""
    xs, w, s = (Sym(at, Array(np.dtype("float64"), dims)) for at, dims in enumerate([(9, 2, 3), (3, 4), (2, 4)]))
    i, j, t, u = Sym(3, INT), Sym(6, INT), Sym(7, s.type), Sym(5, s.type)
    test = Block((i, u), (simple(4, "less", i, number(9)),), (Sym(4, BOOL),))
    row, made = Sym(8, Array(np.dtype("float64"), (2, 3))), Sym(9, s.type)
    body = (
        simple(8, "getitem", xs, j, index=(HOLE,)),
        simple(9, "matmul", row, w),
        simple(10, "add", t, made),
        simple(11, "add", j, number(1)),
    )
    blocks = (test, Block((j, t), body, (Sym(11, INT), Sym(10, s.type))))
    loop = Node((Sym(12, INT), Sym(13, s.type)), "while", (number(0), s), (), blocks, frozenset({"raise"}))
    return Program("sequence", Block((xs, w, s), (loop,), (Sym(13, s.type),)))


def descent() -> Program:
    """A loop that adds up a product on each trip, as the gradient of a layer does."""
    x, y, g = (Sym(at, Array(np.dtype("float64"), dims)) for at, dims in enumerate([(2, 30), (2, 40), (30, 40)]))
    i, j, t, u = Sym(3, INT), Sym(6, INT), Sym(7, g.type), Sym(5, g.type)
    test = Block((i, u), (simple(4, "less", i, number(9)),), (Sym(4, BOOL),))
    turned = simple(8, "transpose", x, axes=(1, 0))
    body = (
        turned,
        simple(9, "matmul", turned.results[0], y),
        simple(10, "add", t, Sym(9, g.type)),
        simple(11, "add", j, number(1)),
    )
    blocks = (test, Block((j, t), body, (Sym(11, INT), Sym(10, g.type))))
    loop = Node((Sym(12, INT), Sym(13, g.type)), "while", (number(0), g), (), blocks)
    return Program("descent", Block((x, y, g), (loop,), (Sym(13, g.type),)))


def chosen_rows() -> Program:
    """A loop that adds up what it makes of the rows that another array names."""
    x, order = Sym(0, Array(np.dtype("float64"), (9, 3))), Sym(1, Array(np.dtype("int64"), (4,)))
    s = Sym(2, Array(np.dtype("float64"), (3,)))
    i, u, j, t = Sym(3, INT), Sym(5, s.type), Sym(6, INT), Sym(7, s.type)
    test = Block((i, u), (simple(4, "less", i, number(4)),), (Sym(4, BOOL),))
    body = (
        simple(8, "getitem", order, j, index=(HOLE,)),
        simple(9, "getitem", x, Sym(8, I64), index=(HOLE,)),
        simple(10, "exp", Sym(9, s.type)),
        simple(11, "add", t, Sym(10, s.type)),
        simple(14, "add", j, number(1)),
    )
    blocks = (test, Block((j, t), body, (Sym(14, INT), Sym(11, s.type))))
    loop = Node((Sym(12, INT), Sym(13, s.type)), "while", (number(0), s), (), blocks, frozenset({"raise"}))
    return Program("chosen_rows", Block((x, order, s), (loop,), (Sym(13, s.type),)))
