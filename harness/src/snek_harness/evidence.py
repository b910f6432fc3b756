"""Evidence of capture: count the program's Python frames on later calls, and compare the system's counters."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import CodeType, FrameType


@dataclass
class FrameCount:
    """How many frames of program code ran in Python, and where the first one began."""

    frames: int = 0
    first: str = ""


@contextmanager
def program_frames(files: Collection[str], is_glue: Callable[[CodeType], bool]) -> Iterator[FrameCount]:
    """Count, inside the `with`, the frames whose code lies in `files`, except a system's own entry code.

    Counts the calling thread, threads that `threading` starts meanwhile and, from Python 3.12 on, all its threads.
    """
    count = FrameCount()

    begun: dict[int, int] = {}

    def profile(frame: FrameType, event: str, _: object) -> None:
        code = frame.f_code
        if code.co_filename not in files or is_glue(code):
            return
        # Counted as the frame ends: Numba reports an entry frame under the program's own code object that never
        # executes an instruction, and that is how the two are told apart.
        if event == "call":
            begun[id(frame)] = frame.f_lasti
        elif event == "return" and begun.pop(id(frame), -1) != frame.f_lasti:
            count.frames += 1
            count.first = count.first or f"{code.co_name} at {os.path.basename(code.co_filename)}:{code.co_firstlineno}"

    every_thread = getattr(threading, "setprofile_all_threads", threading.setprofile)
    every_thread(profile)
    sys.setprofile(profile)
    try:
        yield count
    finally:
        sys.setprofile(None)
        every_thread(None)


def verdict(frames: FrameCount, first: Mapping[str, int], last: Mapping[str, int]) -> str:
    """Return why the program is not captured, or "" where the evidence says that it is.

    `first` are the system's counters after the first call, `last` after later calls with fresh values.
    """
    doubts = []
    if frames.frames:
        doubts.append(f"Python ran the program on later calls: {frames.frames} frames, the first {frames.first}")
    if last.get("graphs", 0) > 1:
        doubts.append(f"the program is split into {last['graphs']} graphs")
    if last.get("breaks", 0) > 0:
        doubts.append(f"the system went back to Python at {last['breaks']} places")
    doubts += [
        f"{name} grew from {first.get(name, 0)} to {last[name]} on later calls with fresh values"
        for name in last
        if last[name] > first.get(name, 0)
    ]
    return "; ".join(doubts)
