"""How staging stops: with the user's place, past every `except` of the user's."""

from __future__ import annotations

import dis
import sys
import sysconfig
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path
from types import CodeType, FrameType
from typing import NoReturn

import snek_core_transform
from snek_core_transform.errors import Place, StagingError

Positions = tuple[int | None, int | None, int | None, int | None]

OURS = tuple(str(Path(file).parent) + "/" for file in (Path(__file__).parent, snek_core_transform.__file__))
"""The folders of Snek's machinery."""
LIBRARIES = tuple(sysconfig.get_path(name) + "/" for name in ("stdlib", "purelib", "platlib"))
"""The folders of the standard library and of installed packages."""


FIRST: ContextVar[StagingError | None] = ContextVar("snek_first_refusal", default=None)
"""The first refusal of a staging: it counts even where a bare `except` of the user's swallows what carries it."""


BEGINNING: ContextVar[Place | None] = ContextVar("snek_beginning", default=None)
"""Where the program that is being staged begins: the place of what is wrong with it as a whole."""


class StagingStopped(BaseException):
    """Carries a refusal out of the user's program; not an Exception, so that no handler of the user's takes it."""

    def __init__(self, error: StagingError) -> None:
        super().__init__(str(error))
        self.error = error


def user_place() -> Place | None:
    """Return the place in the user's file that is being staged: the innermost frame of no library and not of Snek."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and not is_users(frame.f_code.co_filename):
        if _begins_staging(frame):
            # What lies around it called the staged function; what is wrong is the function's.
            return BEGINNING.get()
        frame = frame.f_back
    return None if frame is None else _place(frame)


def called_by_the_user() -> bool:
    """Tell whether the code that called the operator that asks is the user's, and not a library's that is staged."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith(OURS) and not _begins_staging(frame):
        frame = frame.f_back
    return frame is not None and not _begins_staging(frame) and is_users(frame.f_code.co_filename)


def stores_item() -> bool:
    """Tell whether the user's code is at a store to an item: what asks for a value there is the container."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and not is_users(frame.f_code.co_filename):
        frame = frame.f_back
    return frame is not None and frame.f_code.co_code[frame.f_lasti] in _STORES


_STORES = frozenset(dis.opmap[name] for name in ("STORE_SUBSCR", "STORE_SLICE") if name in dis.opmap)


def _begins_staging(frame: FrameType) -> bool:
    return frame.f_code.co_name == "collect" and frame.f_globals.get("__name__") == "snek_strategies.staging.trace"


@lru_cache(maxsize=4096)
def is_users(filename: str) -> bool:
    """Tell whether a file is the user's: of no installed package and not of Snek's machinery."""
    return not filename.startswith((*OURS, *LIBRARIES, "<frozen"))


def _place(frame: FrameType) -> Place:
    return _position(frame.f_code, frame.f_lasti, frame.f_lineno)


def _position(code: CodeType, instruction: int, known: int) -> Place:
    line, end_line, column, end_column = _positions(_Same(code))[instruction // 2]
    return Place(code.co_filename, line or known, column or 0, end_line, end_column)


class _Same:
    """A code object found by identity: hashing a long function's code takes long."""

    __slots__ = ("code",)

    def __init__(self, code: CodeType) -> None:
        self.code = code

    def __hash__(self) -> int:
        return id(self.code)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.code is self.code


@lru_cache(maxsize=256)
def _positions(same: _Same) -> tuple[Positions, ...]:
    """Return where each instruction of a function comes from."""
    return tuple(same.code.co_positions())


def beginning(function: object) -> Place | None:
    """Return the place where a function's text begins."""
    code = getattr(getattr(function, "__func__", function), "__code__", None)
    return None if code is None else Place(code.co_filename, code.co_firstlineno)


def place_of_error(error: BaseException) -> Place | None:
    """Return the innermost place in the user's files that an exception passed through."""
    found: Place | None = None
    traceback = error.__traceback__
    while traceback is not None:
        code = traceback.tb_frame.f_code
        if is_users(code.co_filename):
            found = _position(code, traceback.tb_lasti, traceback.tb_lineno)
        traceback = traceback.tb_next
    return found


def refuse(message: str, place: Place | None = None, *, code: str = "SNK0200") -> NoReturn:
    """Stop staging with a StagingError at the user's place; `code` is its id in `diagnostics.py`."""
    error = refusal_of(message, place or user_place(), code)
    FIRST.set(FIRST.get() or error)
    raise StagingStopped(error)


def refusal_of(message: str, place: Place | None, code: str) -> StagingError:
    """Return a refusal that says why the value that it is about is dynamic."""
    from snek_strategies.staging.origins import reason

    return StagingError(message + reason(code, place), place, code=code)
