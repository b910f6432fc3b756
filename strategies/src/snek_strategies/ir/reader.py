"""Reads the S-expressions that `sexpr.py` writes back as programs, and verifies them."""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from snek_core_transform.deep import in_deep_stack
from snek_strategies.ir.interpretations import HOLE, zero
from snek_strategies.ir.symbols import Symbol
from snek_strategies.ir.syntax import Atom, Block, Const, Node, Program, Sym
from snek_strategies.ir.types import TAPE, Array, Dim, Fn, ListOf, Scalar, Type
from snek_strategies.ir.verify import MalformedIR, verify

_TOKEN = re.compile(r'\s*(?:([()])|("(?:[^"\\]|\\.)*")|([^\s()"]+))')
_WORDS: dict[str, object] = {"...": Ellipsis, "_": HOLE, "None": None, "True": True, "False": False}
_KINDS = ("bool", "int", "float", "complex")


class _Text(str):
    """A quoted string, told from a word."""

    __slots__ = ()


def read(text: str) -> Program:
    """Return the program that an S-expression stands for. Raises MalformedIR where it is none or breaks the rules."""
    head, name, body = _shaped(_parsed(text), "program", 3)
    assert head
    try:
        return verify(Program(str(name), in_deep_stack(lambda: _block(body, {}))))
    except (ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
        if isinstance(error, MalformedIR):
            raise
        raise MalformedIR(f"malformed IR: text that sexpr did not write: {error}") from error


def _parsed(text: str) -> Any:
    top: list[Any] = []
    open_: list[list[Any]] = [top]
    at = 0
    while at < len(text.rstrip()):
        found = _TOKEN.match(text, at)
        if found is None:
            raise MalformedIR(f"malformed IR: unreadable at {text[at : at + 40]!r}")
        at = found.end()
        bracket, quoted, word = found.groups()
        if bracket == "(":
            open_[-1].append([])
            open_.append(open_[-1][-1])
        elif bracket == ")":
            if len(open_) == 1:
                raise MalformedIR(f"malformed IR: a ) without its ( before {text[at : at + 40]!r}")
            open_.pop()
        else:
            open_[-1].append(_Text(json.loads(quoted)) if quoted else word)
    if len(open_) > 1 or len(top) != 1:
        raise MalformedIR(f"malformed IR: one S-expression is needed, and {len(open_) - 1} ( are not closed")
    return top[0]


def _shaped(tree: Any, head: str, length: int | None = None) -> list[Any]:
    if not isinstance(tree, list) or not tree or tree[0] != head or (length is not None and len(tree) != length):
        raise MalformedIR(f"malformed IR: ({head} ...) is needed, not {str(tree)[:60]}")
    return tree


def _type(tree: Any) -> Type:
    if tree == "tape":
        return TAPE
    if isinstance(tree, str) and tree in _KINDS:
        return Scalar(tree)  # type: ignore[arg-type]
    if tree[0] == "list":
        item = _type(_shaped(tree, "list", 2)[1])
        assert isinstance(item, (Scalar, Array))
        return ListOf(item)
    if tree[0] == "array":
        return Array(np.dtype(tree[1]), tuple(map(_dim, tree[2:])))
    _, parameters, results = _shaped(tree, "fn", 3)
    return Fn(tuple(map(_type, parameters)), tuple(map(_type, results)))


@lru_cache(maxsize=256)
def _symbol(name: str) -> Symbol:
    made = Symbol(name)
    made.finished = True
    return made


def _dim(word: str) -> Dim:
    return int(word) if word.lstrip("-").isdigit() else _symbol(word)


def _complex(word: str) -> complex:
    real, imaginary = word.split("|")
    return complex(float(real), float(imaginary))


_NUMBERS: dict[str, Callable[[str], object]] = {
    "bool": {"True": True, "False": False}.__getitem__,
    "int": int,
    "float": float,
    "complex": _complex,
}
_KIND_OF = {"b": "bool", "i": "int", "u": "int", "f": "float", "c": "complex"}


def _const(tree: list[Any]) -> Const:
    _, spelled, *words = _shaped(tree, "const")
    if isinstance(spelled, str):
        (word,) = words
        return Const(_NUMBERS[spelled](word), Scalar(spelled))  # type: ignore[arg-type]
    if spelled[0] == "list":
        type_of_list = _type(spelled)
        return Const(zero(type_of_list), type_of_list)
    head, dtype, *dims = spelled
    type_ = Array(np.dtype(dtype), tuple(map(int, dims)))
    parse = _NUMBERS[_KIND_OF[type_.dtype.kind]]
    array = np.array([parse(word) for word in words], type_.dtype).reshape(tuple(map(int, dims)))
    array.flags.writeable = False
    return Const(array if head == "cell" else array[()], type_)


def _atom(tree: Any, scope: dict[int, Sym]) -> Atom:
    if isinstance(tree, list):
        return _const(tree)
    index = int(tree.removeprefix("%"))
    if index not in scope:
        raise MalformedIR(f"malformed IR: {tree} is used before it is bound")
    return scope[index]


def _binders(tree: list[Any], scope: dict[int, Sym]) -> tuple[Sym, ...]:
    syms = tuple(Sym(int(name.removeprefix("%")), _type(type_)) for name, type_ in tree)
    scope.update((sym.index, sym) for sym in syms)
    return syms


def _param(tree: Any) -> object:
    if isinstance(tree, _Text):
        return str(tree)
    if isinstance(tree, str):
        if tree in _WORDS:
            return _WORDS[tree]
        if tree == "tape" or tree in _KINDS:
            return _type(tree)
        if "|" in tree:
            return _complex(tree)
        if tree.isidentifier() and tree not in ("inf", "nan"):
            return _symbol(tree)
        return int(tree) if re.fullmatch(r"-?\d+", tree) else float(tree)
    head, *rest = tree
    if head in ("tuple", "list"):
        items = tuple(map(_param, rest))
        return items if head == "tuple" else list(items)
    if head == "slice":
        return slice(*map(_param, rest))
    if head == "const":
        return _const(tree).value
    if head == "dtype":
        return np.dtype(rest[0])
    if head == "class":
        return _class(rest[0])
    return _type(tree)


def _class(spelled: str) -> object:
    module, _, name = spelled.partition(":")
    found: Any = importlib.import_module(module)
    for part in name.split("."):
        if not hasattr(found, part):
            raise MalformedIR(f"malformed IR: no class {name!r} in module {module!r}; one of a function is not found")
        found = getattr(found, part)
    return found


def _block(tree: Any, scope: dict[int, Sym]) -> Block:
    _, parameters, *nodes, end = _shaped(tree, "block")
    own = _binders(parameters, scope)
    made = tuple(_node(one, scope) for one in nodes)
    _, *results = _shaped(end, "yield")
    return Block(own, made, tuple(_atom(one, scope) for one in results))


def _node(tree: Any, scope: dict[int, Sym]) -> Node:
    _, binders, (primitive, *parts) = _shaped(tree, "let", 3)
    blocks = [one for one in parts if one[0] == "block"]
    params = tuple((one[0][1:], _param(one[1])) for one in parts if isinstance(one, list) and one[0].startswith(":"))
    effects = frozenset(word for one in parts if one[0] == "!" for word in one[1:])
    operands = tuple(_atom(one, scope) for one in parts if isinstance(one, str) or one[0] == "const")
    # A function's name is known inside it.
    results = _binders(binders, scope) if primitive == "function" else ()
    inner = tuple(_block(one, scope) for one in blocks)
    return Node(results or _binders(binders, scope), primitive, operands, params, inner, effects)
