"""What each core primitive looks like in Python for Numba: one row each, operands cast first."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from snek_strategies.backends.arithmetic import ELEMENTWISE, dtype_of, loop_dtypes
from snek_strategies.backends.backend import cannot_say
from snek_strategies.backends.in_place import HERE
from snek_strategies.backends.numba_source import linear, loops, reductions
from snek_strategies.backends.placed_index import is_basic, placed
from snek_strategies.ir.interpretations import FUNCTIONS, HOLE, LINEAR
from snek_strategies.ir.shape_rules import dims_of
from snek_strategies.ir.symbols import Symbol, as_shape
from snek_strategies.ir.syntax import Atom, Const, Node
from snek_strategies.ir.types import Array, Dim, Scalar

Row = Callable[["Functions", Node, list[str]], str]

INFIX = {
    "add": "+", "subtract": "-", "multiply": "*", "divide": "/", "floor_divide": "//", "remainder": "%",
    "bitwise_and": "&", "bitwise_or": "|", "bitwise_xor": "^", "less": "<", "less_equal": "<=", "equal": "==",
    "not_equal": "!=", "greater": ">", "greater_equal": ">=", "power": "**",
}  # fmt: skip

ON_BOOLS = {"add": "|", "multiply": "&", "maximum": "|", "minimum": "&", "fmax": "|", "fmin": "&"}
SMALL = frozenset(["bool", "int8", "int16", "int32", "uint8", "uint16", "uint32", "uint64", "float32"])
"""Scalars of these dtypes Numba widens while it computes."""
WHOLE_ALREADY = frozenset({"floor", "ceil", "trunc", "rint"})


class Functions:
    """The functions that a program needs beside its own, each written once, and its constant arrays."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}
        self.constants: dict[str, np.ndarray] = {}

    def name(self, base: str, write: Callable[[str], str]) -> str:
        """Return the name of a function with that text."""
        for at in range(1, len(self.texts) + 2):
            name = f"_{base}" if at == 1 else f"_{base}_{at}"
            text = write(name)
            if self.texts.setdefault(name, text) == text:
                return name
        raise AssertionError(base)

    def constant(self, const: Const) -> str:
        """Return the text of a constant."""
        value = const.value
        if isinstance(value, np.ndarray) and value.shape:
            name = f"c{len(self.constants)}"
            self.constants[name] = np.ascontiguousarray(value)
            return name
        return scalar_text(value, dtype_of(const.type))


def scalar_text(value: object, dtype: np.dtype[np.generic]) -> str:
    """Return a number as Python source; infinities and NaN by name."""
    number = dtype.type(value).item()
    if dtype.kind == "c":
        text = f"complex({_float_text(number.real)}, {_float_text(number.imag)})"
    else:
        text = _float_text(number) if dtype.kind == "f" else repr(number)
    if dtype.name in SMALL and dtype.kind != "b":
        return f"{loops.dtype_text(dtype)}({text})"
    return f"np.complex64({text})" if dtype.name == "complex64" else text


def _float_text(number: float) -> str:
    if np.isfinite(number):
        return repr(number)
    return "np.nan" if np.isnan(number) else "np.inf" if number > 0 else "(-np.inf)"


def cast(text: str, atom: Atom, dtype: np.dtype[np.generic]) -> str:
    """Return an operand's text in that dtype."""
    if isinstance(atom, Const) and not dims_of(atom.type):
        return scalar_text(atom.value, dtype)
    if dtype_of(atom.type) == dtype:
        return text
    if not dims_of(atom.type):
        return _cast_scalar(text, dtype_of(atom.type), dtype)
    if dtype_of(atom.type).kind == "c" and dtype.kind != "c":
        if dtype.kind == "b":
            return f"({text} != 0)"
        text = f"{text}.real"
    return f"{text}.astype({loops.dtype_text(dtype)})"


def expression(functions: Functions, node: Node, operands: list[str]) -> str:
    """Return the text of a node with one result. Raises StagingError for what Numba cannot say."""
    for type_ in (*(atom.type for atom in node.operands), *(sym.type for sym in node.results)):
        if isinstance(type_, Array) and type_.dtype == np.float16:
            raise cannot_say("numba", node, "Numba does not compute in float16; use float32")
    if node.primitive in ELEMENTWISE:
        return _elementwise(node, operands)
    row = ROWS.get(node.primitive)
    if row is None:
        raise cannot_say("numba", node, "it is not written in Numba's Python yet; use back-end 'interpret'")
    return row(functions, node, operands)


def _elementwise(node: Node, operands: list[str]) -> str:
    dtypes = loop_dtypes(node)
    if len(set(dtypes)) > 1:
        raise cannot_say("numba", node, f"Numba has no loop over {', '.join(map(str, dtypes))}")
    dtype = dtypes[0]
    texts = [cast(text, atom, dtype) for text, atom in zip(operands, node.operands, strict=True)]
    made = _same_dtype(node, dtype, texts)
    (result,) = node.results
    wanted = dtype_of(result.type)
    if not dims_of(result.type) and (wanted.name in SMALL and wanted.kind != "b"):
        return f"{loops.dtype_text(wanted)}({made})"
    return f"({made})"


def _same_dtype(node: Node, dtype: np.dtype[np.generic], texts: list[str]) -> str:
    name = node.primitive
    scalar = not dims_of(node.results[0].type)
    if dtype.kind == "b" and name in ON_BOOLS:
        return f"{texts[0]} {ON_BOOLS[name]} {texts[1]}"
    if dtype.kind in "biu" and name in WHOLE_ALREADY:
        return texts[0]
    if name == "floor_divide" and dtype == np.int64 and not (isinstance(node.operands[1], Const) or _is_python(node)):
        # The least number by -1 is itself, as NumPy has it.
        opposite, other = f"-{texts[0]}", f"{texts[0]} // {texts[1]}"
        if scalar:
            return f"{opposite} if {texts[1]} == -1 else {other}"
        return f"np.where({texts[1]} == -1, {opposite}, {other})"
    if name == "divide" and dtype.kind == "c" and not _is_python(node):
        # Numba's own `/` raises Python's error for a divisor of 0.
        return f"np.divide({', '.join(texts)})"
    if name == "sign":
        # That of -0.0 is 0.0.
        return f"np.sign({texts[0]}) + {scalar_text(0, dtype)}"
    if dtype.kind in "biu" and name in ("isnan", "isinf", "isfinite"):
        return f"{texts[0]} {'==' if name == 'isfinite' else '!='} {texts[0]}"
    if name in INFIX:
        return f"{texts[0]} {INFIX[name]} {texts[1]}"
    if name in ("negative", "invert", "positive", "logical_not"):
        sign = {"negative": "-", "invert": "~", "positive": "", "logical_not": "not "}[name]
        if dtype.kind == "b" or name == "logical_not":
            return f"not {texts[0]}" if scalar else f"np.logical_not({texts[0]})"
        return f"{sign}{texts[0]}"
    if name in ("left_shift", "right_shift"):
        return _shift(node, dtype, texts, scalar)
    if name in ("logical_and", "logical_or") and scalar and dtype.kind == "b":
        return f"{texts[0]} {'and' if name == 'logical_and' else 'or'} {texts[1]}"
    if name == "square":
        return f"{texts[0]} * {texts[0]}" if texts[0].isidentifier() else f"np.square({texts[0]})"
    assert name in FUNCTIONS or name == "absolute", name
    return f"np.{name}({', '.join(texts)})"


def _is_python(node: Node) -> bool:
    return isinstance(node.results[0].type, Scalar)


def _shift(node: Node, dtype: np.dtype[np.generic], texts: list[str], scalar: bool) -> str:
    bits = dtype.itemsize * 8
    left = node.primitive == "left_shift"
    count = node.operands[1]
    if isinstance(count, Const) and bool(np.all((np.asarray(count.value) >= 0) & (np.asarray(count.value) < bits))):
        return f"{texts[0]} {'<<' if left else '>>'} {texts[1]}"
    if scalar:
        far = scalar_text(0, dtype) if left or dtype.kind == "u" else f"({texts[0]} >> {bits - 1})"
        return f"{texts[0]} {'<<' if left else '>>'} {texts[1]} if 0 <= {texts[1]} < {bits} else {far}"
    # Machine code shifts by less than a word; NumPy shifts everything out by more.
    last = scalar_text(bits - 1, dtype)
    if dims_of(count.type):
        inside = f"((0 <= {texts[1]}) & ({texts[1]} < {bits}))"
        by, kept = f"np.where({inside}, {texts[1]}, {last})", f"{inside}.astype({loops.dtype_text(dtype)})"
    else:
        inside = f"(0 <= {texts[1]} < {bits})"
        by, kept = f"({texts[1]} if {inside} else {last})", f"{loops.dtype_text(dtype)}({inside})"
    made = f"np.{node.primitive}({texts[0]}, {by})"
    return f"{made} * {kept}" if left or dtype.kind == "u" else made


def _where(_: Functions, node: Node, operands: list[str]) -> str:
    flag, wide, _wide = loop_dtypes(node)
    kinds = (flag, wide, wide)
    texts = [cast(text, atom, dtype) for text, atom, dtype in zip(operands, node.operands, kinds, strict=True)]
    if not dims_of(node.results[0].type):
        return f"({texts[1]} if {texts[0]} else {texts[2]})"
    return f"np.where({', '.join(texts)})"


def _convert(dtype: Callable[[Node], np.dtype[np.generic]]) -> Row:
    def row(_: Functions, node: Node, operands: list[str]) -> str:
        (atom,) = node.operands
        text = operands[0]
        if dims_of(atom.type) and not dims_of(node.results[0].type):
            text = f"{text}[{', '.join('0' * len(dims_of(atom.type)))}]"
            return _cast_scalar(text, dtype_of(atom.type), dtype(node))
        if dims_of(atom.type):
            made = cast(text, atom, dtype(node))
            return f"{text}.copy()" if made == text and node.primitive in ("copy", "astype") else made
        return _cast_scalar(text, dtype_of(atom.type), dtype(node))

    return row


def _cast_scalar(text: str, given: np.dtype[np.generic], wanted: np.dtype[np.generic]) -> str:
    if given == wanted:
        return text
    if wanted.kind == "b":
        return f"({text} != 0)"
    text = f"{text}.real" if given.kind == "c" and wanted.kind != "c" else text
    return f"{loops.dtype_text(wanted)}({text})"


def _result_dtype(node: Node) -> np.dtype[np.generic]:
    return dtype_of(node.results[0].type)


def _not(_: Functions, node: Node, operands: list[str]) -> str:
    (atom,) = node.operands
    at = f"[{', '.join('0' * len(dims_of(atom.type)))}]" if dims_of(atom.type) else ""
    return f"(not {operands[0]}{at})"


def _reduce(functions: Functions, node: Node, operands: list[str]) -> str:
    (atom,) = node.operands
    dims = dims_of(atom.type)
    if not dims:
        return _convert(_result_dtype)(functions, node, operands)
    axis = dict(node.params)["axis"]
    axes = axis if isinstance(axis, tuple) else (int(str(axis)),)
    if not axes:
        return cast(operands[0], atom, _result_dtype(node))
    if 0 in (dims[one] for one in axes) and node.primitive not in reductions.OF_NOTHING:
        raise cannot_say("numba", node, "there is no extreme of no elements")
    if dtype_of(atom.type).kind == "c" and node.primitive not in reductions.OF_NOTHING:
        raise cannot_say("numba", node, "complex numbers have no order in Numba")
    text = reductions.reduction(functions.name, node.primitive, dims, axes, dtype_of(atom.type), _result_dtype(node))
    return f"{functions.name(node.primitive, text)}({operands[0]})"


def _matmul(functions: Functions, node: Node, operands: list[str]) -> str:
    dtype = _result_dtype(node)
    shapes = [dims_of(atom.type) for atom in node.operands]
    texts = [cast(text, atom, dtype) for text, atom in zip(operands, node.operands, strict=True)]
    if dtype.kind in "fc" and all(len(one) <= 2 for one in shapes) and 0 not in (*shapes[0], *shapes[1]):
        # BLAS takes rows or columns that lie together; a transposed array's columns do.
        texts = [text if text.endswith((".T", ".T)")) else f"np.ascontiguousarray({text})" for text in texts]
        return f"np.dot({', '.join(texts)})"
    return f"{functions.name('matmul', loops.product(shapes[0], shapes[1], dtype))}({', '.join(texts)})"


def _linear(functions: Functions, node: Node, operands: list[str]) -> str:
    factored = functions.name("factor", linear.factor) if node.primitive == "cholesky" else ""
    return f"{functions.name(node.primitive, linear.linear(node, factored))}({', '.join(operands)})"


def _reshape(_: Functions, node: Node, operands: list[str]) -> str:
    dims = dims_of(node.results[0].type)
    atom = node.operands[0]
    if not dims_of(atom.type):
        return f"np.full({_shape(dims, operands[1:])}, {operands[0]})" if dims else operands[0]
    if not dims:
        return f"{operands[0]}[{', '.join('0' * len(dims_of(atom.type)))}]"
    # With symbols, -1 among numbers stays: the result's own extents need not be at hand.
    shape = as_shape(dict(node.params)["shape"]) if any(isinstance(dim, Symbol) for dim in dims) else dims
    return f"np.ascontiguousarray({operands[0]}).reshape({_shape(shape, operands[1:])})"


def _shape(dims: tuple[Dim, ...], extents: list[str]) -> str:
    """Return a shape's text; the numbers of its symbols have these."""
    numbers = iter(extents)
    texts = [next(numbers) if isinstance(dim, Symbol) else str(dim) for dim in dims]
    return f"({', '.join(texts)}{',' if len(dims) == 1 else ''})"


def _transpose(_: Functions, node: Node, operands: list[str]) -> str:
    axes = dict(node.params)["axes"]
    assert isinstance(axes, tuple)
    if axes == tuple(reversed(range(len(axes)))):
        # Numba compiles `np.transpose` with its checks of the axes and their texts, for seconds.
        return f"{operands[0]}.T" if len(axes) > 1 else operands[0]
    return f"np.transpose({operands[0]}, {_shape(axes, [])})"


def _broadcast_to(_: Functions, node: Node, operands: list[str]) -> str:
    dims = dims_of(node.results[0].type)
    if not dims:
        return operands[0]
    if not dims_of(node.operands[0].type):
        return f"np.full({_shape(dims, operands[1:])}, {cast(operands[0], node.operands[0], _result_dtype(node))})"
    return f"np.broadcast_to({operands[0]}, {_shape(dims, operands[1:])})"


def _concatenate(_: Functions, node: Node, operands: list[str]) -> str:
    arrays = [f"np.ascontiguousarray({one})" for one in operands]
    return f"np.concatenate(({', '.join(arrays)},), {dict(node.params)['axis']})"


def _getitem(functions: Functions, node: Node, operands: list[str]) -> str:
    dynamic = tuple(atom.type for atom in node.operands[1:])
    index = dict(node.params)["index"]
    assert isinstance(index, tuple)
    if is_basic(dynamic):
        return f"{operands[0]}[{_basic(index, operands[1:])}]" if index else operands[0]
    where = placed(dims_of(node.operands[0].type), index, dynamic)
    text = loops.gather(where, dims_of(node.operands[0].type), [dims_of(one) for one in dynamic], _result_dtype(node))
    return f"{functions.name('take', text)}({', '.join(operands)})"


def _basic(index: tuple[object, ...], dynamic: list[str]) -> str:
    values = iter(dynamic)
    return ", ".join(next(values) if part is HOLE else _part(part) for part in index)


def _part(part: object) -> str:
    if part is Ellipsis:
        return "..."
    if isinstance(part, slice):
        bounds = ["" if one is None else str(int(one)) for one in (part.start, part.stop)]
        return ":".join(bounds) + ("" if part.step is None else f":{int(part.step)}")
    return "None" if part is None else str(int(part))  # type: ignore[call-overload]


def _store(functions: Functions, node: Node, operands: list[str]) -> str:
    target, value, *rest = node.operands
    dtype = dtype_of(target.type)
    index = dict(node.params)["index"]
    assert isinstance(index, tuple)
    dynamic = tuple(atom.type for atom in rest)
    where = placed(dims_of(target.type), index, dynamic)
    dims = dims_of(value.type)
    given = operands[1]
    while len(dims) > len(where.shape) and dims[0] == 1:
        given, dims = f"{given}[0]", dims[1:]
    text = loops.scatter(
        where,
        dims_of(target.type),
        [dims_of(one) for one in dynamic],
        dims,
        adds=node.primitive == "additem",
        target=loops.dtype_text(dtype),
        copies=HERE not in node.params,
    )
    name = functions.name("added" if node.primitive == "additem" else "stored", text)
    return f"{name}({', '.join([operands[0], given, *operands[2:]])})"


def _along(functions: Functions, node: Node, operands: list[str]) -> str:
    (atom,) = node.operands
    axis = dict(node.params)["axis"]
    dims = dims_of(atom.type)
    if node.primitive in ("cumsum", "cumprod"):
        text = loops.running(node.primitive, dims, int(str(axis)), _result_dtype(node))
    else:
        text = loops.by_rows(node.primitive, dims, _result_dtype(node))
    return f"{functions.name(node.primitive, text)}({operands[0]})"


_MATH = """
sqrt exp log log2 log10 log1p expm1 sin cos tan asin acos atan atan2 sinh cosh tanh asinh acosh atanh fabs erf erfc
gamma lgamma pow hypot copysign radians degrees isnan isinf isfinite floor ceil trunc
"""
MATH = {**{name: f"math.{name}" for name in _MATH.split()}, "fmod": "np.fmod"}
"""What Numba has of `math`, and has elsewhere."""


def _math(_: Functions, node: Node, operands: list[str]) -> str:
    function = str(dict(node.params)["function"])
    if function not in MATH:
        raise cannot_say("numba", node, f"Numba has no math.{function}; use back-end 'interpret'")
    given = [cast(text, atom, np.dtype("float64")) for text, atom in zip(operands, node.operands, strict=True)]
    made = f"{MATH[function]}({', '.join(given)})"
    return f"np.int64({made})" if node.results[0].type == Scalar("int") else made


def _part_of(attribute: str) -> Row:
    return lambda _, node, operands: f"{operands[0]}.{attribute}" + (".copy()" if dims_of(node.results[0].type) else "")


ROWS: dict[str, Row] = {
    "where": _where,
    **{name: _convert(_result_dtype) for name in ("bool", "int", "float", "item", "asarray", "astype", "copy")},
    "not": _not,
    **dict.fromkeys(("sum", "prod", "max", "min", "any", "all", "argmax", "argmin"), _reduce),
    **dict.fromkeys(("cumsum", "cumprod", "sort", "argsort"), _along),
    "extent": lambda _, node, operands: f"{operands[0]}.shape[{dict(node.params)['axis']}]",
    "matmul": _matmul,
    **dict.fromkeys(LINEAR, _linear),
    "reshape": _reshape,
    "transpose": _transpose,
    "broadcast_to": _broadcast_to,
    "concatenate": _concatenate,
    "getitem": _getitem,
    "setitem": _store,
    "additem": _store,
    "math": _math,
    "real": _part_of("real"),
    "imag": _part_of("imag"),
}
"""One row for each core primitive that is not elementwise."""
