"""Functions that Numba has no words for, written as loops: gathers, scatters, products, sums up to each element."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import numpy as np

from snek_strategies.backends.placed_index import Along, At, By, Placed
from snek_strategies.ir.symbols import Symbol
from snek_strategies.ir.types import Dim, broadcast

Dims = tuple[Dim, ...]


class Text:
    """Lines of one function, indented."""

    def __init__(self, head: str) -> None:
        self.lines = ["@njit(**OPTIONS)", head]
        self.depth = 1

    def line(self, text: str) -> None:
        """Append a line."""
        self.lines.append("    " * self.depth + text)

    @contextmanager
    def inside(self, heads: Iterable[str]) -> Iterator[None]:
        """Nest the lines that follow in these statements."""
        before = self.depth
        for head in heads:
            self.line(head)
            self.depth += 1
        yield
        self.depth = before

    def __str__(self) -> str:
        return "\n".join(self.lines)


def name_extents(text: Text, *arrays: tuple[str, Dims]) -> None:
    """Write lines that give the symbols among the arrays' extents their numbers."""
    for name, dims in arrays:
        for axis, dim in enumerate(dims):
            if isinstance(dim, Symbol):
                text.line(f"{dim} = {name}.shape[{axis}]")


def ranges(letter: str, sizes: Iterable[object]) -> list[str]:
    """Return the heads of loops over several axes."""
    return [f"for {letter}{at} in range({size}):" for at, size in enumerate(sizes)]


def dtype_text(dtype: np.dtype[np.generic]) -> str:
    """Return a dtype as Numba's programs write it."""
    return "np.bool_" if dtype.kind == "b" else f"np.{dtype.name}"


def shape_text(dims: Dims) -> str:
    """Return a shape as a tuple's text."""
    return f"({', '.join(map(str, dims))}{',' if len(dims) == 1 else ''})"


def _source(placed: Placed, rank_of: dict[int, int]) -> str:
    """Return the source index for result position (o0, o1, …); dynamic operand k is `i{k}`."""
    parts = []
    for place in placed.places:
        if isinstance(place, At):
            parts.append(str(place.position))
        elif isinstance(place, Along):
            parts.append(f"{place.start} + {place.step} * o{place.axis}")
        else:
            assert isinstance(place, By)
            at = ", ".join(f"o{axis}" for axis in place.axes)
            parts.append(f"i{place.operand}[{at}]" if rank_of[place.operand] else f"i{place.operand}")
    return ", ".join(parts)


def _index_name(operand: int, dims: Dims, axes: tuple[int, ...], shape: Dims) -> str | None:
    """Say how an index array that is broadcast must be widened before it is read."""
    wanted = tuple(shape[axis] for axis in axes)
    return None if dims == wanted else f"i{operand} = np.broadcast_to(i{operand}, {shape_text(wanted)})"


def _prepared(text: Text, placed: Placed, index_dims: list[Dims]) -> None:
    for place in placed.places:
        if isinstance(place, By) and index_dims[place.operand]:
            widened = _index_name(place.operand, index_dims[place.operand], place.axes, placed.shape)
            if widened:
                text.line(widened)


def gather(placed: Placed, dims: Dims, index_dims: list[Dims], dtype: np.dtype[np.generic]) -> Callable[[str], str]:
    """Return the text of a function that takes elements: x, then the dynamic indices."""

    def write(function: str) -> str:
        text = Text(f"def {function}(x{''.join(f', i{k}' for k in range(len(index_dims)))}):")
        name_extents(text, ("x", dims), *((f"i{k}", own) for k, own in enumerate(index_dims)))
        _prepared(text, placed, index_dims)
        text.line(f"out = np.empty({shape_text(placed.shape)}, {dtype_text(dtype)})")
        with text.inside(ranges("o", placed.shape)):
            at = ", ".join(f"o{axis}" for axis in range(len(placed.shape)))
            text.line(f"out[{at}] = x[{_source(placed, {k: len(d) for k, d in enumerate(index_dims)})}]")
        text.line("return out")
        return str(text)

    return write


def scatter(
    placed: Placed, dims: Dims, index_dims: list[Dims], value: Dims, *, adds: bool, target: str, copies: bool
) -> Callable[[str], str]:
    """Return the text of a function that stores (or adds) `value` into x or a copy; the last of equal indices wins."""

    def write(function: str) -> str:
        text = Text(f"def {function}(x, value{''.join(f', i{k}' for k in range(len(index_dims)))}):")
        name_extents(text, ("x", dims), *((f"i{k}", own) for k, own in enumerate(index_dims)))
        _prepared(text, placed, index_dims)
        text.line("out = x.copy()" if copies else "out = x")
        if value and value != placed.shape:
            text.line(f"value = np.broadcast_to(value, {shape_text(placed.shape)})")
        with text.inside(ranges("o", placed.shape)):
            at = ", ".join(f"o{axis}" for axis in range(len(placed.shape)))
            element = f"value[{at}]" if value else "value"
            source = _source(placed, {k: len(d) for k, d in enumerate(index_dims)})
            text.line(f"out[{source}] {'+' if adds else ''}= {target}({element})")
        text.line("return out")
        return str(text)

    return write


def product(left: Dims, right: Dims, made: np.dtype[np.generic]) -> Callable[[str], str]:
    """Return the text of a matrix product of any ranks and dtypes, in loops."""
    a = left if len(left) > 1 else (1, *left)
    b = right if len(right) > 1 else (*right, 1)
    batch = broadcast((a[:-2], b[:-2]))
    wide = (*batch, a[-2], b[-1])
    shape = (*batch, *(a[-2:-1] if len(left) > 1 else ()), *(b[-1:] if len(right) > 1 else ()))

    def batched(dims: Dims) -> str:
        offset = len(batch) - (len(dims) - 2)
        return "".join("0, " if dims[axis] == 1 else f"o{axis + offset}, " for axis in range(len(dims) - 2))

    def write(function: str) -> str:
        text = Text(f"def {function}(x, y):")
        name_extents(text, ("x", left), ("y", right))
        text.line(f"x = np.ascontiguousarray(x).reshape({shape_text(a)})")
        text.line(f"y = np.ascontiguousarray(y).reshape({shape_text(b)})")
        text.line(f"out = np.zeros({shape_text(wide)}, {dtype_text(made)})")
        rank = len(wide)
        loops = [*ranges("o", wide[:-1]), f"for k in range({a[-1]}):", f"for o{rank - 1} in range({wide[-1]}):"]
        with text.inside(loops):
            at = ", ".join(f"o{axis}" for axis in range(rank))
            term = f"x[{batched(a)}o{rank - 2}, k] * y[{batched(b)}k, o{rank - 1}]"
            text.line(
                f"out[{at}] = out[{at}] or (x[{batched(a)}o{rank - 2}, k] and y[{batched(b)}k, o{rank - 1}])"
                if made.kind == "b"
                else f"out[{at}] += {term}"
            )
        text.line(f"return out.reshape({shape_text(shape)})" if shape else f"return out[{', '.join('0' * rank)}]")
        return str(text)

    return write


def running(name: str, dims: Dims, axis: int, made: np.dtype[np.generic]) -> Callable[[str], str]:
    """Return the text of `cumsum` or `cumprod` along an axis."""
    sign, start = ("+", 0) if name == "cumsum" else ("*", 1)

    def write(function: str) -> str:
        text = Text(f"def {function}(x):")
        name_extents(text, ("x", dims))
        text.line(f"out = np.empty({shape_text(dims)}, {dtype_text(made)})")
        with text.inside(f"for i{k} in range({dims[k]}):" for k in range(len(dims)) if k != axis):
            text.line(f"acc = {dtype_text(made)}({start})")
            with text.inside([f"for i{axis} in range({dims[axis]}):"]):
                at = ", ".join(f"i{k}" for k in range(len(dims)))
                text.line(f"acc = {dtype_text(made)}(acc {sign} x[{at}])")
                text.line(f"out[{at}] = acc")
        text.line("return out")
        return str(text)

    return write


def by_rows(name: str, dims: Dims, made: np.dtype[np.generic]) -> Callable[[str], str]:
    """Return the text of `sort` or `argsort` along the last axis."""
    call = "np.sort(x[{at}])" if name == "sort" else "np.argsort(x[{at}], kind='mergesort')"

    def write(function: str) -> str:
        text = Text(f"def {function}(x):")
        name_extents(text, ("x", dims))
        text.line(f"out = np.empty({shape_text(dims)}, {dtype_text(made)})")
        with text.inside(ranges("i", dims[:-1])):
            at = ", ".join([*(f"i{k}" for k in range(len(dims) - 1)), ":"])
            text.line(f"out[{at}] = {call.format(at=at)}")
        text.line("return out")
        return str(text)

    return write
