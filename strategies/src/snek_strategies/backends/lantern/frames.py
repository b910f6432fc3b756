"""Where in a function's frame each buffer lies: one that is written for the first time takes the place of a dead one.

When a buffer is alive is read off the function's text, in which every use of its memory has its name or the name of a
pointer to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from snek_strategies.backends.lantern.cpp_types import Dtype
from snek_strategies.backends.lantern.extents import Extent, rounded

ALIGNED = 64


@dataclass(frozen=True)
class Frame:
    """How many bytes a frame takes, and how far into it each buffer lies."""

    size: Extent
    offsets: Mapping[str, Extent]


@dataclass
class _Slot:
    """Memory for buffers of one type, of which the newest is alive up to a line."""

    dtype: Dtype
    size: Extent
    last: int


@dataclass
class _Loop:
    """The lines of a loop, and the loop around it."""

    first: int
    last: int
    around: _Loop | None

    def has(self, line: int) -> bool:
        return self.first <= line <= self.last


def planned(
    lines: Sequence[str], buffers: Mapping[str, tuple[Dtype, Extent]], pointers: Iterable[tuple[str, str]]
) -> Frame:
    """Return the frame of a function of these lines; `pointers` are pairs of names that may lead to the same memory.

    Buffers share memory with those of their own type only: what a compiler knows of pointers to other types stays true.
    """
    spans = _spans(lines, buffers, pointers)
    slots: list[_Slot] = []
    taken: dict[str, _Slot] = {}
    for name in sorted(buffers, key=lambda name: spans[name]):
        dtype, count = buffers[name]
        first, last = spans[name]
        size = rounded((count or 1) * dtype.itemsize, ALIGNED)
        slot = _nearest([slot for slot in slots if slot.dtype == dtype and slot.last < first], size)
        if slot is None:
            slots.append(slot := _Slot(dtype, size, last))
        slot.last = last
        taken[name] = slot
    ends: Extent = 0
    offsets: dict[int, Extent] = {}
    for slot in slots:
        offsets[id(slot)] = ends
        ends += slot.size
    return Frame(ends, {name: offsets[id(slot)] for name, slot in taken.items()})


def _nearest(free: Sequence[_Slot], size: Extent) -> _Slot | None:
    """Return the slot that fits best, made large enough; a size that only the run tells fits none but its own."""
    same = next((slot for slot in free if slot.size == size), None)
    if same is not None or not isinstance(size, int):
        return same
    known = [(slot.size < size, abs(slot.size - size), slot) for slot in free if isinstance(slot.size, int)]
    if not known:
        return None
    _, _, best = min(known, key=lambda one: one[:2])
    best.size = max(size, best.size)
    return best


def _spans(
    lines: Sequence[str], buffers: Iterable[str], pointers: Iterable[tuple[str, str]]
) -> dict[str, tuple[int, int]]:
    """Return the first and the last line on which each buffer's memory is in use."""
    same = _joined(pointers)
    wanted = set(buffers) | same.keys()
    around = _loops(lines)
    seen: dict[str, tuple[int, int]] = {}
    for at, line in enumerate(lines):
        if line.lstrip().startswith("//"):
            continue
        for word in wanted.intersection(re.findall(r"\w+", line)):
            group = same.get(word, word)
            seen[group] = (seen.get(group, (at, at))[0], at)
    spans = {
        group: (_begin(around[first], first, last), _end(around[last], first, last))
        for group, (first, last) in seen.items()
    }
    for region in _at_once(lines):
        spans = {group: _widened(span, region) for group, span in spans.items()}
    return {name: spans.get(same.get(name, name), (0, 0)) for name in buffers}


def _at_once(lines: Sequence[str]) -> list[tuple[int, int]]:
    """Return the first and the last line of each pair of parts that may run at once, inner ones first."""
    found, open_ = [], []
    for at, line in enumerate(lines):
        if "lantern::both<" in line:
            open_.append((at, line[: len(line) - len(line.lstrip())]))
        elif open_ and line == f"{open_[-1][1]}}});":
            found.append((open_.pop()[0], at))
    return found


def _widened(span: tuple[int, int], region: tuple[int, int]) -> tuple[int, int]:
    """Return a span that holds the whole region where it meets it: nobody knows which part's lines run first."""
    if span[1] < region[0] or region[1] < span[0]:
        return span
    return min(span[0], region[0]), max(span[1], region[1])


def _begin(loop: _Loop | None, first: int, last: int) -> int:
    """Return where memory begins to be alive: what is used after a loop must outlive the whole of its next trips."""
    while loop is not None and not loop.has(last):
        first, loop = loop.first, loop.around
    return first


def _end(loop: _Loop | None, first: int, last: int) -> int:
    """Return up to where memory is alive: what comes from before a loop is read again on its next trip."""
    while loop is not None and not loop.has(first):
        last, loop = loop.last, loop.around
    return last


def _joined(pointers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return for each name in a pair the one that stands for all that may lead to the same memory."""
    same: dict[str, str] = {}
    for pair in pointers:
        one, other = (same.get(name, name) for name in pair)
        same.update({name: one for name, group in same.items() if group == other})
        same.update({pair[0]: one, pair[1]: one, other: one})
    return same


def _loops(lines: Sequence[str]) -> list[_Loop | None]:
    """Return the innermost loop around each line; its first and its last line are in it."""
    around: list[_Loop | None] = []
    blocks: list[_Loop | None] = [None]
    for at, line in enumerate(lines):
        text = line.strip()
        inside = blocks[-1]
        if text.startswith("}"):
            blocks.pop()
            if inside is not None and inside is not blocks[-1]:
                inside.last = at
        if text.endswith("{"):
            # A loop that threads share runs like any other, several trips at once.
            is_loop = text.startswith("for (") or "lantern::spread<" in text
            inside = _Loop(at, len(lines), blocks[-1]) if is_loop else blocks[-1]
            blocks.append(inside)
        around.append(inside)
    return around
