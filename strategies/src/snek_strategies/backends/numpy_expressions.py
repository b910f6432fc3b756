"""What each primitive is written as in NumPy's Python: one row each, as the interpreter means it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from snek_strategies.ir import interpretations
from snek_strategies.ir.interpretations import (
    FUNCTIONS,
    HOLE,
    LINEAR,
    REDUCTIONS,
    STRUCTURAL,
    Piece,
    zero,
)
from snek_strategies.ir.symbols import Symbol
from snek_strategies.ir.syntax import Const
from snek_strategies.ir.types import Array, Items, Type

Operands = list[str]
Written = Callable[[Operands, Mapping[str, Any]], str]

SYMBOLS = {
    "add": "+", "subtract": "-", "multiply": "*", "divide": "/", "floor_divide": "//", "remainder": "%", "matmul": "@",
    "bitwise_and": "&", "bitwise_or": "|", "bitwise_xor": "^", "left_shift": "<<", "right_shift": ">>",
    "less": "<", "less_equal": "<=", "equal": "==", "not_equal": "!=", "greater": ">", "greater_equal": ">=",
}  # fmt: skip
PREFIXES = {"negative": "-", "positive": "+", "invert": "~"}
OWN_NAMES = {"checked_power": "power", "as_numpy": "asarray", "as_dtype": "astype", "require_bound": "require"}
"""What the interpreter's functions are called in a text, where the user's own may have their names."""


def _renamed(function: Callable[..., object], name: str) -> str:
    return inspect.getsource(function).replace(f"def {function.__name__}(", f"def {name}(", 1)


HELPERS: Mapping[str, str] = {
    **{name: _renamed(getattr(interpretations, meaning), name) for name, meaning in OWN_NAMES.items()},
    "stored": '''def stored(array, value, index):
    """Return a copy of the array with other elements at the index."""
    made = array.copy()
    made[index] = value
    return made
''',
    "added": '''def added(array, value, index):
    """Return a copy of the array with `value` added to the elements at the index; what it repeats adds up."""
    made = array.copy()
    np.add.at(made, index, value)
    return made
''',
    "popped": '''def popped(items):
    """Return the list without its last item, and that item."""
    items = list(items)
    last = items.pop()
    return items, last
''',
    "popped_row": '''def popped_row(tape, zeros):
    """Return the tape without its top row, and that row's values; the empty tape holds rows of zeros without end."""
    values, below = tape or (zeros, ())
    return below, *values
''',
    "summed_products": '''def summed_products(tape, made):
    """Add to a matrix, for each row of the tape, the left matrix turned round times the right one."""
    while tape:
        (left, right), tape = tape
        made += left.T @ right
    return made
''',
    "replaced": '''def replaced(items, index, value):
    """Return the list with another item at the index."""
    items = list(items)
    items[index] = value
    return items
''',
}
"""Functions that a text brings along where it calls them; those of the interpreter as it has them."""


def literal(value: object) -> str:
    """Return a value known while staging as Python text that gives it again."""
    if isinstance(value, np.ndarray):
        return f"np.array({literal(value.ravel().tolist())}, dtype={value.dtype.name!r}).reshape({value.shape})"
    if isinstance(value, np.generic):
        return f"np.{type(value).__name__}({literal(value.item())})"
    if isinstance(value, complex):
        return f"complex({value.real!r}, {value.imag!r})"
    if isinstance(value, (tuple, list)):
        inside = ", ".join(map(literal, value))
        return f"[{inside}]" if isinstance(value, list) else f"({inside}{',' * (len(value) == 1)})"
    if isinstance(value, slice):
        return f"slice({literal(value.start)}, {literal(value.stop)}, {literal(value.step)})"
    if isinstance(value, Items):
        return literal(value.listed())
    return "..." if value is Ellipsis else repr(value)


def constant(const: Const) -> str:
    """Return a constant as text, in parentheses where an operator before it could be misread."""
    text = literal(const.value)
    return f"({text})" if text.startswith("-") else text


def _called(name: str) -> Written:
    return lambda operands, params: f"{name}({', '.join([*operands, *_named(params)])})"


def _between(symbol: str) -> Written:
    return lambda operands, _: f"{operands[0]} {symbol} {operands[1]}"


def _before(symbol: str) -> Written:
    return lambda operands, _: f"{symbol}{operands[0]}"


def _named(params: Mapping[str, Any]) -> Iterator[str]:
    return (f"{name}={literal(value)}" for name, value in params.items())


def _joining(name: str) -> Written:
    return lambda operands, params: f"np.{name}(({', '.join(operands)},), axis={params['axis']!r})"


def index_text(index: tuple[object, ...], operands: Iterator[str]) -> str:
    """Return an index as it stands in brackets, its holes filled."""
    return ", ".join(next(operands) if part is HOLE else _part(part) for part in index) or "()"


def _part(part: object) -> str:
    if not isinstance(part, slice):
        return literal(part)
    ends = [("" if one is None else literal(one)) for one in (part.start, part.stop, part.step)]
    return ":".join(ends if part.step is not None else ends[:2])


def _changed(name: str) -> Written:
    def written(operands: Operands, params: Mapping[str, Any]) -> str:
        array, value, *rest = operands
        return f"{name}({array}, {value}, np.s_[{index_text(params['index'], iter(rest))}])"

    return written


def text_of(pieces: tuple[Piece, ...], operands: Iterator[str]) -> str:
    """Return an expression for a text of which some pieces are known in the next stage only."""
    template, given = "", []
    for piece in pieces:
        if isinstance(piece, str):
            template += piece.replace("{", "{{").replace("}", "}}")
        else:
            conversion, spec = piece
            template += "{" + (f"!{conversion}" if conversion else "") + (f":{spec}" if spec else "") + "}"
            given.append(next(operands))
    return f"{template!r}.format({', '.join(given)})" if given else repr("".join(map(str, pieces)))


def _shaping(name: str) -> Written:
    """Write a function that takes a shape; the symbols in it are numbers that follow the array."""

    def written(operands: Operands, params: Mapping[str, Any]) -> str:
        array, *numbers = operands
        shape, given = params["shape"], iter(numbers)
        if numbers:
            extents = [next(given) if isinstance(one, Symbol) else literal(one) for one in shape]
            text = f"({', '.join(extents)},)"
        else:
            text = literal(shape)
        rest = _named({name: value for name, value in params.items() if name != "shape"})
        return f"{name}({', '.join([array, text, *rest])})"

    return written


def _row(values: list[str]) -> str:
    return f"({', '.join(values)}{',' * (len(values) == 1)})"


def _zero(type_: Type, numbers: Iterator[str]) -> str:
    """Return the text of a type's zero; the numbers of its symbols are those that follow the tape."""
    if isinstance(type_, Array) and type_.dims:
        extents = _row([next(numbers) if isinstance(one, Symbol) else str(one) for one in type_.dims])
        return f"np.broadcast_to({literal(type_.dtype.type(0))}, {extents})"
    return literal(zero(type_))


def _tape_pop(operands: Operands, params: Mapping[str, Any]) -> str:
    tape, *numbers = operands
    given = iter(numbers)
    text = f"popped_row({tape}, {_row([_zero(one, given) for one in params['types']])})"
    return text if params["types"] else f"{text}[0]"


def _tape_product(operands: Operands, params: Mapping[str, Any]) -> str:
    (matrix,) = params["types"]
    return f"summed_products({operands[0]}, np.zeros({matrix.dims}, {matrix.dtype.name!r}))"


EXPRESSIONS: dict[str, Written] = {
    **{name: _called(f"np.{name}") for name in (*FUNCTIONS, *REDUCTIONS, *STRUCTURAL, "where")},
    **{name: _called(f"np.linalg.{name}") for name in LINEAR},
    **{name: _called(name) for name in ("bool", "int", "float")},
    **{meaning: _called(name) for name, meaning in OWN_NAMES.items() if meaning != "require"},
    **{name: _between(symbol) for name, symbol in SYMBOLS.items()},
    **{name: _before(symbol) for name, symbol in PREFIXES.items()},
    "reshape": _shaping("np.reshape"),
    "broadcast_to": _shaping("np.broadcast_to"),
    "extent": lambda o, params: f"{o[0]}.shape[{params['axis']!r}]",
    "absolute": _called("abs"),
    "not": lambda o, _: f"not {o[0]}",
    "copy": lambda o, _: f"np.array({o[0]})[()]",
    "item": lambda o, _: f"{o[0]}.item()",
    "math": lambda o, params: f"math.{params['function']}({', '.join(o)})",
    "getitem": lambda o, params: f"{o[0]}[{index_text(params['index'], iter(o[1:]))}]",
    "setitem": _changed("stored"),
    "additem": _changed("added"),
    "concatenate": _joining("concatenate"),
    "stack": _joining("stack"),
    "list_new": lambda *_: "[]",
    "list_append": lambda o, _: f"[*{o[0]}, {o[1]}]",
    "list_pop": _called("popped"),
    "list_get": lambda o, _: f"{o[0]}[{o[1]}]",
    "list_set": _called("replaced"),
    "list_len": _called("len"),
    "tape_new": lambda *_: "()",
    **dict.fromkeys(("tape_push", "tape_gather"), lambda o, _: f"({_row(o[1:])}, {o[0]})"),
    "tape_pop": _tape_pop,
    "tape_product": _tape_product,
}
"""Text for a node, given its operands' texts and its parameters; an operand that is no name stands in parentheses."""
