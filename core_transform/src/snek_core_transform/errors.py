"""The errors that Snek raises, and the place in a user's file that they name."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """Where something stands in the user's source: file, line (from 1), column offset (from 0, in characters)."""

    filename: str
    line: int
    column: int = 0
    end_line: int | None = None
    end_column: int | None = None
    text: str = ""

    def __str__(self) -> str:
        return f"{self.filename}:{self.line}"


class SnekError(Exception):
    """Every error that Snek raises on purpose derives from this class.

    `code` is the stable id of what went wrong, for those that `docs/diagnostics.md` explains.
    """

    code: str | None = None


class UsageError(SnekError, ValueError):
    """A name, value or file that was asked for does not exist or does not fit; says what does."""


class UnsupportedSyntax(SnekError, SyntaxError):
    """A construct that the transform cannot keep faithful; Python draws the caret under it.

    `message` says what is wrong and what to do instead; `place` is the construct's place in the user's file.
    """

    code = "SNK0101"

    def __init__(self, message: str, place: Place) -> None:
        SyntaxError.__init__(
            self,
            message,
            (
                place.filename,
                place.line,
                place.column + 1,
                place.text,
                place.end_line,
                None if place.end_column is None else place.end_column + 1,
            ),
        )
        self.place = place


class NoSource(SnekError, OSError):
    """A function's source text cannot be had, or is not the text that the running code was made from."""

    code = "SNK0102"


class StagingError(SnekError, TypeError):
    """A strategy cannot stage this construct or value; names construct, place, strategy and remedy."""

    def __init__(self, message: str, place: Place | None = None, *, code: str | None = None) -> None:
        super().__init__(f"{place}: {message}" if place else message)
        self.place = place
        self.code = code
        if code is not None:
            self.add_note(f"{code}: explained in docs/diagnostics.md")
