"""Which loops and products a program's threads share, and how they are written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snek_strategies.backends.lantern.arrays import Dims
from snek_strategies.backends.lantern.extents import Extent, count_of

if TYPE_CHECKING:
    from snek_strategies.backends.lantern.writer import Writer

ELEMENTS = 1 << 17
"""How many elements a loop has at least: some 100 us, of which a thread's beginning is a fifth."""
PRODUCTS = 1 << 22
"""How many multiplications a product has at least."""

Heads = list[tuple[str, str]]


def begun(w: Writer, dims: Dims, heads: Heads) -> Heads:
    """Begin to share a loop over elements where that pays; return the heads of the loops that each thread runs."""
    if not _pays(w, dims):
        return heads
    w.line(f"lantern::spread<{w.shared.threads}>({dims[0]}, [=](std::int64_t first, std::int64_t last) {{")
    w.depth += 1
    name = heads[0][0]
    return [(name, f"for (std::int64_t {name} = first; {name} < last; ++{name}) {{"), *heads[1:]]


def ended(w: Writer, dims: Dims) -> None:
    """End what `begun` has begun."""
    if _pays(w, dims):
        w.depth -= 1
        w.line("});")


def _pays(w: Writer, dims: Dims) -> bool:
    return w.shared.threads > 1 and count_of(dims) >= ELEMENTS and dims[0] >= w.shared.threads


def is_shared(w: Writer, extents: tuple[Extent, Extent, Extent]) -> bool:
    """Tell whether threads share a product."""
    return w.shared.threads > 1 and count_of(extents) >= PRODUCTS and max(extents[:2]) >= w.shared.threads
