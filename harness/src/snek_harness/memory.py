"""How much memory a process and everything it started hold."""

from __future__ import annotations

import psutil


def resident_bytes(pid: int) -> int:
    """Return the resident bytes of a process and its descendants; of those that are gone, nothing."""
    try:
        process = psutil.Process(pid)
        family = [process, *process.children(recursive=True)]
    except psutil.Error:
        return 0
    total = 0
    for member in family:
        try:
            total += member.memory_info().rss
        except psutil.Error:
            continue
    return total
