"""The back-ends `tensorflow` and `tensorflow-xla`: one graph with `tf.cond` and `tf.while_loop`."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np

from snek_strategies.backends.arithmetic import dtype_of
from snek_strategies.backends.backend import ORDERING, Run, cannot_say
from snek_strategies.backends.idioms import LOGISTIC, logistic, with_idioms
from snek_strategies.backends.in_place import HERE
from snek_strategies.backends.linear_checks import ITERATED
from snek_strategies.backends.placed_index import Along, At, By, Place, is_basic, leading, placed
from snek_strategies.backends.tensorflow_elementwise import ON_BOOLS, rows
from snek_strategies.backends.tensorflow_idioms import factor, joined
from snek_strategies.backends.tensorflow_linear import linear
from snek_strategies.backends.tensorflow_lists import Lists, with_lists
from snek_strategies.backends.tensorflow_lu import LU
from snek_strategies.backends.tensorflow_positions import positions_of_any_size, sized
from snek_strategies.backends.traced_program import Evaluator, System, TracedProgram, Value, index_of
from snek_strategies.ir.interpretations import LINEAR
from snek_strategies.ir.shape_rules import dims_of
from snek_strategies.ir.symbolic_rules import has_symbols
from snek_strategies.ir.symbols import Symbol, as_shape
from snek_strategies.ir.syntax import Atom, Const, Node, Program
from snek_strategies.ir.types import concrete

NARROW = frozenset({"int8", "int16", "uint8", "uint16", "uint32"})
"""Dtypes that TensorFlow has few operations for: it computes in int64, and the cast back wraps as NumPy does."""
WRAPPING = NARROW | {"uint64"}
"""Dtypes whose sums and products are those of int64, cast back."""
WIDE = np.dtype("int64")
BOOL = np.dtype(bool)


class TensorFlowSystem(System):
    """TensorFlow's words."""

    name: ClassVar[str] = "tensorflow"
    recursion: ClassVar[str] = "TensorFlow's graphs do not call themselves; write a loop, or use back-end 'numba'"

    def __init__(self, xla: bool = False) -> None:
        import tensorflow

        self.tf = tensorflow
        self.xla = xla
        self.lists = Lists(self)
        self._constants: dict[object, Value] = {}
        self._factors: dict[object, LU] = {}

    def constant(self, value: object, dtype: np.dtype[np.generic]) -> Value:
        """Return a host value as a tensor, one for all its uses in a graph."""
        array = np.asarray(value, dtype)
        key = self.tf.compat.v1.get_default_graph(), dtype, array.shape, array.tobytes()
        if key not in self._constants:
            self._constants[key] = self.tf.constant(array)
        return self._constants[key]

    def factored(self, x: Value) -> LU:
        """Return the LU factors of matrices, one for all their uses in a graph."""
        key = self.tf.compat.v1.get_default_graph(), x.ref()
        if key not in self._factors:
            wide = self.cast(x, np.dtype("complex128" if x.dtype.is_complex else "float64"))
            self._factors[key] = LU(self.tf, wide)
        return self._factors[key]

    def shaped(self, value: Value, dims: tuple[int, ...]) -> Value:
        """Return a value in a shape: itself where it has that already."""
        return value if value.shape == dims else self.tf.reshape(value, self.numbers(dims))

    def numbers(self, values: Sequence[int]) -> Value:
        """Return a shape or places as a tensor: what TensorFlow would else make anew for each operation."""
        return self.constant(np.asarray(values, WIDE), WIDE)

    def spread(self, value: Value, dims: tuple[int, ...]) -> Value:
        """Return a value broadcast to a shape: itself where it has that already."""
        return value if value.shape == dims else self.tf.broadcast_to(value, self.numbers(dims))

    def cast(self, value: Value, dtype: np.dtype[np.generic]) -> Value:
        """Return a value converted to a dtype; a list of rows has its own already."""
        if value.dtype == self.tf.variant:
            return value
        given = np.dtype(value.dtype.as_numpy_dtype)
        if given == dtype:
            return value
        if dtype.kind == "b":
            return self.tf.not_equal(value, self.tf.zeros((), value.dtype))
        if given.kind == "c" and dtype.kind != "c":
            value = self.tf.math.real(value)
        return self.tf.cast(value, dtype)

    def elementwise(self, name: str, node: Node, dtype: np.dtype[np.generic], operands: list[Value]) -> Value:
        """Return an elementwise primitive. Raises StagingError where TensorFlow has it not for that dtype."""
        tf = self.tf
        if dtype.name == "uint64":
            raise cannot_say(self.name, node, "TensorFlow hardly computes on uint64; use int64")
        if name == "logical_not" or (name == "invert" and dtype.kind == "b"):
            return self.denied(self.cast(operands[0], BOOL))
        if dtype.kind == "b" and ON_BOOLS.get(name):
            return getattr(tf.math, str(ON_BOOLS[name]))(*operands)
        if name.startswith("logical"):
            operands, dtype = [self.cast(one, BOOL) for one in operands], BOOL
        if dtype == np.float16:
            if name == "nextafter":
                raise cannot_say(self.name, node, "TensorFlow has no numbers next to those of float16; use float32")
            # As NumPy does it: TensorFlow has few functions of these.
            operands, dtype = [self.cast(one, np.dtype("float32")) for one in operands], np.dtype("float32")
        if dtype.kind == "b" and name not in ("equal", "not_equal") and not name.startswith("logical"):
            operands, dtype = [self.cast(one, WIDE) for one in operands], WIDE
        if name in ("left_shift", "right_shift") and _shifts_inside(node.operands[1], dtype):
            return getattr(tf.bitwise, name)(*operands)
        if name == "remainder" and dtype.kind in "iu" and dtype.name not in NARROW and _is_no_zero(node.operands[1]):
            return tf.math.floormod(*operands)
        if dtype.name in NARROW:
            if name in ("left_shift", "right_shift"):
                raise cannot_say(self.name, node, f"TensorFlow shifts int32 and int64, not {dtype}")
            operands, dtype = [self.cast(one, WIDE) for one in operands], WIDE
        made = rows(tf, dtype).get(name)
        if made is None:
            raise cannot_say(self.name, node, f"it is not written for {dtype}")
        return made(*operands)

    def denied(self, flag: Value) -> Value:
        """Return `not flag`, which TensorFlow must not turn into another comparison: of NaN all are false."""
        return self.tf.equal(flag, self.constant(False, BOOL))

    def row(self, node: Node) -> Callable[..., Value] | None:
        """Return what computes a core primitive."""
        make = ROWS.get(node.primitive)
        return None if make is None else make(self, node)

    def select(self, flag: Value, then: Value, orelse: Value) -> Value:
        """Return `tf.where`."""
        return self.tf.where(flag, then, orelse)

    def choose(
        self, flag: Value, then: Callable[[], list[Value]], orelse: Callable[[], list[Value]], node: Node
    ) -> list[Value]:
        """Return `tf.cond`."""
        if not node.results:
            return []
        # A branch may give what lives outside it: the identity is a tensor of its own.
        made = self.tf.cond(
            flag, lambda: [self.tf.identity(one) for one in then()], lambda: [self.tf.identity(one) for one in orelse()]
        )
        return list(made) if isinstance(made, (list, tuple)) else [made]

    def loop(
        self,
        test: Callable[[Sequence[Value]], Value],
        body: Callable[[Sequence[Value]], list[Value]],
        state: list[Value],
        node: Node,  # noqa: ARG002
    ) -> list[Value]:
        """Return `tf.while_loop`."""
        made = self.tf.while_loop(lambda *now: test(now), lambda *now: tuple(body(now)), tuple(state))
        last = list(made) if isinstance(made, (list, tuple)) else [made]
        return list(map(self.lists.array, state, last))


def _shifts_inside(by: Atom, dtype: np.dtype[np.generic]) -> bool:
    """Tell whether a shift is by a known number of bits that a dtype has, so that TensorFlow does as NumPy."""
    if not isinstance(by, Const) or dtype.name not in ("int32", "int64"):
        return False
    return bool(np.all((np.asarray(by.value) >= 0) & (np.asarray(by.value) < dtype.itemsize * 8)))


def _is_no_zero(divisor: Atom) -> bool:
    return isinstance(divisor, Const) and bool(np.all(np.asarray(divisor.value) != 0))


Make = Callable[[TensorFlowSystem, Node], Callable[..., Value]]


def _converted(system: TensorFlowSystem, node: Node) -> Callable[..., Value]:
    dims = dims_of(node.results[0].type)
    if has_symbols(dims):
        return lambda x: x  # what makes numbers of arrays of rank 1 or more keeps none of their axes
    return lambda x: system.shaped(x, concrete(dims))


def _copied(system: TensorFlowSystem, node: Node) -> Callable[..., Value]:
    dims = dims_of(node.operands[0].type)
    return (lambda x: system.lists.of(x, dims)) if HERE in node.params else _converted(system, node)


def _of_shape(name: str) -> Make:
    """Make the row of what takes a shape; the numbers of its symbols are further operands."""

    def make(system: TensorFlowSystem, node: Node) -> Callable[..., Value]:
        dims, shape = dims_of(node.results[0].type), as_shape(dict(node.params)["shape"])
        if not has_symbols(dims):
            known = system.shaped if name == "reshape" else system.spread
            return lambda x, *_: known(x, concrete(dims))
        return lambda x, *extents: getattr(system.tf, name)(x, sized(system.tf, shape, extents))

    return make


def _reduction(name: str) -> Make:
    def make(system: TensorFlowSystem, node: Node) -> Callable[..., Value]:
        tf, wanted = system.tf, dtype_of(node.results[0].type)
        axis = dict(node.params).get("axis")
        given = dtype_of(node.operands[0].type)
        if not dims_of(node.operands[0].type):
            return lambda x: x
        if name in ("any", "all"):
            return lambda x: getattr(tf, f"reduce_{name}")(system.cast(x, BOOL), axis=axis)
        if name in ("sum", "prod"):
            wide = WIDE if wanted.name in NARROW else wanted
            return lambda x: getattr(tf, f"reduce_{name}")(system.cast(x, wide), axis=axis)
        wide = WIDE if given.name in NARROW or given.kind == "b" else given

        def extreme(x: Value) -> Value:
            x = system.cast(x, wide)
            if name.startswith("arg"):
                made = getattr(tf, name)(x, axis=axis, output_type=tf.int64)
                if wide.kind != "f":
                    return made
                lost = tf.math.is_nan(x)
                first = tf.argmax(tf.cast(lost, tf.int32), axis=axis, output_type=tf.int64)
                return tf.where(tf.reduce_any(lost, axis=axis), first, made)
            made = getattr(tf, f"reduce_{name}")(x, axis=axis)
            if wide.kind != "f":
                return made
            nothing = tf.reduce_any(tf.math.is_nan(x), axis=axis)
            return tf.where(nothing, tf.constant(np.nan, x.dtype), made)

        return extreme

    return make


def _along(name: str) -> Make:
    def make(system: TensorFlowSystem, node: Node) -> Callable[..., Value]:
        tf, axis = system.tf, dict(node.params)["axis"]
        if name in ("sort", "argsort"):
            return _sorted(system, name, dtype_of(node.operands[0].type))
        wanted = dtype_of(node.results[0].type)
        wide = WIDE if wanted.name in WRAPPING else wanted
        return lambda x: getattr(tf.math, name)(system.cast(x, wide), axis=axis)

    return make


def _sorted(system: TensorFlowSystem, name: str, given: np.dtype[np.generic]) -> Callable[..., Value]:
    """Return the order along the last axis, or the elements in it: NaN last, and equal ones as they came."""
    tf = system.tf

    def order(x: Value) -> Value:
        return tf.argsort(x, axis=-1, stable=True)

    def ordered(x: Value) -> Value:
        if given.kind != "f":
            x = tf.cast(x, tf.int32) if given.kind == "b" else x
            return order(x) if name == "argsort" else system.cast(tf.sort(x, axis=-1), given)
        # XLA puts -0.0 before 0.0, and TensorFlow NaN anywhere.
        lost = tf.math.is_nan(x)
        first = order(tf.where(lost, given.type(np.inf), tf.where(x == 0, tf.zeros_like(x), x)))
        last = order(tf.gather(tf.cast(lost, tf.int32), first, axis=-1, batch_dims=x.shape.rank - 1))
        places = tf.gather(first, last, axis=-1, batch_dims=x.shape.rank - 1)
        return places if name == "argsort" else tf.gather(x, places, axis=-1, batch_dims=x.shape.rank - 1)

    return ordered


def _matmul(system: TensorFlowSystem, node: Node) -> Callable[..., Value]:
    tf, dtype = system.tf, dtype_of(node.results[0].type)
    wide = WIDE if dtype.name in WRAPPING or dtype.kind == "b" else dtype

    def product(a: Value, b: Value) -> Value:
        a, b = system.cast(a, wide), system.cast(b, wide)
        row, column = a.shape.rank == 1, b.shape.rank == 1
        a, across = (a[None, :], False) if row else factor(system, a)
        b, down = (b[:, None], False) if column else factor(system, b)
        made = tf.linalg.matmul(a, b, transpose_a=across, transpose_b=down)
        made = tf.squeeze(made, axis=-1) if column else made
        return tf.squeeze(made, axis=-1 if column else -2) if row else made

    return product


def _where(system: TensorFlowSystem, node: Node) -> Callable[..., Value]:
    dtype = dtype_of(node.results[0].type)
    return lambda flag, a, b: system.tf.where(system.cast(flag, BOOL), system.cast(a, dtype), system.cast(b, dtype))


def _positions(system: TensorFlowSystem, node: Node, first: int, x: Value, dynamic: Sequence[Value]) -> Value:
    """Return the flat positions that an index takes, in the result's shape."""
    dims = dims_of(node.operands[0].type)
    index = dict(node.params)["index"]
    assert isinstance(index, tuple)
    kinds = tuple(atom.type for atom in node.operands[first:])
    where = placed(dims, index, kinds)
    if has_symbols(dims, where.shape):
        given_with_dims = [(x, dims), *zip(dynamic, map(dims_of, kinds), strict=True)]
        return positions_of_any_size(system, where, given_with_dims)
    sizes = concrete(dims)
    known = np.zeros((), np.int64)
    total: Value = None
    stride = 1
    for place, size in zip(reversed(where.places), reversed(sizes), strict=True):
        if isinstance(place, At):
            known = known + place.position * stride
        elif isinstance(place, Along):
            along = place.start + place.step * np.arange(where.shape[place.axis])
            known = known + stride * along.reshape([-1 if k == place.axis else 1 for k in range(len(where.shape))])
        else:
            given = system.cast(dynamic[place.operand], WIDE)
            extents = dict(zip(reversed(place.axes), reversed(given.shape.as_list()), strict=False))
            line = tuple(extents.get(k, 1) for k in range(len(where.shape)))
            at = system.shaped(given, line) if place.axes else given
            at = at if stride == 1 else at * stride
            total = at if total is None else total + at
        stride *= size
    if total is None:
        return system.constant(np.broadcast_to(known, where.shape), WIDE)
    return system.spread(total + system.constant(known, WIDE) if known.any() else total, where.shape)


def _getitem(system: TensorFlowSystem, node: Node) -> Callable[..., Value]:
    tf = system.tf
    if is_basic(tuple(atom.type for atom in node.operands[1:])):
        part = _part(system, node)
        return part or (lambda x, *dynamic: x[index_of(node, dynamic)])
    return lambda x, *dynamic: tf.gather(tf.reshape(x, (-1,)), _positions(system, node, 1, x, dynamic))


def _part(system: TensorFlowSystem, node: Node) -> Callable[..., Value] | None:
    """Return what takes a part that lies together, or a row, by one operation: `x[...]` makes up to seven."""
    tf, dims = system.tf, dims_of(node.operands[0].type)
    index, kinds = dict(node.params)["index"], tuple(atom.type for atom in node.operands[1:])
    assert isinstance(index, tuple)
    if has_symbols(dims):
        return None
    where = placed(dims, index, kinds)
    if kinds:
        # Of several first axes a gather would look up positions one by one.
        one = leading(where, dims) == 1 and isinstance(where.places[0], By)
        return (lambda x, at: system.shaped(tf.gather(x, system.cast(at, WIDE)), where.shape)) if one else None
    if any(isinstance(one, Along) and one.step != 1 for one in where.places):
        return None
    starts = [one.start if isinstance(one, Along) else one.position for one in where.places]  # type: ignore[union-attr]
    sizes = [where.shape[one.axis] if isinstance(one, Along) else 1 for one in where.places]
    if sizes == list(dims):
        return lambda x: system.shaped(x, where.shape)
    numbers = system.numbers
    dropped = sum(1 << at for at, one in enumerate(where.places) if isinstance(one, At))
    if not dropped:
        return lambda x: system.shaped(tf.slice(x, numbers(starts), numbers(sizes)), where.shape)
    ends, steps = [start + size for start, size in zip(starts, sizes, strict=True)], [1] * len(sizes)

    def part(x: Value) -> Value:
        bounds = {"begin": numbers(starts), "end": numbers(ends), "strides": numbers(steps)}
        return system.shaped(tf.raw_ops.StridedSlice(input=x, **bounds, shrink_axis_mask=dropped), where.shape)

    return part


def _store(system: TensorFlowSystem, node: Node) -> Callable[..., Value]:
    tf = system.tf
    dims = dims_of(node.operands[0].type)
    if HERE in node.params:
        return _store_here(system, node)
    name = "tensor_scatter_nd_add" if node.primitive == "additem" else "tensor_scatter_nd_update"

    index, kinds = dict(node.params)["index"], tuple(atom.type for atom in node.operands[2:])
    assert isinstance(index, tuple)
    where = placed(dims, index, kinds)
    count = None if has_symbols(dims, where.shape) else leading(where, dims)

    def store(x: Value, value: Value, *dynamic: Value) -> Value:
        value = system.cast(value, np.dtype(x.dtype.as_numpy_dtype))
        if count:
            # One position for a whole row, where each of its elements would have one.
            while value.shape.rank > len(where.shape):
                value = value[0]
            sizes = concrete(dims)
            new = system.shaped(system.spread(value, where.shape), (1, *sizes[count:]))
            return getattr(tf, name)(x, _row(system, where.places[:count], dynamic), new)
        at = _positions(system, node, 2, x, dynamic)
        while value.shape.rank > at.shape.rank:
            value = value[0]
        if at.shape.is_fully_defined():
            value = system.shaped(system.spread(value, tuple(at.shape)), (math.prod(at.shape),))
        else:
            value = tf.reshape(tf.broadcast_to(value, tf.shape(at)), (-1,))
        made = getattr(tf, name)(tf.reshape(x, (-1,)), tf.reshape(at, (-1, 1)), value)
        return tf.reshape(made, tf.shape(x)) if has_symbols(dims) else system.shaped(made, concrete(dims))

    return store


def _store_here(system: TensorFlowSystem, node: Node) -> Callable[..., Value]:
    """Return what stores a row into a list."""
    dims, dtype = concrete(dims_of(node.operands[0].type)), dtype_of(node.operands[0].type)
    index = dict(node.params)["index"]
    assert isinstance(index, tuple)
    where = placed(dims, index, tuple(atom.type for atom in node.operands[2:]))
    first = where.places[0]
    assert not isinstance(first, Along), "a row is at one position"

    def store(rows: Value, value: Value, *dynamic: Value) -> Value:
        value = system.cast(value, dtype)
        while value.shape.rank > len(where.shape):
            value = value[0]
        row = system.shaped(system.spread(value, where.shape), dims[1:])
        return system.lists.store(rows, dynamic[first.operand] if isinstance(first, By) else first.position, row)

    return store


def _row(system: TensorFlowSystem, first: Sequence[Place], dynamic: Sequence[Value]) -> Value:
    """Return one position on each of the first axes, as a matrix of one row."""
    if len(first) == 1 and isinstance(first[0], By):
        return system.shaped(system.cast(dynamic[first[0].operand], WIDE), (1, 1))
    parts = []
    for one in first:
        if isinstance(one, By):
            parts.append(system.cast(dynamic[one.operand], WIDE))
        else:
            assert isinstance(one, At)
            parts.append(system.constant(one.position, WIDE))
    return system.tf.stack([parts])


def _linear(system: TensorFlowSystem, node: Node) -> Callable[..., Any]:
    return linear(system, node, system.factored if system.xla else None)


ROWS: dict[str, Make] = {
    **dict.fromkeys(("bool", "int", "float", "item", "asarray", "astype"), _converted),
    "copy": _copied,
    "not": lambda system, _: lambda x: system.denied(system.cast(system.shaped(x, ()), BOOL)),
    **{name: _reduction(name) for name in ("sum", "prod", "max", "min", "any", "all", "argmax", "argmin")},
    **{name: _along(name) for name in ("cumsum", "cumprod", "sort", "argsort")},
    "matmul": _matmul,
    "reshape": _of_shape("reshape"),
    "broadcast_to": _of_shape("broadcast_to"),
    "extent": lambda system, node: lambda x: system.tf.shape(x, out_type=system.tf.int64)[dict(node.params)["axis"]],
    "transpose": lambda system, node: lambda x: system.tf.transpose(x, dict(node.params)["axes"]),
    "concatenate": lambda system, node: lambda *xs: joined(system, xs, int(str(dict(node.params)["axis"]))),
    "where": _where,
    "getitem": _getitem,
    "setitem": _store,
    "additem": _store,
    LOGISTIC: lambda system, _: system.tf.sigmoid,
    **dict.fromkeys(LINEAR, _linear),
    "real": lambda system, _: system.tf.math.real,
    "imag": lambda system, _: system.tf.math.imag,
}
"""One row for each core primitive that is not elementwise."""


class TensorFlowProgram(TracedProgram):
    """A program traced as one `tf.function`."""

    backend: ClassVar[str] = "tensorflow"
    kinds: ClassVar[tuple[str, ...]] = ("graph",)
    arrays_of: ClassVar[str] = "tensorflow"
    lacks: ClassVar[frozenset[str]] = frozenset()
    own_signs: ClassVar[bool] = True
    lacks_of_complex: ClassVar[frozenset[str]] = ORDERING | {"exp2", "expm1", "log2", "log10", "log1p"}
    any_size: ClassVar[bool] = True
    xla: ClassVar[bool] = False

    def __init__(self, program: Program) -> None:
        super().__init__(program)
        system = TensorFlowSystem(self.xla)
        system.name = self.backend  # type: ignore[misc]
        # XLA stores a row where it is.
        self.ready = self.ready if self.xla else with_lists(with_idioms(self.ready, {"divide": logistic}))
        tf, body = system.tf, self.ready.body

        def function(*arguments: Value) -> tuple[Value, ...]:
            # What is yielded as it came, or known while staging, is a tensor of the graph's own.
            return tuple(tf.identity(one) for one in Evaluator(system).run(body, arguments, {}))

        signature = [
            tf.TensorSpec([None if isinstance(dim, Symbol) else dim for dim in dims_of(sym.type)], dtype_of(sym.type))
            for sym in self.ready.body.parameters
        ]
        if self.xla:
            staged = tf.function(function, input_signature=signature, autograph=False, jit_compile=True)
            self.concrete = staged.get_concrete_function()
        else:
            self.concrete = tf.compat.v1.wrap_function(function, signature)
        self.system = system

    @classmethod
    def own(cls, value: object, dtype: np.dtype[np.generic]) -> Value:
        """Return a value as a tensor of TensorFlow's."""
        import tensorflow as tf

        return value if isinstance(value, tf.Tensor) else tf.constant(np.asarray(value), dtype)

    def as_text(self, kind: str) -> str:
        """Return the `graph` that TensorFlow runs."""
        return str(self.concrete.graph.as_graph_def()) if kind == "graph" else super().as_text(kind)

    def compile(self) -> Run:
        """Return the graph as a callable over host values."""
        native = self.compile_native()

        def from_host(value: np.ndarray[Any, Any], dtype: np.dtype[np.generic]) -> Value:
            return self.system.tf.constant(value.astype(dtype, copy=False))

        return self.host(lambda *arguments: tuple(map(np.asarray, native(*arguments))), from_host)

    def compile_native(self) -> Run:
        """Return the graph as a callable over tensors."""
        run = self.concrete
        return lambda *arguments: self.checked(run(*arguments))


class TensorFlowXla(TensorFlowProgram):
    """A program traced as one `tf.function`, which XLA compiles."""

    backend: ClassVar[str] = "tensorflow-xla"
    lacks: ClassVar[frozenset[str]] = frozenset(ITERATED)
    """XLA's iterations end at a part in a million of the largest value, in float64 too."""
    lacks_of_complex: ClassVar[frozenset[str]] = TensorFlowProgram.lacks_of_complex | {
        "cumsum", "cumprod", "cumulative_sum", "cumulative_prod"
    }  # fmt: skip
    any_size: ClassVar[bool] = False  # XLA compiles for numbers
    xla: ClassVar[bool] = True
    alone: ClassVar[bool] = False
