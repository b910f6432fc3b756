"""Rep: a value known only in the next stage. It answers Python's operators and NumPy's protocols by emitting nodes."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator
from math import prod
from operator import index
from typing import Any, NoReturn

import numpy as np

from snek_strategies.ir.interpretations import HOLE
from snek_strategies.ir.symbols import Symbol, as_shape
from snek_strategies.ir.syntax import Atom, Const, Sym
from snek_strategies.ir.types import Array, Dim, Scalar, Tensor, Type
from snek_strategies.staging.builder import builder
from snek_strategies.staging.refusal import refuse, stores_item
from snek_strategies.staging.tensors import host_array, type_of_value


class Memory:
    """The arrays that may lie in one memory, or the lists that may be one."""

    __slots__ = ("_joined", "_members", "_sealed")

    def __init__(self) -> None:
        self._members: list[weakref.ref[object]] = []
        self._joined: Memory | None = None
        self._sealed: str | None = None

    def _root(self) -> Memory:
        root = self
        while root._joined is not None:
            root = root._joined
        return root

    def add(self, rep: object) -> None:
        """Take an array or a list in."""
        root = self._root()
        root._members = [one for one in root._members if one() is not None]
        root._members.append(weakref.ref(rep))

    def join(self, other: Memory) -> Memory:
        """Make one of two."""
        mine, theirs = self._root(), other._root()
        if mine is not theirs:
            mine._members += theirs._members
            mine._sealed = mine._sealed or theirs._sealed
            theirs._joined = mine
        return mine

    def seal(self, reason: str) -> None:
        """Let no store happen any more, for this reason."""
        root = self._root()
        root._sealed = root._sealed or reason

    @property
    def sealed(self) -> str | None:
        """Why nothing may be stored, or None."""
        return self._root()._sealed

    def remove(self, rep: object) -> None:
        """Take an array out."""
        root = self._root()
        root._members = [one for one in root._members if one() is not rep]

    def others(self, rep: object) -> list[Any]:
        """Return those that are alive in it beside this one."""
        return [found for one in self._root()._members if (found := one()) is not None and found is not rep]


_MADE_STAGED = "make that one by np.zeros, np.empty, np.full, np.eye or x.copy(), whose arrays are of the next stage"


class Rep:
    """Stands for a NumPy array, a NumPy scalar or a Python scalar of the next stage."""

    __slots__ = ("__weakref__", "atom", "memory", "name")
    __array_priority__ = 1000

    def __new__(cls, atom: Atom, name: str = "") -> Rep:  # noqa: ARG004 - `__init__` takes the name
        """Return a Rep of the class that the atom's type asks for."""
        if type(atom.type) is Tensor:
            from snek_strategies.staging.tensor_rep import TensorRep

            return object.__new__(TensorRep)
        return object.__new__(cls)

    def __init__(self, atom: Atom, name: str = "") -> None:
        self.atom = atom
        self.name = name
        self.memory: Memory | None = None

    @property
    def type(self) -> Type:
        """The IR type."""
        return self.atom.type

    def __repr__(self) -> str:
        return f"<Rep {self.name or self.atom}: {self.type}>"

    # Structure is known at staging.

    def _array(self, attribute: str) -> Array:
        if not isinstance(self.type, Array):
            refuse(f"a Python {self.type} has no attribute {attribute!r}; only arrays do", code="SNK0203")
        return self.type

    @property
    def dims(self) -> tuple[Dim, ...]:
        """The extents, static: numbers and symbols."""
        return self._array("shape").dims

    @property
    def shape(self) -> tuple[Any, ...]:
        """The extents: static numbers, and a number of the next stage for each symbol."""
        return tuple(builder().lengths[dim] if isinstance(dim, Symbol) else dim for dim in self.dims)

    @property
    def ndim(self) -> int:
        """The rank, static."""
        return len(self._array("ndim").dims)

    @property
    def size(self) -> Any:
        """The number of elements: static unless an extent is a symbol."""
        return prod(self.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype, static."""
        return self._array("dtype").dtype

    @property
    def T(self) -> Rep:
        """The transpose."""
        self._array("T")
        return emit("transpose", self)

    @property
    def mT(self) -> Rep:
        """The transpose of each matrix."""
        self._array("mT")
        return emit("matrix_transpose", self)

    @property
    def real(self) -> Rep:
        """The real part."""
        self._array("real")
        return emit("real", self)

    @property
    def imag(self) -> Rep:
        """The imaginary part."""
        self._array("imag")
        return emit("imag", self)

    @property
    def device(self) -> str:
        """Where NumPy's arrays live."""
        self._array("device")
        return "cpu"

    def to_device(self, device: str, /, *, stream: object = None) -> Rep:
        """Return the array itself: there is one device, as NumPy says it."""
        if device != "cpu" or stream is not None:
            refuse(f"to_device({device!r}): NumPy's arrays know the device 'cpu' only", code="SNK0204")
        return self

    def __len__(self) -> int:
        if not isinstance(self.type, Array) or not self.type.dims:
            refuse(f"len() of {self!r}, which has no length", code="SNK0203")
        return index(self.shape[0])

    # What would need the value now.

    def _unknown(self, what: str, remedy: str) -> NoReturn:
        if stores_item():
            what, remedy = "a store into an array of NumPy's own, which is static,", _MADE_STAGED
        refuse(f"{what} of a value known only in the next stage, of type {self.type}; {remedy}", code="SNK0201")

    def __bool__(self) -> bool:
        self._unknown("bool()", "in virtualized code if, while, and, or, not are staged; elsewhere use where()")

    def __int__(self) -> int:
        self._unknown("int()", "in virtualized code int(x) is staged; elsewhere pass a static Python int")

    def __float__(self) -> float:
        self._unknown("float()", "in virtualized code float(x) is staged; elsewhere pass a static Python float")

    def __complex__(self) -> complex:
        self._unknown("complex()", "pass a static Python number")

    def __index__(self) -> int:
        self._unknown(
            "an index, an extent or a count made",
            "index an array that is an argument with it, or make it a static Python int",
        )

    def __iter__(self) -> Iterator[object]:
        self._unknown("iteration or unpacking", "use for in virtualized code, or index it: x[0], x[1]")

    def __contains__(self, item: object) -> bool:
        self._unknown("in", "write (array == value).any()")

    def __hash__(self) -> int:
        self._unknown("a dict key or set element made", "use a static key")

    def __str__(self) -> str:
        self._unknown("text", "return the value and print it outside")

    def __format__(self, spec: str) -> str:
        self._unknown("text", "return the value and print it outside")

    def __array__(self, *args: object, **kwargs: object) -> np.ndarray:
        self._unknown("a NumPy array made, or a store into one,", "use np.stack or np.where to build a new array")

    def __setitem__(self, index: object, value: object) -> None:
        from snek_strategies.staging.in_place import store_item

        self._array("__setitem__")
        store_item(self, index, value)

    def __delitem__(self, index: object) -> None:
        self._unknown("deletion of an item", "arrays are updated functionally")

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        refuse(
            f"attribute {name!r} of a value of type {self.type} is not staged; use its NumPy function", code="SNK0204"
        )

    # Protocols.

    def __array_namespace__(self, *, api_version: Any = None) -> Any:
        """Return NumPy, whose functions are staged: its main namespace is the Array API's."""
        return self._empty().__array_namespace__(api_version=api_version)

    def _empty(self) -> np.ndarray[Any, Any]:
        return np.empty(0, self._array("__array_namespace__").dtype)

    def __dlpack__(self, **_: object) -> NoReturn:
        self._unknown("the memory taken (DLPack)", "return the array and exchange it outside")

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: object, **kwargs: object) -> object:
        from snek_strategies.staging.numpy_calls import call_ufunc

        return call_ufunc(ufunc, method, inputs, kwargs)

    def __array_function__(
        self, function: Callable[..., object], types: object, args: tuple[object, ...], kwargs: dict[str, object]
    ) -> object:
        from snek_strategies.staging.numpy_calls import call_function

        return call_function(function, args, kwargs)

    # Operators.

    def __getitem__(self, index: object) -> Rep:
        static, dynamic = split_index(index)
        return emit("getitem", self, *dynamic, index=static)

    def __pow__(self, other: object) -> object:
        return _binary("power", self, other)

    def __rpow__(self, other: object) -> object:
        return _binary("power", other, self)

    def __divmod__(self, other: object) -> object:
        return _binary("floor_divide", self, other), _binary("remainder", self, other)

    def __neg__(self) -> Rep:
        return emit("negative", self)

    def __pos__(self) -> Rep:
        return emit("positive", self)

    def __abs__(self) -> Rep:
        return emit("absolute", self)

    def __invert__(self) -> Rep:
        return emit("invert", self)


def split_index(index: object) -> tuple[tuple[object, ...], tuple[Rep, ...]]:
    """Return an index with a hole for each Rep, and the Reps."""
    parts = index if isinstance(index, tuple) else (index,)
    if any(
        isinstance(one, Rep) for part in parts if isinstance(part, slice) for one in (part.start, part.stop, part.step)
    ):
        refuse(
            "a slice with bounds known only in the next stage: its extent would depend on data; use np.where",
            code="SNK0205",
        )
    static = tuple(
        HOLE if isinstance(part, Rep) else np.asarray(part).copy() if isinstance(part, (list, np.ndarray)) else part
        for part in parts
    )
    return static, tuple(part for part in parts if isinstance(part, Rep))


def _binary(primitive: str, left: object, right: object) -> object:
    if not (liftable(left) and liftable(right)):
        left, right = _number(left, right, primitive), _number(right, left, primitive)
        if not (liftable(left) and liftable(right)):
            return _of_no_number(primitive, left, right)
    return emit(primitive, left, right)


def _number(value: object, beside: object, primitive: str) -> object:
    """Return what an array beside it makes of a list, or of a number of a class derived from Python's (an `IntEnum`).

    NumPy makes a strong number of that, as of no other Python number; Python's own numbers see their like.
    """
    if isinstance(value, (list, tuple)) and isinstance(beside, Rep) and isinstance(beside.type, Array):
        from snek_strategies.staging.operands import np_array

        # A NumPy scalar repeats a list.
        return np_array(value) if beside.type.dims or primitive != "multiply" else value
    kind = next((one for one in (int, float, complex) if isinstance(value, one)), None)
    if kind is None or liftable(value):
        return value
    plain: Any = kind(value)  # type: ignore[call-overload, arg-type]
    return plain if isinstance(beside, Rep) and isinstance(beside.type, Scalar) else np.asarray(plain)[()]


def _of_no_number(primitive: str, left: object, right: object) -> object:
    """Leave an operation to the other operand; NumPy compares what is no number with each element instead."""
    array, other = (left, right) if isinstance(left, Rep) else (right, left)
    is_array = isinstance(array, Rep) and isinstance(array.type, Array) and array.type.dims
    if primitive in ("equal", "not_equal") and is_array:
        refuse(
            f"an array compared with a {type(other).__name__}, {other!r:.40}; compare arrays with numbers, and ask "
            "with `is None`",
            code="SNK0204",
        )
    return NotImplemented


def _forward(primitive: str) -> Callable[[Rep, object], object]:
    return lambda self, other: _binary(primitive, self, other)


def _backward(primitive: str) -> Callable[[Rep, object], object]:
    return lambda self, other: _binary(primitive, other, self)


BINARY = {
    "add": "add",
    "sub": "subtract",
    "mul": "multiply",
    "truediv": "divide",
    "floordiv": "floor_divide",
    "mod": "remainder",
    "matmul": "matmul",
    "and": "bitwise_and",
    "or": "bitwise_or",
    "xor": "bitwise_xor",
    "lshift": "left_shift",
    "rshift": "right_shift",
}
COMPARING = {"lt": "less", "le": "less_equal", "eq": "equal", "ne": "not_equal", "gt": "greater", "ge": "greater_equal"}

for _name, _primitive in BINARY.items():
    setattr(Rep, f"__{_name}__", _forward(_primitive))
    setattr(Rep, f"__r{_name}__", _backward(_primitive))
for _name, _primitive in COMPARING.items():
    setattr(Rep, f"__{_name}__", _forward(_primitive))


def _method(name: str) -> Callable[..., object]:
    function = getattr(np, name)

    def method(self: Rep, *args: object, **kwargs: object) -> object:
        from snek_strategies.staging.numpy_calls import call_function

        self._array(name)
        return call_function(function, (self, *args), kwargs)

    method.__name__ = name
    method.__doc__ = f"As the method `{name}` of a NumPy array."
    return method


METHODS = (
    "sum prod mean max min any all argmax argmin std var cumsum cumprod transpose squeeze ravel repeat take clip dot "
    "swapaxes trace diagonal round argsort nonzero searchsorted"
)
for _name in METHODS.split():
    setattr(Rep, _name, _method(_name))


def _reshape(self: Rep, *shape: Any, order: str = "C") -> object:
    return _method("reshape")(self, shape[0] if len(shape) == 1 else shape, order=order)


def _astype(self: Rep, dtype: object) -> Rep:
    self._array("astype")
    return emit("astype", self, dtype=np.dtype(dtype).name)  # type: ignore[call-overload]


def _item(self: Rep) -> Rep:
    if any(dim != 1 for dim in self._array("item").dims):
        refuse(f"item() of an array with {self.size} elements; index it first", code="SNK0203")
    return emit("item", self)


def _copy(self: Rep) -> Rep:
    self._array("copy")
    return emit("copy", self)


def _conjugate(self: Rep) -> Rep:
    self._array("conj")
    return emit("conjugate", self)


def _transpose(self: Rep, *axes: Any) -> object:
    return _method("transpose")(self, (axes[0] if len(axes) == 1 else axes) or None)


for _name, _function in {
    "reshape": _reshape,
    "astype": _astype,
    "item": _item,
    "copy": _copy,
    "conj": _conjugate,
    "conjugate": _conjugate,
    "transpose": _transpose,
    "flatten": _method("ravel"),
}.items():
    setattr(Rep, _name, _function)


def liftable(value: object) -> bool:
    """Tell whether a value can be an operand: a Rep, a number, a NumPy value of numbers."""
    if isinstance(value, Rep):
        return True
    try:
        type_of_value(value)
    except TypeError:
        return False
    return True


def lift(value: object) -> Atom:
    """Return the atom of a value. A host array is copied: later stores into it are not seen by the program."""
    if isinstance(value, Rep):
        return value.atom
    try:
        type_, value = type_of_value(value), host_array(value)
    except TypeError as error:
        refuse(f"cannot become a value of the next stage: {error}", code="SNK0203")
    if isinstance(value, np.ndarray):
        value = value.copy()
        value.flags.writeable = False
        # A const of rank 0 is a NumPy scalar, as the result of every NumPy operation is.
        value = value[()] if value.ndim == 0 else value
    return Const(value, type_)


def emit(primitive: str, *operands: object, **params: object) -> Rep:
    """Reflect a primitive with one result; operands are lifted."""
    atoms = tuple(lift(operand) for operand in operands)
    if "shape" in params:
        params["shape"] = as_dims(as_shape(params["shape"]))
    if primitive == "power" and all(isinstance(atom.type, Scalar) for atom in atoms):
        _check_power(*atoms)
    (result,) = builder().reflect(primitive, atoms, params)
    made = Rep(result)
    copies = primitive == "getitem" and any(isinstance(one.type, Array) and one.type.dims for one in atoms[1:])
    if primitive in VIEWS and isinstance(result.type, Array) and result.type.dims and not copies:
        _share(primitive, made, operands[0], params)
    return made


def as_dims(shape: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return a shape with symbols in place of the numbers that stand for them in the next stage."""
    return tuple(_as_dim(dim) if isinstance(dim, Rep) else dim for dim in shape)


def _as_dim(length: Rep) -> object:
    return next((symbol for symbol, known in builder().lengths.items() if known.atom == length.atom), length)


_VIEWS = (
    "reshape transpose expand_dims squeeze broadcast_to flip diagonal swapaxes moveaxis ravel real imag "
    "matrix_transpose getitem asarray diff"
)
VIEWS = frozenset(_VIEWS.split())
"""Primitives whose result may lie in the memory of their first operand."""
READ_ONLY = frozenset({"broadcast_to", "diagonal"})


def _share(primitive: str, made: Rep, source: object, params: dict[str, object]) -> None:
    index = params.get("index", ())
    if isinstance(index, tuple) and any(isinstance(part, np.ndarray) for part in index):
        return
    memory = memory_of(made)
    if isinstance(source, Rep):
        memory = memory.join(memory_of(source))
    elif isinstance(source, np.ndarray):
        memory.seal("it is a view of an array from outside the program")
    if primitive in READ_ONLY:
        memory.seal(f"NumPy gives {primitive}() as a view that cannot be written to")


def memory_of(rep: Rep) -> Memory:
    """Return the memory that an array lies in."""
    if rep.memory is None:
        rep.memory = Memory()
        rep.memory.add(rep)
    return rep.memory


def _check_power(base: Atom, exponent: Atom) -> None:
    whole = (Scalar("int"), Scalar("bool"))
    if base.type not in whole or exponent.type not in whole:
        return
    if isinstance(exponent, Sym) or int(exponent.value) < 0:  # type: ignore[call-overload]
        refuse(
            "int ** int with an exponent known only in the next stage: int or float depends on its sign; use floats",
            code="SNK0205",
        )


def constant(value: object) -> Rep:
    """Return a Rep of a static value."""
    made = Rep(lift(value))
    if isinstance(value, np.ndarray):
        memory_of(made).seal("it is an array from outside the program")
    return made
