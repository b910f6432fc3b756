"""Texts with values of the next stage in them: what an f-string gives, what `print` writes, what an exception says."""

from __future__ import annotations

import sys
from typing import NoReturn

from snek_strategies.ir.interpretations import CONVERTING, HOLE, Piece, Text
from snek_strategies.staging.builder import builder
from snek_strategies.staging.operands import has_rep
from snek_strategies.staging.optional import Maybe
from snek_strategies.staging.partly_bound import settle
from snek_strategies.staging.refusal import refuse
from snek_strategies.staging.rep import Rep, lift


class StagedText:
    """A text whose pieces are known now, and whose values are known in the next stage."""

    __slots__ = ("pieces", "reps")

    def __init__(self, pieces: tuple[Piece, ...], reps: tuple[Rep, ...]) -> None:
        self.pieces = pieces
        self.reps = reps

    def __repr__(self) -> str:
        return "<Rep of a text>"

    def _unknown(self, *_: object) -> NoReturn:
        refuse(
            "a text with values known only in the next stage can be printed or raised; do all else with the values",
            code="SNK0201",
        )

    __str__ = __bool__ = __len__ = __eq__ = __hash__ = __getitem__ = __iter__ = __contains__ = __format__ = _unknown
    __lt__ = __mul__ = __mod__ = _unknown

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._unknown()

    def __add__(self, other: object) -> object:
        return joined(self, other) if isinstance(other, str | StagedText) else NotImplemented

    def __radd__(self, other: object) -> object:
        return joined(other, self) if isinstance(other, str) else NotImplemented


def joined(*parts: object) -> object:
    """Return the text of its parts, which are texts of either stage."""
    if not any(isinstance(one, StagedText) for one in parts):
        return "".join(parts)  # type: ignore[arg-type]
    pieces: list[Piece] = []
    reps: list[Rep] = []
    for one in parts:
        pieces.extend(one.pieces if isinstance(one, StagedText) else (one,))  # type: ignore[arg-type]
        reps.extend(one.reps if isinstance(one, StagedText) else ())
    return StagedText(tuple(pieces), tuple(reps))


def text_of(value: object, conversion: str | None = "s", spec: object = "") -> object:
    """Return what formatting a value gives: a text now where it is known now."""
    value = settle(value)
    if isinstance(value, Maybe):
        refuse("the text of a value that is None where data decide; test it for None before", code="SNK0201")
    if isinstance(spec, StagedText):
        refuse("a format known only in the next stage; make it static", code="SNK0201")
    if isinstance(value, StagedText) and conversion in ("s", None) and not spec:
        return value
    if isinstance(value, Rep):
        return StagedText(((conversion, str(spec)),), (Rep(value.atom),))
    if isinstance(value, BaseException) and conversion in ("s", None) and not spec:
        shown = _exception(value)
        if shown is not None:
            return shown
    if has_rep(value) and not spec:
        shown = _container(value)
        if shown is not None:
            return shown
    made = format(CONVERTING[conversion](value) if conversion else value, str(spec))
    if "<Rep " in made:
        refuse(
            f"the text of a {type(value).__name__} that holds values known only in the next stage; take its values",
            code="SNK0204",
        )
    return made


def _exception(error: BaseException) -> object | None:
    """Return the text of an exception of Python's that holds values of the next stage, or None for others."""
    if not any(isinstance(one, StagedText) or has_rep(one) for one in error.args):
        return None
    spelled = type(error).__str__
    if spelled is KeyError.__str__ and len(error.args) == 1:
        return text_of(error.args[0], "r")
    if spelled is not BaseException.__str__:
        return refuse(
            f"the text of a {type(error).__name__}, which makes it of values known only in the next stage; take them "
            "from its args",
            code="SNK0204",
        )
    return text_of(error.args[0] if len(error.args) == 1 else error.args)


def _container(value: object) -> object | None:
    """Return the text of a list, tuple or dict that holds a Rep, as Python writes it."""
    if isinstance(value, dict) and type(value) is dict:
        parts = [joined(text_of(name, "r"), ": ", text_of(one, "r")) for name, one in value.items()]
        return joined("{", *_separated(parts), "}")
    if isinstance(value, list):
        return joined("[", *_separated([text_of(one, "r") for one in value]), "]")
    if type(value) is tuple:
        return joined("(", *_separated([text_of(one, "r") for one in value]), ",)" if len(value) == 1 else ")")
    return None


def _separated(parts: list[object]) -> list[object]:
    return [part for one in parts for part in (", ", one)][1:]


def stage_print(
    *values: object, sep: object = None, end: object = None, file: object = None, flush: bool = False
) -> None:
    """Stage `print(...)`: it happens at every call, in its place among the other effects."""
    streams = {None: "stdout", id(sys.stdout): "stdout", id(sys.stderr): "stderr"}
    stream = streams.get(None if file is None else id(file))
    if stream is None:
        refuse(
            f"print to a {type(file).__name__} in a staged program; print to sys.stdout or sys.stderr", code="SNK0204"
        )
    if flush:
        refuse("print with flush= in a staged program; leave it out", code="SNK0204")
    texts = [text_of(one) for one in values]
    operands = tuple(lift(rep) for one in texts if isinstance(one, StagedText) for rep in one.reps)
    pieces = tuple(one.pieces if isinstance(one, StagedText) else (str(one),) for one in texts)
    ends = [" " if sep is None else sep, "\n" if end is None else end]
    if not all(isinstance(one, str) for one in ends):
        refuse("print with a sep= or end= that is no text known now", code="SNK0204")
    builder().reflect("print", operands, {"texts": pieces, "sep": ends[0], "end": ends[1], "stream": stream}, types=())


def held_by_exception(arguments: tuple[object, ...]) -> tuple[tuple[object, ...], tuple[Rep, ...]]:
    """Return an exception's arguments with holes and texts in place of values of the next stage, and these."""
    held: list[object] = []
    reps: list[Rep] = []
    for one in map(settle, arguments):
        if isinstance(one, Rep):
            held.append(HOLE)
            reps.append(one)
        elif isinstance(one, StagedText):
            held.append(Text(one.pieces))
            reps.extend(one.reps)
        else:
            if has_rep(one):
                refuse(
                    "an exception that holds a container of values known only in the next stage; give it the values",
                    code="SNK0215",
                )
            held.append(one)
    return tuple(held), tuple(reps)
