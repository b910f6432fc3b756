"""An exception of a program or a strategy as an outcome."""

from __future__ import annotations

import traceback

from snek_core_transform.errors import SnekError
from snek_harness.messages import Failed
from snek_harness.phases import Phases
from snek_harness.record import Outcome

_OUT_OF_MEMORY = ("OutOfMemoryError", "ResourceExhaustedError")
_OUT_OF_MEMORY_TEXTS = ("RESOURCE_EXHAUSTED", "can't allocate memory", "CUDA out of memory")
LONGEST_REASON = 600
LONGEST_DETAIL = 20_000


class UnavailableError(SnekError):
    """The strategy cannot run here; the text says why."""


def failed(error: BaseException, phases: Phases) -> Failed:
    """Return the message for an exception: `rejected` in a phase of the cell, `crashed` where the harness failed."""
    outcome: Outcome = "rejected" if phases.current else "crashed"
    if _is_out_of_memory(error):
        outcome = "out_of_memory"
    if isinstance(error, UnavailableError):
        return Failed(outcome="unavailable", reason=str(error), error="", detail="", phases={})
    kind = type(error).__name__
    text = " ".join(str(error).split())
    place = f"at {phases.current.replace('_', ' ')}: " if phases.current else ""
    return Failed(
        outcome=outcome,
        reason=shorten(f"{place}{kind}: {text}" if text else f"{place}{kind}", LONGEST_REASON),
        error=kind,
        detail=shorten("".join(traceback.format_exception(error)), LONGEST_DETAIL),
        phases=phases.seconds,
    )


def _is_out_of_memory(error: BaseException) -> bool:
    if isinstance(error, MemoryError) or type(error).__name__ in _OUT_OF_MEMORY:
        return True
    return any(text in str(error) for text in _OUT_OF_MEMORY_TEXTS)


def shorten(text: str, longest: int) -> str:
    """Return `text`, without its middle where it is longer than `longest` characters.

    >>> shorten("abcdefghij", 7)
    'ab … ij'
    """
    if len(text) <= longest:
        return text
    head = (longest - 3) // 2
    return f"{text[:head]} … {text[len(text) - (longest - 3 - head) :]}"
