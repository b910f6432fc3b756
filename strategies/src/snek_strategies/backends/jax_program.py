"""The back-end `jax`: `lax.cond` and `lax.while_loop` around `jax.numpy`, compiled by XLA for the shapes staged for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np

from snek_strategies.backends.arithmetic import dims_of, dtype_of
from snek_strategies.backends.backend import Run
from snek_strategies.backends.placed_index import Along, At, Placed, is_basic, placed
from snek_strategies.backends.traced_program import Evaluator, System, TracedProgram, Value, index_of
from snek_strategies.ir.syntax import Node, Program

_ARITHMETIC = {"add": "add", "subtract": "sub", "multiply": "mul", "maximum": "max", "minimum": "min"}
_ORDER = {"less": "lt", "less_equal": "le", "greater": "gt", "greater_equal": "ge", "equal": "eq", "not_equal": "ne"}
ZEROS = frozenset({"floor_divide", "remainder", "sign"})
"""What gives zeros of the other sign than NumPy's where it is left to JAX."""
_LOGIC = {"logical_and": "bitwise_and", "logical_or": "bitwise_or", "logical_not": "bitwise_not"}
_OF_FLOATS = {"divide": "div", **{name: name for name in ("exp", "log", "tanh", "sqrt", "sin", "cos")}}
LAX = {
    "b": _LOGIC,
    "i": {**_ARITHMETIC, **_ORDER, "negative": "neg"},
    "f": {**_ARITHMETIC, **_ORDER, **_OF_FLOATS, "negative": "neg"},
}
"""By kind of dtype, what `jax.numpy` itself makes of a primitive; to ask it takes several times as long."""

REDUCED = {
    "sum": ("reduce_sum", "if"), "prod": ("reduce_prod", "if"), "max": ("reduce_max", "bif"),
    "min": ("reduce_min", "bif"), "any": ("reduce_or", "b"), "all": ("reduce_and", "b"),
}  # fmt: skip
"""What a reduction over a tuple of axes is in `lax`, and for which kinds of dtype."""


class JaxSystem(System):
    """JAX's words."""

    name: ClassVar[str] = "jax"
    recursion: ClassVar[str] = "XLA's programs do not call themselves; write a loop, or use back-end 'numba'"

    def __init__(self) -> None:
        import jax
        import jax.numpy

        self.jax = jax
        self.np = jax.numpy

    def constant(self, value: object, dtype: np.dtype[np.generic]) -> Value:
        """Return a host value as an array; JAX writes a number of NumPy's where it is used."""
        held = np.asarray(value, dtype)
        return self.np.asarray(held) if held.ndim else held

    def cast(self, value: Value, dtype: np.dtype[np.generic]) -> Value:
        """Return a value converted to a dtype."""
        if value.dtype == dtype:
            return value
        if value.dtype.kind == "c" and dtype.kind not in "cb":
            value = value.real
        return (value != 0) if dtype.kind == "b" else value.astype(dtype)

    def elementwise(self, name: str, node: Node, dtype: np.dtype[np.generic], operands: list[Value]) -> Value:  # noqa: ARG002
        """Return an elementwise primitive."""
        direct = LAX.get(dtype.kind, {}).get(name)
        if direct is not None:
            dims = np.broadcast_shapes(*(one.shape for one in operands))
            return getattr(self.jax.lax, direct)(*(_spread(self, one, dims) if one.shape else one for one in operands))
        if dtype.kind == "f" and name in ZEROS:
            return getattr(self, f"_{name}")(*operands)
        if dtype.kind in "iu" and name in ("floor_divide", "remainder"):
            a, b = operands
            # NumPy gives 0 where an array's integer is divided by 0.
            made = getattr(self.np, name)(a, self.np.where(b == 0, self.np.ones_like(b), b))
            return self.np.where(b == 0, self.np.zeros_like(made), made)
        if dtype.kind in "biu" and name in ("floor", "ceil", "trunc"):
            return operands[0]
        return getattr(self.np, name)(*operands)

    def _remainder(self, a: Value, b: Value) -> Value:
        """Return what `jax.numpy` gives, with the divisor's sign where it is 0 too."""
        return self.np.copysign(self.np.remainder(a, b), b)

    def _floor_divide(self, a: Value, b: Value) -> Value:
        """Return what `jax.numpy` gives, its zeros with the quotient's sign."""
        made = self.np.floor_divide(a, b)
        return self.np.where(made == 0, self.np.copysign(made, a / b), made)

    def _sign(self, a: Value) -> Value:
        return self.np.where(a == 0, self.np.zeros_like(a), self.np.sign(a))

    def row(self, node: Node) -> Callable[..., Value] | None:
        """Return what computes a core primitive."""
        make = ROWS.get(node.primitive)
        return None if make is None else make(self, node)

    def select(self, flag: Value, then: Value, orelse: Value) -> Value:
        """Return `lax.select`."""
        return self.jax.lax.select(flag, then, orelse)

    def choose(
        self,
        flag: Value,
        then: Callable[[], list[Value]],
        orelse: Callable[[], list[Value]],
        node: Node,  # noqa: ARG002
    ) -> list[Value]:
        """Return `lax.cond`."""
        made: list[Value] = self.jax.lax.cond(flag, then, orelse)
        return made

    def loop(
        self,
        test: Callable[[Sequence[Value]], Value],
        body: Callable[[Sequence[Value]], list[Value]],
        state: list[Value],
        node: Node,  # noqa: ARG002
    ) -> list[Value]:
        """Return `lax.while_loop`."""
        return list(self.jax.lax.while_loop(test, lambda now: tuple(body(now)), tuple(state)))


Make = Callable[[JaxSystem, Node], Callable[..., Value]]


def _converted(system: JaxSystem, node: Node) -> Callable[..., Value]:
    dims = dims_of(node.results[0].type)
    return lambda x: _reshaped(system, x, dims)


def _reshaped(system: JaxSystem, x: Value, dims: tuple[int, ...]) -> Value:
    return x if x.shape == dims else system.jax.lax.reshape(x, dims)


def _not(system: JaxSystem, node: Node) -> Callable[..., Value]:  # noqa: ARG001
    return lambda x: system.jax.lax.bitwise_not(system.cast(_reshaped(system, x, ()), np.dtype(bool)))


def _reduction(name: str) -> Make:
    def make(system: JaxSystem, node: Node) -> Callable[..., Value]:
        axis = dict(node.params).get("axis")
        more = {"dtype": dtype_of(node.results[0].type)} if name in ("sum", "prod", "cumsum", "cumprod") else {}
        given, wanted = dtype_of(node.operands[0].type), dtype_of(node.results[0].type)
        if not dims_of(node.operands[0].type):
            return lambda x: x
        direct, kinds = REDUCED.get(name, ("", ""))
        # Halves are summed as wider numbers.
        if isinstance(axis, tuple) and given == wanted and given.kind in kinds and given != np.float16:
            axes = tuple(one % len(dims_of(node.operands[0].type)) for one in axis)
            return lambda x: getattr(system.jax.lax, direct)(x, axes)
        if name in ("any", "all"):
            return lambda x: getattr(system.np, name)(system.cast(x, np.dtype(bool)), axis=axis)
        return lambda x: getattr(system.np, name)(x, axis=axis, **more)

    return make


def _matmul(system: JaxSystem, node: Node) -> Callable[..., Value]:
    dtype = dtype_of(node.results[0].type)
    left, right = (len(dims_of(atom.type)) for atom in node.operands)
    if right > 2 or dtype.kind not in "fi":
        return lambda a, b: system.np.matmul(system.cast(a, dtype), system.cast(b, dtype), precision="highest")
    axes = (((left - 1,), (0,)), ((), ()))
    exact = {"precision": "highest", "preferred_element_type": dtype}
    return lambda a, b: system.jax.lax.dot_general(system.cast(a, dtype), system.cast(b, dtype), axes, **exact)


def _joined(system: JaxSystem, node: Node) -> Callable[..., Value]:
    dtype, axis = dtype_of(node.results[0].type), int(str(dict(node.params)["axis"]))
    axis %= len(dims_of(node.results[0].type))
    return lambda *xs: system.jax.lax.concatenate([system.cast(one, dtype) for one in xs], axis)


def _spreads(system: JaxSystem, node: Node) -> Callable[..., Value]:
    dims = dims_of(node.results[0].type)
    return lambda x: _spread(system, x, dims)


def _where(system: JaxSystem, node: Node) -> Callable[..., Value]:
    dtype, dims = dtype_of(node.results[0].type), dims_of(node.results[0].type)

    def choose(flag: Value, a: Value, b: Value) -> Value:
        flag = system.cast(flag, np.dtype(bool))
        a, b = (_spread(system, system.cast(one, dtype), dims) for one in (a, b))
        return system.jax.lax.select(flag if not flag.shape else _spread(system, flag, dims), a, b)

    return choose


def _spread(system: JaxSystem, x: Value, dims: tuple[int, ...]) -> Value:
    own = range(len(dims) - x.ndim, len(dims))
    return x if x.shape == dims else system.jax.lax.broadcast_in_dim(x, dims, tuple(own))


def _taken(system: JaxSystem, node: Node) -> Callable[..., Value]:
    part = _part(node, 1)

    def take(x: Value, *dynamic: Value) -> Value:
        if part is None:
            return x[index_of(node, dynamic)]
        if not dynamic:
            starts, sizes = _cut(system, part, dynamic, x.shape)
            ends = tuple(start + size for start, size in zip(starts, sizes, strict=True))
            return _reshaped(system, system.jax.lax.slice(x, starts, ends), part.shape)
        cut = system.jax.lax.dynamic_slice(x, *_cut(system, part, dynamic, x.shape), allow_negative_indices=False)
        return _reshaped(system, cut, part.shape)

    return take


def _store(system: JaxSystem, node: Node) -> Callable[..., Value]:
    part = _part(node, 2)
    adds = node.primitive == "additem"

    def store(x: Value, value: Value, *dynamic: Value) -> Value:
        value = system.cast(value, np.dtype(x.dtype))
        at = x.at[index_of(node, dynamic)]
        room = system.jax.eval_shape(lambda y: y[index_of(node, dynamic)], x).shape if part is None else part.shape
        while value.ndim > len(room):
            value = value[0]
        if part is None:
            return at.add(value) if adds else at.set(value)
        # A scatter would be a loop of its own on a CPU.
        starts, sizes = _cut(system, part, dynamic, x.shape)
        new = _reshaped(system, _spread(system, value, room), sizes)
        if adds:
            held = system.jax.lax.dynamic_slice(x, starts, sizes, allow_negative_indices=False)
            new = system.jax.lax.add(held, new)
        return system.jax.lax.dynamic_update_slice(x, new, starts, allow_negative_indices=False)

    return store


def _part(node: Node, first: int) -> Placed | None:
    """Return how an index takes a part of an array that lies together, or None for other indices."""
    dynamic = tuple(atom.type for atom in node.operands[first:])
    index = dict(node.params)["index"]
    assert isinstance(index, tuple)
    found = placed(dims_of(node.operands[0].type), index, dynamic) if is_basic(dynamic) else None
    together = found is not None and all(not isinstance(one, Along) or one.step == 1 for one in found.places)
    return found if together else None


def _cut(
    system: JaxSystem, part: Placed, dynamic: Sequence[Value], dims: tuple[int, ...]
) -> tuple[tuple[Value, ...], tuple[int, ...]]:
    """Return where a part starts on each axis, and how far it reaches."""
    starts, sizes = [], []
    for one, dim in zip(part.places, dims, strict=True):
        if isinstance(one, Along):
            starts.append(min(one.start, dim))
            sizes.append(part.shape[one.axis])
            continue
        sizes.append(1)
        where = one.position if isinstance(one, At) else system.cast(dynamic[one.operand], np.dtype("int64"))
        starts.append(where)
    return tuple(starts), tuple(sizes)


ROWS: dict[str, Make] = {
    **dict.fromkeys(("bool", "int", "float", "item", "asarray", "astype", "copy"), _converted),
    "not": _not,
    **{name: _reduction(name) for name in ("sum", "prod", "max", "min", "any", "all", "argmax", "argmin")},
    **{name: _reduction(name) for name in ("cumsum", "cumprod", "sort", "argsort")},
    "matmul": _matmul,
    "reshape": _converted,
    "broadcast_to": _spreads,
    "transpose": lambda system, node: lambda x: system.jax.lax.transpose(x, dict(node.params)["axes"]),
    "concatenate": _joined,
    "where": _where,
    "getitem": _taken,
    "setitem": _store,
    "additem": _store,
    "real": lambda system, _: system.np.real,
    "imag": lambda system, _: system.np.imag,
}
"""One row for each core primitive that is not elementwise."""


class JaxProgram(TracedProgram):
    """A program traced by JAX."""

    backend: ClassVar[str] = "jax"
    lacks_of_complex: ClassVar[frozenset[str]] = frozenset({"argmax", "argmin"})
    kinds: ClassVar[tuple[str, ...]] = ("jaxpr", "stablehlo")

    def __init__(self, program: Program) -> None:
        super().__init__(program)
        import jax

        system = JaxSystem()
        body = self.ready.body

        def function(*arguments: Value) -> tuple[Value, ...]:
            return tuple(Evaluator(system).run(body, arguments, {}))

        function.__name__ = program.name
        self.jitted = jax.jit(function)
        examples = [jax.ShapeDtypeStruct(dims, dtype) for dtype, dims in self.shapes()]
        with jax.enable_x64(True):
            self.traced = self.jitted.trace(*examples)
            self.lowered = self.traced.lower()

    def as_text(self, kind: str) -> str:
        """Return the program as a `jaxpr`, or as the `stablehlo` that XLA compiles."""
        if kind == "jaxpr":
            return str(self.traced.jaxpr)
        return str(self.lowered.as_text()) if kind == "stablehlo" else super().as_text(kind)

    def whole(self, value: Value) -> int:
        """Return a whole number of JAX's as Python's."""
        return int(np.asarray(value))  # a view of JAX's memory: `int` itself takes ten times as long

    def compile(self) -> Run:
        """Compile for the shapes and dtypes that the program was staged for."""
        import jax

        native = self.compile_native()

        def from_host(value: np.ndarray[Any, Any], dtype: np.dtype[np.generic]) -> Value:
            return value.astype(dtype, copy=False)

        run = self.host(native, from_host)

        def wide(*arguments: object) -> tuple[object, ...]:
            with jax.enable_x64(True):
                return run(*arguments)

        return wide

    def compile_native(self) -> Run:
        """Compile, over JAX's arrays."""
        import jax

        with jax.enable_x64(True):
            self.lowered.compile()
        # The function finds in JAX's cache what was just compiled, and is called faster than the executable.
        run = self.jitted
        if self.carried is None:
            return run  # type: ignore[no-any-return] # JAX says nothing of what its functions are
        return lambda *arguments: self.checked(run(*arguments))
