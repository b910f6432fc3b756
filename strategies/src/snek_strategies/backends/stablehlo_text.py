"""StableHLO as text: values with names, operations as lines, and what is known now as constants where it is used."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

Dims = tuple[int, ...]
DType = np.dtype[np.generic]
BOOL = np.dtype(bool)

_PREFIX = {"b": "i", "i": "i", "u": "ui", "f": "f"}


@dataclass(frozen=True, eq=False, slots=True)
class Tensor:
    """A value: its name in the text, or what it holds where that is known now (one number, for any shape)."""

    name: str
    dtype: DType
    shape: Dims
    held: np.ndarray | None = None

    @property
    def ndim(self) -> int:
        """Return the number of axes."""
        return len(self.shape)


class Text:
    """The lines of a function, and the names that are taken."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._names = 0
        self._constants: dict[tuple[object, ...], str] = {}

    def fresh(self) -> str:
        """Return a name that is not taken."""
        self._names += 1
        return f"%{self._names}"

    @contextmanager
    def region(self) -> Iterator[list[str]]:
        """Write into the lines of a region of its own: constants of it are its own, so that no loop carries them."""
        around = self.lines, self._constants
        self.lines, self._constants = [], {}
        try:
            yield self.lines
        finally:
            self.lines, self._constants = around

    def emit(self, written: str, dtype: DType, shape: Dims) -> Tensor:
        """Write an operation that gives one value, and return that."""
        name = self.fresh()
        self.lines.append(f"{name} = {written}")
        return Tensor(name, dtype, shape)

    def name(self, value: Tensor) -> str:
        """Return the name of a value, which a constant gets where it is used."""
        return value.name if value.held is None else self._constant(value.held, value.dtype, value.shape)

    def names(self, values: Sequence[Tensor]) -> str:
        """Return the names of several."""
        return ", ".join(map(self.name, values))

    def _constant(self, held: np.ndarray, dtype: DType, shape: Dims) -> str:
        key = dtype, shape, held.tobytes()
        found = self._constants.get(key)
        if found is None:
            made = f"stablehlo.constant dense<{_literal(held)}> : {type_of(dtype, shape)}"
            found = self._constants[key] = self.emit(made, dtype, shape).name
        return found

    def same(self, operation: str, operands: Sequence[Tensor]) -> Tensor:
        """Write an operation whose operands and result are of one type."""
        first = operands[0]
        written = f"stablehlo.{operation} {self.names(operands)} : {type_of(first.dtype, first.shape)}"
        return self.emit(written, first.dtype, first.shape)

    def typed(self, written: str, operands: Sequence[Tensor], dtype: DType, shape: Dims) -> Tensor:
        """Write an operation, followed by the types of its operands and its result."""
        return self.emit(f"{written} : {arrow(operands)} {type_of(dtype, shape)}", dtype, shape)

    def compare(self, direction: str, a: Tensor, b: Tensor) -> Tensor:
        """Write a comparison of two values of one type."""
        kind = {"f": "FLOAT", "c": "FLOAT", "i": "SIGNED"}.get(a.dtype.kind, "UNSIGNED")
        return self.typed(f"stablehlo.compare {direction}, {self.names((a, b))}, {kind}", (a, b), BOOL, a.shape)

    def select(self, flag: Tensor, then: Tensor, orelse: Tensor) -> Tensor:
        """Write a choice between two values of one type, by a flag for all or for each element."""
        types = f"{type_of(BOOL, flag.shape)}, {type_of(then.dtype, then.shape)}"
        return self.emit(f"stablehlo.select {self.names((flag, then, orelse))} : {types}", then.dtype, then.shape)

    def convert(self, x: Tensor, dtype: DType) -> Tensor:
        """Write a value with another dtype, as NumPy does it."""
        if x.dtype == dtype:
            return x
        if dtype == BOOL:
            return self.compare("NE", x, full(0, x.dtype, x.shape))
        if x.dtype.kind == "c" and dtype.kind != "c":
            real = np.dtype(f"f{x.dtype.itemsize // 2}")
            x = self.typed(f"stablehlo.real {self.name(x)}", (x,), real, x.shape)
        return x if x.dtype == dtype else self.typed(f"stablehlo.convert {self.name(x)}", (x,), dtype, x.shape)

    def reshape(self, x: Tensor, dims: Dims) -> Tensor:
        """Write the same elements in another shape."""
        if x.held is not None:
            return Tensor("", x.dtype, dims, x.held if x.held.size == 1 else x.held.reshape(dims))
        return x if x.shape == dims else self.typed(f"stablehlo.reshape {self.name(x)}", (x,), x.dtype, dims)

    def spread(self, x: Tensor, dims: Dims) -> Tensor:
        """Write a value broadcast to a shape; a number that is known is one of that shape."""
        if x.shape == dims:
            return x
        if x.held is not None and x.held.size == 1:
            return Tensor("", x.dtype, dims, x.held)
        return self.placed(x, dims, tuple(range(len(dims) - x.ndim, len(dims))))

    def placed(self, x: Tensor, dims: Dims, axes: Dims) -> Tensor:
        """Write a value broadcast to a shape whose `axes` are the value's own."""
        return self.typed(f"stablehlo.broadcast_in_dim {self.name(x)}, dims = {listed(axes)}", (x,), x.dtype, dims)

    def reduce(self, operation: str, x: Tensor, first: object, axes: Dims) -> Tensor:
        """Write a reduction over axes, beginning with `first`."""
        start = full(first, x.dtype, ())
        left = tuple(dim for at, dim in enumerate(x.shape) if at not in axes)
        written = (
            f"stablehlo.reduce({self.name(x)} init: {self.name(start)}) applies stablehlo.{operation} "
            f"across dimensions = {listed(axes)}"
        )
        return self.typed(written, (x, start), x.dtype, left)

    def loop(
        self,
        state: Sequence[Tensor],
        test: Callable[[list[Tensor]], Tensor],
        body: Callable[[list[Tensor]], Sequence[Tensor]],
    ) -> list[Tensor]:
        """Write a `while`, and return its last state."""
        inside = [Tensor(self.fresh(), one.dtype, one.shape) for one in state]
        bound = ", ".join(f"{own.name} = {self.name(one)}" for own, one in zip(inside, state, strict=True))
        with self.region() as asked:
            self._give([test(inside)])
        with self.region() as stepped:
            self._give(body(inside))
        made = self._several(state)
        self.lines += [
            f"{_bind(made)}stablehlo.while({bound}) : {types_of(state)}",
            "cond {",
            *asked,
            "} do {",
            *stepped,
        ]
        self.lines.append("}")
        return made

    def choice(
        self, flag: Tensor, then: Callable[[], Sequence[Tensor]], orelse: Callable[[], Sequence[Tensor]]
    ) -> list[Tensor]:
        """Write an `if`, and return what its branches give."""
        given = self.name(flag)
        with self.region() as first:
            ends = list(then())
            self._give(ends)
        with self.region() as second:
            self._give(orelse())
        made = self._several(ends)
        self.lines += [f'{_bind(made)}"stablehlo.if"({given}) ({{', *first, "}, {", *second]
        self.lines.append(f"}}) : (tensor<i1>) -> ({types_of(ends)})")
        return made

    def _give(self, values: Sequence[Tensor]) -> None:
        self.lines.append(
            f"stablehlo.return {self.names(values)} : {types_of(values)}" if values else "stablehlo.return"
        )

    def _several(self, like: Sequence[Tensor]) -> list[Tensor]:
        name = self.fresh()
        names = [name] if len(like) == 1 else [f"{name}#{at}" for at in range(len(like))]
        return [Tensor(own, one.dtype, one.shape) for own, one in zip(names, like, strict=True)]


def full(number: object, dtype: DType, shape: Dims) -> Tensor:
    """Return a number as a value of that shape."""
    return Tensor("", dtype, shape, np.asarray(number, dtype))


def listed(numbers: Sequence[int]) -> str:
    """Write whole numbers in brackets."""
    return f"[{', '.join(map(str, numbers))}]"


@lru_cache(maxsize=4096)
def type_of(dtype: DType, dims: Dims) -> str:
    """Write a type."""
    bits = 8 * dtype.itemsize
    element = f"complex<f{bits // 2}>" if dtype.kind == "c" else f"{_PREFIX[dtype.kind]}{1 if dtype == BOOL else bits}"
    return f"tensor<{'x'.join((*map(str, dims), element))}>"


def types_of(values: Sequence[Tensor]) -> str:
    """Write the types of several values."""
    return ", ".join(type_of(one.dtype, one.shape) for one in values)


def arrow(operands: Sequence[Tensor]) -> str:
    """Write the types of operands, before that of a result."""
    return f"({types_of(operands)}) ->"


def _bind(values: Sequence[Tensor]) -> str:
    if not values:
        return ""
    name = values[0].name.partition("#")[0]
    return f"{name} = " if len(values) == 1 else f"{name}:{len(values)} = "


def _literal(held: np.ndarray) -> str:
    """Write elements, a single one for all of them."""
    if held.size == 1:
        return _number(held.ravel()[0])
    if held.dtype == BOOL:
        return str(held.tolist()).lower()
    return f'"0x{np.ascontiguousarray(held).tobytes().hex()}"' if held.size else ""


def _number(value: np.generic) -> str:
    if value.dtype.kind in "biu":
        return str(value.item()).lower()
    if value.dtype.kind == "c" or not np.isfinite(value):
        return f'"0x{value.tobytes().hex()}"'
    text = repr(float(value))
    return text if "." in text else text.replace("e", ".0e")
