"""Where running code stands in the user's file, for operator sets that name the user's line."""

from __future__ import annotations

import itertools
import linecache
import sys
from types import FrameType

from .callee import is_library
from .errors import Place
from .program import characters


def place_of_frame(frame: FrameType) -> Place:
    """Return the place of the instruction that `frame` is executing, with the line's text, columns in characters."""
    code = frame.f_code
    positions = next(itertools.islice(code.co_positions(), frame.f_lasti // 2, None), (None, None, None, None))
    line, end_line, column, end_column = positions
    line = line or frame.f_lineno or code.co_firstlineno
    text = linecache.getline(code.co_filename, line, frame.f_globals)
    end_text = linecache.getline(code.co_filename, end_line or line, frame.f_globals)
    return Place(
        code.co_filename,
        line,
        characters(text, column or 0),
        end_line,
        None if end_column is None else characters(end_text, end_column),
        text,
    )


def user_place() -> Place | None:
    """Return the place of the nearest caller that is user code, or None where there is none on the stack."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and is_library(frame.f_code.co_filename):
        frame = frame.f_back
    return None if frame is None else place_of_frame(frame)
