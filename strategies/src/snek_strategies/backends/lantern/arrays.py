"""Arrays as generated code has them: elements in memory at known strides, or a text that computes each element."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from snek_strategies.backends.lantern.cpp_types import Dtype
from snek_strategies.backends.lantern.extents import Extent, count_of

Dims = tuple[Extent, ...]


def row_strides(dims: Dims) -> Dims:
    """Return the strides, in elements, of an array whose rows lie together."""
    return tuple(count_of(dims[at + 1 :]) for at in range(len(dims)))


@dataclass(frozen=True)
class View:
    """Elements in memory: `base` is a pointer's name; `roots` are the buffers that they may lie in."""

    base: str
    dtype: Dtype
    dims: Dims
    strides: Dims
    roots: frozenset[str]
    offset: str = ""

    @property
    def together(self) -> bool:
        """Whether the elements lie in order without gaps."""
        wanted = row_strides(self.dims)
        return all(dim == 1 or own == right for dim, own, right in zip(self.dims, self.strides, wanted, strict=True))

    @property
    def pointer(self) -> str:
        """The address of the first element."""
        return f"{self.base} + {self.offset}" if self.offset else self.base

    def moved(self, *texts: str) -> View:
        """Return the view from further on."""
        parts = [one for one in (self.offset, *texts) if one and one != "0"]
        return replace(self, offset=" + ".join(parts))

    def spread(self, dims: Dims) -> View:
        """Return the view as broadcasting makes it."""
        missing = len(dims) - len(self.dims)
        strides = tuple(
            0 if have == 1 != want else step
            for have, want, step in zip(self.dims, dims[missing:], self.strides, strict=True)
        )
        return replace(self, dims=dims, strides=(0,) * missing + strides)


@dataclass(frozen=True)
class Lazy:
    """Elements that are computed where they are used, from those of `loads` at the same place."""

    dtype: Dtype
    dims: Dims
    loads: tuple[View, ...]
    render: Callable[[list[str]], str]
    size: int = 1
    """How many operations an element takes."""

    @property
    def roots(self) -> frozenset[str]:
        """The buffers that are read."""
        return frozenset().union(*(one.roots for one in self.loads))


def of_view(view: View) -> Lazy:
    """Return a view as elements to compute with."""
    return Lazy(view.dtype, view.dims, (view,), lambda texts: texts[0], 0)


def merged(dims: Dims, views: tuple[View, ...]) -> tuple[Dims, list[Dims]]:
    """Return the extents and each view's strides with axes joined that all views walk as one."""
    kept: list[Extent] = []
    steps: list[list[Extent]] = [[] for _ in views]
    for axis, dim in enumerate(dims):
        if dim == 1:
            continue
        if kept and all(own[-1] == view.strides[axis] * dim for own, view in zip(steps, views, strict=True)):
            kept[-1] *= dim
            for own, view in zip(steps, views, strict=True):
                own[-1] = view.strides[axis]
        else:
            kept.append(dim)
            for own, view in zip(steps, views, strict=True):
                own.append(view.strides[axis])
    return tuple(kept), [tuple(one) for one in steps]


def at(view: View, strides: Dims, indices: list[str]) -> str:
    """Return the text of an element at those indices."""
    return f"{view.base}[{place(view.offset, strides, indices)}]"


def place(offset: str, strides: Dims, indices: list[str]) -> str:
    """Return where an element lies, in elements."""
    parts = [offset] if offset else []
    for step, index in zip(strides, indices, strict=True):
        if step:
            parts.append(index if step == 1 else f"{step} * {index}")
    return " + ".join(parts) or "0"


def loops(dims: Dims, letter: str = "i") -> Iterator[tuple[str, str]]:
    """Yield each axis's index and its `for`."""
    for axis, dim in enumerate(dims):
        name = f"{letter}{axis}"
        yield name, f"for (std::int64_t {name} = 0; {name} < {dim}; ++{name}) {{"
