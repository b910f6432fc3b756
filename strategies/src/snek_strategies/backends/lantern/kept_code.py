"""Virtualized functions in Lantern's cache: where a program is compiled already, it need not be virtualized either."""

from __future__ import annotations

from snek_core_transform.kept_code import CodeKeeper
from snek_strategies.backends.backend import Unavailable
from snek_strategies.backends.lantern.cache import CODE, kept, publish
from snek_strategies.ir.verify import checking


class KeptCode(CodeKeeper):
    """Finds functions in the cache, and puts them there when a program is compiled: until then they only wait."""

    def __init__(self) -> None:
        self._waiting: dict[str, bytes] = {}

    def get(self, key: str) -> bytes | None:
        """Return what the cache has under that key, or None; where borders are checked, every pass runs."""
        try:
            return None if checking() else kept(key, CODE)
        except Unavailable:  # who compiles the program says so
            return None

    def put(self, key: str, content: bytes) -> None:
        """Have `content` wait for `publish`."""
        self._waiting[key] = content

    def publish(self) -> None:
        """Put what waits into the cache."""
        made = []
        while self._waiting:
            key, content = self._waiting.popitem()
            made.append((key, CODE, content))
        if made:
            publish(*made)


KEPT_CODE = KeptCode()
