"""Tracebacks and warnings of virtualized code: the user's frames, as a plain run has them, without operators' own."""

from __future__ import annotations

import contextlib
import functools
import inspect
import os
import sys
import warnings
from collections.abc import Callable
from types import CodeType, FrameType, TracebackType
from typing import Any, TypeVar

Value = TypeVar("Value")

OWN = ("snek_core_transform.", "snek_strategies.")
"""The modules whose frames stand between the user's."""

SWITCH = "SNEK_OPERATOR_FRAMES"
"""The environment variable that, set to anything but 0, leaves operators' frames in tracebacks."""

PIECES = "snek_core_transform.live_state"
"""The module whose functions run the thunks of statements."""

_shown = os.environ.get(SWITCH, "0") not in ("", "0")


class _Piece:
    """Stands among the constants of a thunk's code: the frame is a piece of a user's frame."""

    def __repr__(self) -> str:
        return "<piece>"


class _Whole:
    """Stands among the constants of a virtualized function's code: the frame is a user's."""

    def __repr__(self) -> str:
        return "<whole>"


PIECE, WHOLE = _Piece(), _Whole()


def show_operator_frames(shown: bool) -> None:
    """Say whether tracebacks keep the frames of operators between the user's; they do not unless asked.

    The environment variable `SNEK_OPERATOR_FRAMES=1` says so for a whole run.
    """
    global _shown
    _shown = shown


def is_thunk(code: CodeType) -> bool:
    """Tell whether a code object is a thunk, which belongs to the function that it is a piece of."""
    return bool(code.co_consts) and code.co_consts[-1] is PIECE


def without_operator_frames(operator: Callable[..., Value]) -> Callable[..., Value]:
    """Return `operator` with its own frames, and those below it, left out of the tracebacks of what it raises."""

    @functools.wraps(operator)
    def run(*args: Any, **kwargs: Any) -> Value:
        try:
            return operator(*args, **kwargs)
        except BaseException as error:
            # The frames of thunks, which the traceback keeps, lead back to this one.
            del args, kwargs
            drop_operator_frames(error)
            raise

    return run


def drop_operator_frames(error: BaseException) -> None:
    """Leave out the frames of operators at the start of the traceback of an error that is being handled.

    The walk ends at the first frame of virtualized code: what lies below it was looked at when the error passed there.
    A function whose construct ran as a thunk is there once, at the line that the thunk had reached. The frames left
    out let go of what they hold: Python's own constructs hold nothing any more once an exception has left them.
    """
    if _shown:
        return
    left_out: list[FrameType] = []
    first: TracebackType | None = None
    last: TracebackType | None = None
    entry = error.__traceback__
    while entry is not None:
        following = entry.tb_next
        if _is_own(entry.tb_frame):
            left_out.append(entry.tb_frame)
        else:
            code = entry.tb_frame.f_code
            kind = code.co_consts[-1] if code.co_consts else None
            is_ours = kind is PIECE or kind is WHOLE
            if not (is_ours and following is not None and is_piece_of(following.tb_frame, entry.tb_frame)):
                if last is None:
                    first = entry
                else:
                    last.tb_next = entry
                last = entry
                if is_ours:
                    break
        entry = following
    else:
        if last is not None:
            last.tb_next = None
    error.__traceback__ = first or _untold(error)
    for frame in left_out:
        _let_go(frame)


def _untold(error: BaseException) -> TracebackType | None:
    """Return what tells that a group was made in a thunk: Python leaves out the frame whose `except*` raises one."""
    entry = error.__traceback__ if isinstance(error, BaseExceptionGroup) else None
    while entry is not None and entry.tb_next is not None:
        entry = entry.tb_next
    return entry if entry is not None and entry.tb_frame.f_globals.get("__name__") == PIECES else None


def drop_frame_of_untold(error: BaseException) -> None:
    """Leave out the frame that is handling a group where the group was made in a thunk of this frame."""
    here = error.__traceback__
    if not _shown and here is not None and here.tb_next is not None and _is_own(here.tb_next.tb_frame):
        error.__traceback__ = None


def _let_go(frame: FrameType) -> None:
    """Empty the frame of an operator that has ended."""
    # A generator's frame may be suspended, and to clear it would close the generator.
    if not frame.f_code.co_flags & inspect.CO_GENERATOR:
        with contextlib.suppress(RuntimeError):  # it is the one that looks at the error, and runs still
            frame.clear()


def is_piece_of(frame: FrameType, whole: FrameType) -> bool:
    """Tell whether a frame is of a thunk, with nothing but operators and thunks between it and the frame `whole`."""
    above: FrameType | None = frame
    while above is not None and above is not whole and (is_thunk(above.f_code) or _is_own(above)):
        above = above.f_back
    return above is whole and is_thunk(frame.f_code)


def _is_own(frame: FrameType) -> bool:
    return str(frame.f_globals.get("__name__")).startswith(OWN)


def warn_of_user(
    message: Warning | str,
    category: type[Warning] | None = None,
    stacklevel: int = 1,
    source: object = None,
    **further: Any,
) -> None:
    """`warnings.warn` in virtualized code: `stacklevel` counts the user's frames."""
    frame, level = sys._getframe(1), 2
    wanted = 1 if _is_internal(frame) else stacklevel
    while wanted > 1 and frame.f_back is not None:
        below, frame = frame, frame.f_back
        while frame.f_back is not None and (_is_own(frame) or _is_internal(frame)):
            level += _is_own(frame)
            frame = frame.f_back
        level += 1
        wanted -= not is_piece_of(below, frame)
    level += max(wanted, 1) - 1 if frame.f_back is None else 0
    warnings.warn(message, category, level, source, **further)


def _is_internal(frame: FrameType) -> bool:
    """Tell whether a frame is of the import machinery, which `warnings` does not count."""
    return "importlib" in frame.f_code.co_filename and "_bootstrap" in frame.f_code.co_filename
