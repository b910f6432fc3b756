"""Have Python not look for cycles while trees and programs are built: they have none, and many nodes provoke it."""

from __future__ import annotations

import gc
import threading


class _CollectionPaused:
    """Pauses the collector while anybody is inside, in whatever thread; leaves it as the first one found it."""

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


COLLECTION_PAUSED = _CollectionPaused()
"""One for all: `with COLLECTION_PAUSED:` may be entered again inside itself, and by several threads at once."""
