"""Keep what virtualizing makes of functions between processes: code as bytes, and what is live in it described.

What is kept is found by all that decides what virtualizing makes: the file's text, the function's own code, what the
operator set wishes, Python, and the text of this package and of gast.
"""

from __future__ import annotations

import functools
import hashlib
import importlib
import importlib.util
import json
import marshal
import os
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import lru_cache, partial
from types import CodeType, FunctionType, ModuleType
from typing import Any

import gast

from .callee import overrides_call
from .compile_tree import Sealed
from .construct import Construct
from .errors import Place
from .inline import PLAIN_TYPES
from .operators import Operators
from .program import Text, lines_of, place_of_span, span_of_place, text_of
from .value_construct import ValueConstruct

Description = list[Any]
"""What JSON says of a live object: a word, and what it takes to make the object again."""


WISHES = sorted(name for name, value in vars(Operators).items() if isinstance(value, bool))
"""What an operator set says to the passes besides its groups."""


class CodeKeeper(ABC):
    """Keeps the virtualized code of functions; a subclass says where. What it gives back is run."""

    @abstractmethod
    def get(self, key: str) -> bytes | None:
        """Return what was put there under that key, whole and by nobody else, or None."""

    @abstractmethod
    def put(self, key: str, content: bytes) -> None:
        """Keep `content` for later processes."""

    def code_of(self, function: FunctionType, operators: Operators, build: Callable[[], Sealed]) -> Sealed:
        """Return what `build` makes of `function` for `operators`, or what it has made in an earlier process."""
        text = text_of(function)
        key = _key(function.__code__, operators, text)
        content = self.get(key) if text.read else None
        if content is not None:
            return unpacked(content, operators, function.__code__.co_filename, lines_of(text))
        made = build()
        said = packed(made)
        # A file that was changed meanwhile may be what was built from.
        if said is not None and text_of(function) == text:
            self.put(key, said)
        return made


def packed(made: Sealed) -> bytes | None:
    """Return code as bytes: a line of JSON and the code; None where it holds what cannot be described."""
    described: dict[str, Description] = {}
    for text, value in made.embedded.items():
        said = _described(value)
        if said is None:
            return None
        described[text] = said
    return json.dumps(described).encode() + b"\n" + marshal.dumps(made.code)


def unpacked(content: bytes, operators: Operators, filename: str, lines: tuple[str, ...]) -> Sealed:
    """Return code that was packed, with objects that call `operators`."""
    head, _, code = content.partition(b"\n")
    described: dict[str, Description] = json.loads(head)
    made = {text: _made(said, operators, filename, lines) for text, said in described.items()}
    return Sealed(marshal.loads(code), made)  # noqa: S302 - the keeper gives only what it has kept


def _described(value: object) -> Description | None:
    if type(value) is ValueConstruct:
        return ["values"]
    if type(value) is Construct:
        where = value.where
        span = span_of_place(where)
        whole = isinstance(where, partial) and where.func is Place
        if value.fragment is not None or not (span or whole):
            return None
        return ["construct", span, value.word, value.names, value.cell_names, sorted(value.caught)]
    if isinstance(value, ModuleType):
        return ["named", value.__name__, ""]
    module, name = getattr(value, "__module__", None), getattr(value, "__qualname__", None)
    return ["named", module, name] if _is_named(module, name, value) else None


def _is_named(module: object, name: object, value: object) -> bool:
    if not isinstance(name, str) or module not in sys.modules:
        return False
    try:
        return _named(str(module), name) is value
    except AttributeError:  # a name that its module does not have, as those in functions are
        return False


def _named(module: str, name: str) -> object:
    return functools.reduce(getattr, filter(None, name.split(".")), importlib.import_module(module))


def _made(said: Description, operators: Operators, filename: str, lines: tuple[str, ...]) -> object:
    match said:
        case ["values"]:
            return ValueConstruct(operators)
        case ["named", module, name]:
            return _named(module, name)
        case ["construct", span, word, names, cell_names, caught]:
            where = partial(Place, filename, 1) if span is None else place_of_span(filename, lines, tuple(span))
            made = Construct(operators, where, word)
            made.names, made.cell_names, made.caught = tuple(names), tuple(cell_names), frozenset(caught)
            return made
    raise AssertionError(said)


def _key(code: CodeType, operators: Operators, text: Text) -> str:
    kind = type(operators)
    wishes = *(getattr(operators, name) for name in WISHES), overrides_call(operators)
    parts = (
        *_SURROUNDINGS,
        kind.__module__,
        kind.__qualname__,
        *sorted(operators.groups),
        wishes,
        _digest(text),
        *(code.co_filename, code.co_name, code.co_qualname, code.co_firstlineno, code.co_flags),
        *(code.co_varnames, code.co_freevars, code.co_cellvars, code.co_names),
        *(code.co_code.hex(), code.co_linetable.hex()),
        [repr(one) for one in code.co_consts if type(one) in PLAIN_TYPES],
    )
    return hashlib.sha256(repr(parts).encode()).hexdigest()


@lru_cache(maxsize=32)
def _digest(text: Text) -> str:
    return hashlib.sha256("".join(text.read).encode(errors="surrogatepass")).hexdigest()


def _digest_of_packages(*files: str) -> str:
    held = hashlib.sha256()
    for file in files:
        folder = os.path.dirname(file)
        for name in sorted(one for one in os.listdir(folder) if one.endswith(".py")):
            with open(os.path.join(folder, name), "rb") as source:
                held.update(f"{name}\0".encode() + source.read() + b"\0")
    return held.hexdigest()


# Asked as this module is loaded, near to when the others were: later their files may be others'.
_SURROUNDINGS = (sys.version, importlib.util.MAGIC_NUMBER.hex(), _digest_of_packages(__file__, gast.__file__))
