"""Where the lines of a text that Snek wrote come from: each names its place in the user's file."""

from __future__ import annotations

import hashlib
import linecache
import threading
from collections.abc import Mapping
from types import MappingProxyType

from snek_core_transform.errors import Place

_maps: dict[str, Mapping[int, Place]] = {}
_lock = threading.Lock()


def register(title: str, text: str, places: Mapping[int, Place]) -> str:
    """Give `text` a file name that `linecache` and `inspect` know, such as `<snek lstm torch 1a2b3c4d>`; return it.

    The name depends on the text and on the places its lines come from (their files by name, without folders), and on
    nothing else: the same text from the same file has the same name in every process. Two texts that agree in all that
    and lie in different folders are told apart by a number.
    """
    origins = [(line, place.filename.rpartition("/")[2], place.line) for line, place in sorted(places.items())]
    digest = hashlib.sha256(repr((text, origins)).encode()).hexdigest()[:8]
    with _lock:
        number = 1
        while True:
            filename = f"<snek {title} {digest}>" if number == 1 else f"<snek {title} {digest} {number}>"
            if _maps.get(filename, places) == places:
                break
            number += 1
        _maps[filename] = MappingProxyType(dict(places))
        # Without a modification time, linecache.checkcache leaves an entry alone.
        linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    return filename


def origin(filename: str, line: int) -> Place | None:
    """Return the place in the user's file that this line of a bound text comes from.

    None where `filename` is no text that Snek wrote, or the line (an import, a blank) comes from nowhere.
    """
    return line_map(filename).get(line)


def line_map(filename: str) -> Mapping[int, Place]:
    """Return the places of all lines, from 1, of the text under `filename`; empty where Snek did not write it.

    A line inside a statement of several lines (a docstring) has the place of the statement's first line.
    """
    return _maps.get(filename, MappingProxyType({}))
