"""Run work that recurses as deep as the user's text is nested."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import TypeVar

from .collection_paused import COLLECTION_PAUSED

Answer = TypeVar("Answer")

STACK_BYTES = 512 * 1024 * 1024
RECURSION_LIMIT = 200_000

_lock = threading.Lock()


def in_deep_stack(work: Callable[[], Answer]) -> Answer:
    """Return `work()`; where it recurses too deep for the caller's stack, do it again in a thread with a large one.

    `work` has no effect but its answer. The memory is reserved, not used, until it is needed.
    """
    try:
        with COLLECTION_PAUSED:
            return work()
    except RecursionError:
        pass
    answers: list[Answer] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            answers.append(work())
        except BaseException as error:  # noqa: BLE001 - it is raised again in the thread that asked
            errors.append(error)

    with _lock:
        limit, size = sys.getrecursionlimit(), threading.stack_size(STACK_BYTES)
        try:
            sys.setrecursionlimit(max(limit, RECURSION_LIMIT))
            thread = threading.Thread(target=run)
            thread.start()
            thread.join()
        finally:
            threading.stack_size(size)
            sys.setrecursionlimit(limit)
    if errors:
        raise errors[0]
    return answers[0]
