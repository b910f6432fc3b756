"""Values in derivative rules: Python's operators on them emit nodes."""

from __future__ import annotations

from collections.abc import Callable

from snek_strategies.ir.shape_rules import dims_of
from snek_strategies.ir.symbols import Symbol
from snek_strategies.ir.syntax import Atom, Const
from snek_strategies.ir.types import Array, Dim, Scalar, Type, type_of

Emit = Callable[..., Atom]


class Value:
    """An atom with the emitter that its operators use; a Python scalar never raises as a divisor."""

    __slots__ = ("atom", "emit")

    def __init__(self, atom: Atom, emit: Emit) -> None:
        self.atom = atom
        self.emit = emit

    @property
    def type(self) -> Type:
        """The IR type."""
        return self.atom.type

    @property
    def dims(self) -> tuple[Dim, ...]:
        """The extents; a scalar has none."""
        return dims_of(self.atom.type)

    def do(self, primitive: str, *operands: object, **params: object) -> Value:
        """Emit a primitive on this value and others."""
        return Value(self.emit(primitive, self.atom, *map(atom_of, operands), **params), self.emit)

    def strong(self) -> Value:
        """Return the value as NumPy's, for operations that raise on Python scalars."""
        return self.do("asarray") if isinstance(self.type, Scalar) else self

    def lift(self, other: object) -> Value:
        """Return a number as a value."""
        return other if isinstance(other, Value) else Value(atom_of(other), self.emit)

    def __add__(self, other: object) -> Value:
        return self.do("add", other)

    def __radd__(self, other: object) -> Value:
        return self.lift(other) + self

    def __sub__(self, other: object) -> Value:
        return self.do("subtract", other)

    def __rsub__(self, other: object) -> Value:
        return self.lift(other) - self

    def __mul__(self, other: object) -> Value:
        return self.do("multiply", other)

    def __rmul__(self, other: object) -> Value:
        return self.lift(other) * self

    def __truediv__(self, other: object) -> Value:
        return self.do("divide", self.lift(other).strong())

    def __rtruediv__(self, other: object) -> Value:
        return self.lift(other) / self

    def __neg__(self) -> Value:
        return self.do("negative")


def atom_of(value: object) -> Atom:
    """Return the atom of a value, of a symbol's number or of a constant."""
    if isinstance(value, Symbol):
        return value.extent  # type: ignore[return-value]
    return value.atom if isinstance(value, Value) else Const(value, type_of(value))


def fit(value: Value, type_: Type) -> Value:
    """Return a contribution in the type of what it flows to: broadcasting is undone by sums, dtypes are cast back."""
    if value.type == type_:
        return value
    want = dims_of(type_)
    value = value.strong()
    lead = len(value.dims) - len(want)
    if lead > 0:
        value = value.do("sum", axis=tuple(range(lead)))
    have = value.dims
    wide = tuple(at for at, dim in enumerate(want) if dim == 1 and len(have) == len(want) and have[at] != 1)
    if wide:
        value = value.do("sum", axis=wide, keepdims=True)
    if value.dims != want:
        value = value.do("broadcast_to", shape=want)
    if isinstance(type_, Scalar):
        return value.do("item")
    assert isinstance(type_, Array)
    if value.type != type_:
        value = value.do("astype", dtype=type_.dtype.name)
    return value
