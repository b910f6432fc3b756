"""What each core primitive looks like in TorchScript's Python: one row each, over tensors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from math import isfinite, prod

import numpy as np

from snek_strategies.backends import torch_linear
from snek_strategies.backends.arithmetic import ELEMENTWISE, dtype_of, loop_dtypes
from snek_strategies.backends.backend import cannot_say
from snek_strategies.backends.idioms import LOGISTIC
from snek_strategies.backends.in_place import HERE
from snek_strategies.backends.placed_index import Along, At, By, Placed, is_basic, leading, placed
from snek_strategies.backends.torch_idioms import PREFIX
from snek_strategies.backends.torch_memory import COMMUTING, METHODS
from snek_strategies.backends.torchscript_numbers import INFIX as OF_NUMBERS
from snek_strategies.backends.torchscript_numbers import NUMBERS, is_number, literal, number, unboxed
from snek_strategies.backends.traced_program import OF_MATH
from snek_strategies.ir.interpretations import HOLE
from snek_strategies.ir.shape_rules import dims_of
from snek_strategies.ir.symbolic_rules import has_symbols
from snek_strategies.ir.syntax import Atom, Const, Node
from snek_strategies.ir.types import Dim, broadcast, concrete

Row = Callable[["Constants", Node, list[str]], str]

INFIX = {**OF_NUMBERS, "divide": "/"}
ON_BOOLS = {"add": "logical_or", "multiply": "logical_and", "maximum": "logical_or", "minimum": "logical_and",
            "fmax": "logical_or", "fmin": "logical_and"}  # fmt: skip
OTHER_NAMES = {
    "negative": "neg", "absolute": "abs", "fabs": "abs", "invert": "bitwise_not", "rint": "round", "power": "pow",
    **{f"arc{name}": f"a{name}" for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh", "tan2")},
}  # fmt: skip
STORED = "stored"
STORES = f"""def {STORED}(array: Tensor, at: int, row: Tensor) -> Tensor:
    array.select(0, at).copy_(row)
    return array


"""
"""The function that stores into an array that nothing else knows."""
NO_EXTENTS = "torch.jit.annotate(List[int], [])"
"""The empty shape, of which TorchScript must be told the type."""
UNKNOWN = frozenset({"uint16", "uint32", "uint64"})
WHOLE = frozenset({"max", "min", "any", "all"})
"""Reductions that PyTorch has a form of over all elements of an array, quicker where these are few."""
SMALL = 1 << 13
"""How many elements are few: `max` takes half of what `amax` takes of 1,000, and twice of 65,536."""


class Constants:
    """A program's constants, which its functions take as further arguments.

    With `numbers`, values that TorchScript has numbers for are such, constant or not, and no tensors. `overwritten`
    are the results that are written into an operand's memory, with its position; `backend` is who refuses.
    """

    def __init__(
        self, numbers: bool = False, overwritten: Mapping[int, int] | None = None, backend: str = "torchscript"
    ) -> None:
        self.backend = backend
        self.numbers = numbers
        self.overwritten = overwritten or {}
        self.values: list[np.ndarray] = []
        self.extents: dict[Dim, str] = {}
        """The texts of the numbers of symbols."""
        self._known: dict[object, str] = {}

    def tensor(self, value: object, dtype: np.dtype[np.generic]) -> str:
        """Return the name of a constant tensor."""
        array = np.array(value, dtype)
        key = (array.dtype.str, array.shape, array.tobytes())
        if key not in self._known:
            self._known[key] = f"c{len(self.values)}"
            self.values.append(array)
        return self._known[key]

    def constant(self, const: Const) -> str:
        """Return the text of an operand that is a constant."""
        dtype = dtype_of(const.type)
        return literal(const.value, dtype) if self.is_number(const) else self.tensor(const.value, dtype)

    def is_number(self, atom: Atom) -> bool:
        """Tell whether a value is a number in the program, and no tensor."""
        return self.numbers and is_number(atom.type)

    def shape(self, dims: Sequence[Dim]) -> str:
        """Return the text of a shape, with the numbers of its symbols."""
        return f"[{', '.join(self.extents.get(dim) or str(dim) for dim in dims)}]" if dims else NO_EXTENTS

    def boxed(self, text: str, atom: Atom) -> str:
        """Return a value's text as a tensor."""
        if not self.is_number(atom):
            return text
        dtype = dtype_of(atom.type)
        return (
            self.tensor(atom.value, dtype)
            if isinstance(atom, Const)
            else f"torch.scalar_tensor({text}, dtype={torch_dtype(dtype)})"
        )


def torch_dtype(dtype: np.dtype[np.generic]) -> str:
    """Return a dtype as PyTorch writes it."""
    return f"torch.{dtype.name}"


def cast(text: str, given: np.dtype[np.generic], wanted: np.dtype[np.generic]) -> str:
    """Return a tensor's text in another dtype, converted as NumPy does it."""
    if given == wanted:
        return text
    if wanted.kind == "b":
        return f"({text} != 0)"
    if given.kind == "c" and wanted.kind != "c":
        text = f"torch.real({text})"
    return f"{text}.to({torch_dtype(wanted)})"


def expression(constants: Constants, node: Node, operands: list[str]) -> str:
    """Return the text of a node; of several results, a tuple's. Raises StagingError for what TorchScript cannot say."""
    for atom in (*node.operands, *node.results):
        if dtype_of(atom.type).name in UNKNOWN:
            raise cannot_say(constants.backend, node, f"PyTorch hardly computes on {dtype_of(atom.type)}; use int64")
    said = number(node, operands) if constants.numbers else None
    if said is not None:
        return said
    made = _of_tensors(constants, node, operands)
    if len(node.results) > 1:
        # Of numbers TorchScript's compiler sees that two calls are one.
        parts = [f"{made}[{at}]" for at in range(len(node.results))]
        parts = [
            unboxed(text, sym.type) if constants.is_number(sym) else text
            for text, sym in zip(parts, node.results, strict=True)
        ]
        return ", ".join(parts) if any(map(constants.is_number, node.results)) else made
    return unboxed(made, node.results[0].type) if constants.is_number(node.results[0]) else made


def _of_tensors(constants: Constants, node: Node, operands: list[str]) -> str:
    if node.primitive.startswith(PREFIX):
        return f"{node.primitive}({', '.join(operands)})"
    if node.primitive == "math":
        function = str(dict(node.params)["function"])
        if function not in OF_MATH or (function == "log" and len(operands) > 1):
            raise cannot_say(constants.backend, node, f"it has no math.{function}; use back-end 'interpret'")
        wide = np.dtype("float64")
        given, _ = _operands(constants, node, operands, wide)
        made = _same_dtype(constants, OF_MATH[function], wide, given, [None] * len(given))
        bare = np.dtype(bool) if OF_MATH[function].startswith("is") else wide
        return cast(made, bare, dtype_of(node.results[0].type))
    if node.primitive in ELEMENTWISE:
        dtypes = loop_dtypes(node)
        if len(set(dtypes)) > 1:
            raise cannot_say(constants.backend, node, f"it does not compute on {', '.join(map(str, dtypes))} together")
        texts, literals = _operands(constants, node, operands, dtypes[0])
        at = constants.overwritten.get(node.results[0].index)
        if dims_of(node.results[0].type) and (at is not None or node.primitive in INFIX):
            # PyTorch makes a tensor of a literal at each operation: the constant is one.
            literals = [None if isinstance(a, Const) else lit for a, lit in zip(node.operands, literals, strict=True)]
        if at is not None:
            return _written_into(node.primitive, at, texts, literals)
        return f"({_same_dtype(constants, node.primitive, dtypes[0], texts, literals)})"
    row = ROWS.get(node.primitive)
    if row is None:
        raise cannot_say(constants.backend, node, "it is not written in TorchScript yet; use back-end 'interpret'")
    tensors = TENSORS_FIRST.get(node.primitive, len(operands))
    boxed = [constants.boxed(text, atom) for text, atom in zip(operands[:tensors], node.operands, strict=False)]
    return row(constants, node, [*boxed, *operands[tensors:]])


def exported_expression(constants: Constants, node: Node, operands: list[str]) -> str:
    """Return the text of a node where no index may leave the graph as a Python number."""
    if node.primitive == "getitem" and len(operands) > 1:
        return _taken(constants, node, operands).replace(NO_EXTENTS, "()")
    return expression(constants, node, operands).replace(NO_EXTENTS, "()")


def _operands(
    constants: Constants, node: Node, operands: list[str], dtype: np.dtype[np.generic]
) -> tuple[list[str], list[str | None]]:
    texts, literals = [], []
    for text, atom in zip(operands, node.operands, strict=True):
        if isinstance(atom, Const) and not dims_of(atom.type):
            texts.append(constants.tensor(atom.value, dtype))
            literals.append(_literal(atom, dtype))
        else:
            texts.append(cast(constants.boxed(text, atom), dtype_of(atom.type), dtype))
            is_literal = constants.is_number(atom) and dtype_of(atom.type) == dtype and dtype.kind != "b"
            literals.append(text if is_literal else None)
    return texts, literals


def _literal(atom: Atom, dtype: np.dtype[np.generic]) -> str | None:
    assert isinstance(atom, Const)
    number = dtype.type(atom.value).item()
    if dtype.kind in "iu" or (dtype.kind == "f" and isfinite(number)):
        return repr(number)
    return None


def _same_dtype(
    constants: Constants, name: str, dtype: np.dtype[np.generic], texts: list[str], literals: list[str | None]
) -> str:
    if dtype.kind == "b" and name in ON_BOOLS:
        name = ON_BOOLS[name]
    if name in INFIX:
        # PyTorch computes with a literal in the tensor's dtype, and no tensor is made for it.
        shown = texts if all(literals) else [lit or text for lit, text in zip(literals, texts, strict=True)]
        return f"{shown[0]} {INFIX[name]} {shown[1]}"
    if name == "positive" or (dtype.kind in "biu" and name in ("floor", "ceil", "trunc", "rint")):
        return texts[0]
    if name in ("floor_divide", "remainder"):
        a, b = texts
        if dtype.kind in "biu":
            known = (literals[1] or "0").lstrip("-")
            if known.isdigit() and known != "0":
                return _divided(name, a, b)
            made = _divided(name, a, f"torch.where({b} == 0, {constants.tensor(1, dtype)}, {b})")
            return f"torch.where({b} == 0, {constants.tensor(0, dtype)}, {made})"
        if name == "remainder":
            # A remainder of 0 has the divisor's sign too.
            return f"torch.copysign({_exactly(name, dtype, texts)}, {b})"
        return _divided(name, a, b)
    if name == "fmod":
        return _exactly(name, dtype, texts)
    if name in ("left_shift", "right_shift"):
        a, b = texts
        bits = dtype.itemsize * 8
        if (literals[1] or "").isdigit() and int(literals[1] or "") < bits:
            return f"torch.bitwise_{name}({a}, {literals[1]})"
        inside = f"torch.clamp({b}, 0, {bits - 1})"
        last = constants.tensor(bits - 1, dtype)
        nothing = name == "left_shift" or dtype.kind == "u"
        far = constants.tensor(0, dtype) if nothing else f"torch.bitwise_right_shift({a}, {last})"
        return f"torch.where(({b} >= 0) & ({b} < {bits}), torch.bitwise_{name}({a}, {inside}), {far})"
    if name == "sign" and dtype.kind == "f":
        return f"torch.where({texts[0]} == {texts[0]}, torch.sign({texts[0]}), {texts[0]})"  # that of NaN is NaN
    if name == "cbrt":
        return f"torch.copysign(torch.pow(torch.abs({texts[0]}), {1 / 3!r}), {texts[0]})"
    if name == "conjugate":
        return f"torch.conj({texts[0]}).resolve_conj()"
    return f"torch.{OTHER_NAMES.get(name, name)}({', '.join(texts)})"


def _written_into(name: str, at: int, texts: list[str], literals: list[str | None]) -> str:
    """Return the text of an operation that writes its result into one of its operands, and gives that."""
    method = METHODS[name]
    if at == 0 or name in COMMUTING:
        others = [lit or text for lit, text in zip(literals, texts, strict=True)]
        del others[at]
        return f"{texts[at]}.{method}({', '.join(others)})"
    return f"torch.{method[:-1]}({', '.join(texts)}, out={texts[at]})"


def _exactly(name: str, dtype: np.dtype[np.generic], texts: list[str]) -> str:
    """Return a remainder of floats; PyTorch's is NaN where the quotient is no number of the dtype."""
    if dtype.itemsize > 4:
        return f"torch.{name}({', '.join(texts)})"
    wide = ", ".join(cast(text, dtype, np.dtype("float64")) for text in texts)
    return cast(f"torch.{name}({wide})", np.dtype("float64"), dtype)


def _divided(name: str, a: str, b: str) -> str:
    return f"torch.div({a}, {b}, rounding_mode='floor')" if name == "floor_divide" else f"torch.remainder({a}, {b})"


def _convert(constants: Constants, node: Node, operands: list[str]) -> str:
    (atom,) = node.operands
    text = operands[0]
    if dims_of(atom.type) != dims_of(node.results[0].type):
        text = f"{text}.reshape({constants.shape(dims_of(node.results[0].type))})"
    return cast(text, dtype_of(atom.type), dtype_of(node.results[0].type))


def _not(constants: Constants, node: Node, operands: list[str]) -> str:
    text = operands[0] if not dims_of(node.operands[0].type) else f"{operands[0]}.reshape({constants.shape(())})"
    return f"torch.logical_not({text})"


def _where(constants: Constants, node: Node, operands: list[str]) -> str:
    (result,) = node.results
    wanted = dtype_of(result.type)
    sides, literals = _operands(constants, _only(node, 1), operands[1:], wanted)
    if constants.is_number(node.operands[0]) and all(
        dims_of(one.type) == dims_of(result.type) for one in node.operands[1:]
    ):
        return f"({sides[0]} if {operands[0]} else {sides[1]})"
    for at in (0, 1):
        other = node.operands[2 - at].type
        if dims_of(other) and dtype_of(other) == wanted and wanted in NUMBERS:
            sides[at] = literals[at] or sides[at]  # no tensor is made for a number
    flag = cast(constants.boxed(operands[0], node.operands[0]), dtype_of(node.operands[0].type), np.dtype(bool))
    return f"torch.where({', '.join([flag, *sides])})"


def _only(node: Node, first: int) -> Node:
    return Node(node.results, node.primitive, node.operands[first:], node.params, place=node.place)


def _reduce(constants: Constants, node: Node, operands: list[str]) -> str:
    (atom,) = node.operands
    dims, name = dims_of(atom.type), node.primitive
    given, wanted = dtype_of(atom.type), dtype_of(node.results[0].type)
    if not dims:
        return cast(operands[0], given, wanted)
    axis = dict(node.params)["axis"]
    axes: tuple[int, ...] = axis if isinstance(axis, tuple) else (int(str(axis)),)
    if not axes:
        return cast(operands[0], given, wanted)
    text = operands[0]
    if name in WHOLE and len(axes) == len(dims) and not has_symbols(dims) and prod(concrete(dims)) <= SMALL:
        return f"torch.{name}({cast(text, given, np.dtype(bool)) if name in ('any', 'all') else text})"
    if name == "sum":
        return f"torch.sum({text}, dim={constants.shape(axes)}, dtype={torch_dtype(wanted)})"
    if name in ("max", "min"):
        return f"torch.a{name}({text}, dim={constants.shape(axes)})"
    if name in ("any", "all"):
        text = cast(text, given, np.dtype(bool))
    if name.startswith("arg") and given.kind == "b":
        text = f"{text}.to(torch.uint8)"  # PyTorch has no order of truth values
    for one in sorted(axes, reverse=True):
        more = f", dtype={torch_dtype(wanted)}" if name == "prod" else ""
        text = f"torch.{name}({text}, dim={one}{more})"
    return text


def _along(_: Constants, node: Node, operands: list[str]) -> str:
    if node.primitive in ("sort", "argsort"):
        return f"torch.sort({operands[0]}, stable=True, dim=-1)[{int(node.primitive == 'argsort')}]"
    wanted = torch_dtype(dtype_of(node.results[0].type))
    return f"torch.{node.primitive}({operands[0]}, dim={dict(node.params)['axis']}, dtype={wanted})"


def _matmul(_: Constants, node: Node, operands: list[str]) -> str:
    wanted = dtype_of(node.results[0].type)
    wide = np.dtype("int64") if wanted.kind == "b" else wanted
    texts = [cast(text, dtype_of(atom.type), wide) for text, atom in zip(operands, node.operands, strict=True)]
    return cast(f"torch.matmul({', '.join(texts)})", wide, wanted)


def _linear(constants: Constants, node: Node, operands: list[str]) -> str:
    wanted = torch_linear.linear_dtype(node)
    texts = [cast(text, dtype_of(atom.type), wanted) for text, atom in zip(operands, node.operands, strict=True)]
    return torch_linear.linear(node, texts, constants.shape)


def _concatenate(_: Constants, node: Node, operands: list[str]) -> str:
    return f"torch.cat([{', '.join(operands)}], dim={dict(node.params)['axis']})"


def _index(node: Node) -> tuple[object, ...]:
    index = dict(node.params)["index"]
    assert isinstance(index, tuple)
    return index


def _getitem(constants: Constants, node: Node, operands: list[str]) -> str:
    index = _index(node)
    if not index:
        return operands[0]
    if HERE in node.params and not constants.is_number(node.results[0]):
        bare = tuple(one for one in node.params if one != HERE)
        return f"{_getitem(constants, replace(node, params=bare), operands)}.clone()"
    backwards = any(isinstance(part, slice) and (part.step or 1) < 0 for part in index)
    if is_basic(tuple(atom.type for atom in node.operands[1:])) and not backwards:
        given = zip(operands[1:], node.operands[1:], strict=True)
        values = iter(text if constants.is_number(atom) else f"int({text})" for text, atom in given)
        return f"{operands[0]}[{', '.join(next(values) if part is HOLE else _part(part) for part in index)}]"
    return _taken(constants, node, operands)


def _taken(constants: Constants, node: Node, operands: list[str]) -> str:
    """Return what an index with tensors takes."""
    indices = _leading(constants, node, 1, operands[1:])
    if indices is not None:
        return f"torch.ops.aten.index({operands[0]}, [{indices}])"
    if has_symbols(dims_of(node.operands[0].type), dims_of(node.results[0].type)):
        return f"torch.ops.aten.index({operands[0]}, [{_by_axis(constants, node, 1, operands[1:])}])"
    return f"torch.take({operands[0]}, {_positions(constants, node, 1, operands[1:])})"


def _leading(constants: Constants, node: Node, first: int, dynamic: list[str]) -> str | None:
    """Return the tensors that choose the first axes, where an index takes all of those after them; None elsewhere."""
    dims = dims_of(node.operands[0].type)
    atoms = node.operands[first:]
    where = placed(dims, _index(node), tuple(atom.type for atom in atoms))
    count = sum(isinstance(place, By) for place in where.places)
    chosen, rest = where.places[:count], where.places[count:]
    whole = [Along(len(where.shape) - len(rest) + at, 0, 1) for at in range(len(rest))]
    over = broadcast(tuple(dims_of(atom.type) for atom in atoms))
    if not count or list(rest) != whole or where.shape != (*over, *dims[count:]):
        return None
    if [place.operand for place in chosen if isinstance(place, By)] != list(range(count)):
        return None
    texts = (constants.boxed(text, atom) for text, atom in zip(dynamic, atoms, strict=True))
    wide = np.dtype("int64")
    return ", ".join(cast(text, dtype_of(atom.type), wide) for text, atom in zip(texts, atoms, strict=True))


def _part(part: object) -> str:
    if part is Ellipsis:
        return "..."
    if isinstance(part, slice):
        bounds = ["" if one is None else str(int(one)) for one in (part.start, part.stop)]
        return ":".join(bounds) + ("" if part.step is None else f":{int(part.step)}")
    return "None" if part is None else str(int(part))  # type: ignore[call-overload]


def _positions(constants: Constants, node: Node, first: int, dynamic: list[str]) -> str:
    """Return the flat positions that an index takes, in the result's shape."""
    dims = dims_of(node.operands[0].type)
    where = placed(dims, _index(node), tuple(atom.type for atom in node.operands[first:]))
    known = np.zeros(where.shape, np.int64)
    terms: list[str] = []
    stride = 1
    for place, size in zip(reversed(where.places), reversed(concrete(dims)), strict=True):
        if isinstance(place, At):
            known = known + place.position * stride
        elif isinstance(place, Along):
            line = place.start + place.step * np.arange(where.shape[place.axis])
            shape = [-1 if k == place.axis else 1 for k in range(len(where.shape))]
            known = known + line.reshape(shape) * stride
        else:
            atom = node.operands[first + place.operand]
            if constants.is_number(atom):
                terms.append(f"({dynamic[place.operand]} % {size}) * {stride}")
                stride *= size
                continue
            text = cast(dynamic[place.operand], dtype_of(atom.type), np.dtype("int64"))
            extents = dict(zip(reversed(place.axes), reversed(dims_of(atom.type)), strict=False))
            spread = constants.shape([extents.get(k, 1) for k in range(len(where.shape))])
            terms.append(f"torch.remainder({text}, {size}).reshape({spread}) * {stride}")
        stride *= size
    return " + ".join([constants.tensor(np.broadcast_to(known, where.shape), np.dtype("int64")), *terms])


def _by_axis(constants: Constants, node: Node, first: int, dynamic: list[str]) -> str:
    """Return tensors that choose on every axis what an index takes, for extents that only the run tells."""
    dims = dims_of(node.operands[0].type)
    where = placed(dims, _index(node), tuple(atom.type for atom in node.operands[first:]))
    rank, wide = len(where.shape), np.dtype("int64")

    def chosen(place: At | Along | By) -> str:
        if isinstance(place, At):
            return constants.tensor(place.position, wide)
        if isinstance(place, Along):
            line = f"torch.arange({constants.shape(where.shape[place.axis : place.axis + 1])[1:-1]})"
            shape = [-1 if k == place.axis else 1 for k in range(rank)]
            return f"({line} * {place.step} + {place.start}).reshape({constants.shape(shape)})"
        atom = node.operands[first + place.operand]
        text = cast(constants.boxed(dynamic[place.operand], atom), dtype_of(atom.type), wide)
        extents = dict(zip(reversed(place.axes), reversed(dims_of(atom.type)), strict=False))
        return f"{text}.reshape({constants.shape([extents.get(k, 1) for k in range(rank)])})" if place.axes else text

    return ", ".join(map(chosen, where.places))


def _store(constants: Constants, node: Node, operands: list[str]) -> str:
    dims = dims_of(node.operands[0].type)
    where = placed(dims, _index(node), tuple(atom.type for atom in node.operands[2:]))
    value = node.operands[1]
    text = cast(operands[1], dtype_of(value.type), dtype_of(node.operands[0].type))
    room = dims_of(value.type)
    while len(room) > len(where.shape):
        text, room = f"{text}[0]", room[1:]
    if node.primitive == "setitem" and constants.numbers and _takes_a_row(node, where):
        row = text if room == where.shape else f"{text}.expand({constants.shape(where.shape)})"
        at = operands[2] if constants.is_number(node.operands[2]) else f"int({operands[2]})"
        if HERE in node.params:
            return f"{STORED}({operands[0]}, {at}, {row})"
        return f"torch.select_scatter({operands[0]}, {row}, 0, {at})"
    adds = ", accumulate=True" if node.primitive == "additem" else ""
    first = _leading(constants, node, 2, operands[2:])
    if first is None and has_symbols(dims, where.shape):
        first = _by_axis(constants, node, 2, operands[2:])
    if first is not None:
        return f"torch.index_put({operands[0]}, [{first}], {text}{adds})"
    at = _positions(constants, node, 2, operands[2:])
    wide = f"{text}.expand({constants.shape(where.shape)})" if where.shape else text
    made = f"torch.index_put({operands[0]}.reshape([-1]), [{at}], {wide}{adds})"
    return f"{made}.reshape({constants.shape(dims)})"


def _takes_a_row(node: Node, where: Placed) -> bool:
    """Tell whether an index is one position of the first axis, known in the next stage only, and all of the others."""
    dims = dims_of(node.operands[0].type)
    return _index(node)[:1] == (HOLE,) and leading(where, dims) == 1 and where.shape == dims[1:]


def _shaped(name: str) -> Row:
    def row(constants: Constants, node: Node, operands: list[str]) -> str:
        dims = dims_of(node.results[0].type)
        same = dims == dims_of(node.operands[0].type)
        return operands[0] if same else f"{operands[0]}.{name}({constants.shape(dims)})"

    return row


def _transpose(constants: Constants, node: Node, operands: list[str]) -> str:
    axes = dict(node.params)["axes"]
    assert isinstance(axes, tuple)
    return f"{operands[0]}.permute({constants.shape(axes)})" if len(axes) > 1 else operands[0]


ROWS: dict[str, Row] = {
    **dict.fromkeys(("bool", "int", "float", "item", "asarray", "astype"), _convert),
    "copy": lambda _, node, operands: f"{operands[0]}.clone()",  # noqa: ARG005
    "not": _not,
    "where": _where,
    **dict.fromkeys(("sum", "prod", "max", "min", "any", "all", "argmax", "argmin"), _reduce),
    **dict.fromkeys(("cumsum", "cumprod", "sort", "argsort"), _along),
    "matmul": _matmul,
    **dict.fromkeys(torch_linear.ROWS, _linear),
    "reshape": _shaped("reshape"),
    "broadcast_to": _shaped("expand"),
    "extent": lambda _, node, operands: f"{operands[0]}.size({dict(node.params)['axis']})",
    "transpose": _transpose,
    "concatenate": _concatenate,
    "getitem": _getitem,
    "setitem": _store,
    "additem": _store,
    LOGISTIC: lambda _, node, operands: f"torch.sigmoid({operands[0]})",  # noqa: ARG005
    "real": lambda _, node, operands: f"torch.real({operands[0]})",  # noqa: ARG005
    "imag": lambda _, node, operands: f"torch.imag({operands[0]})",  # noqa: ARG005
}
"""One row for each core primitive that is not elementwise."""

TENSORS_FIRST = {"where": 0, "getitem": 1, "setitem": 2, "additem": 2, "reshape": 1, "broadcast_to": 1}
"""How many operands a row takes as tensors, where those that follow may be numbers; all of them elsewhere."""
