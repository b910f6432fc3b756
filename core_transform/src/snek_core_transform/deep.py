"""Run work that recurses as deep as the user's text is nested."""

from __future__ import annotations

import gc
import sys
import threading
from collections.abc import Callable
from typing import TypeVar

Answer = TypeVar("Answer")

STACK_BYTES = 512 * 1024 * 1024
RECURSION_LIMIT = 200_000

_lock = threading.Lock()


class _CollectionPaused:
    """Keeps Python from looking for cycles: trees have none, and their many nodes would make it look all the time."""

    def __init__(self) -> None:
        self.lock, self.depth, self.was_on = threading.Lock(), 0, False

    def __enter__(self) -> None:
        with self.lock:
            if not self.depth:
                self.was_on = gc.isenabled()
                gc.disable()
            self.depth += 1

    def __exit__(self, *_: object) -> None:
        with self.lock:
            self.depth -= 1
            if not self.depth and self.was_on:
                gc.enable()


_COLLECTION_PAUSED = _CollectionPaused()


def in_deep_stack(work: Callable[[], Answer]) -> Answer:
    """Return `work()`; where it recurses too deep for the caller's stack, do it again in a thread with a large one.

    `work` has no effect but its answer. The memory is reserved, not used, until it is needed.
    """
    try:
        with _COLLECTION_PAUSED:
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
