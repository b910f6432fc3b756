"""What an elementwise primitive looks like in C++ for one element, its operands cast first."""

from __future__ import annotations

import numpy as np

from snek_strategies.backends.arithmetic import dtype_of, loop_dtypes
from snek_strategies.backends.backend import cannot_say
from snek_strategies.backends.lantern.cpp_types import Dtype, cast, cpp, number
from snek_strategies.ir.syntax import Atom, Const, Node
from snek_strategies.ir.types import INT, Scalar

INFIX = {
    "add": "+", "subtract": "-", "multiply": "*", "divide": "/", "bitwise_and": "&", "bitwise_or": "|",
    "bitwise_xor": "^", "less": "<", "less_equal": "<=", "equal": "==", "not_equal": "!=", "greater": ">",
    "greater_equal": ">=",
}  # fmt: skip
COMPARES = frozenset({"less", "less_equal", "equal", "not_equal", "greater", "greater_equal"})
ON_BOOLS = {"add": "||", "multiply": "&&", "maximum": "||", "minimum": "&&", "fmax": "||", "fmin": "&&"}
TEMPLATES = frozenset(
    [
        "floor_divide",
        "remainder",
        "power",
        "left_shift",
        "right_shift",
        "maximum",
        "minimum",
        "fmax",
        "fmin",
        "sign",
        "fmod",
        "isnan",
        "isinf",
        "isfinite",
        "signbit",
        "logaddexp",
        "logaddexp2",
        "reciprocal",
    ]
)
"""What the runtime has as a template of the element's type."""
RENAMED = {
    "arcsin": "asin", "arccos": "acos", "arctan": "atan", "arcsinh": "asinh", "arccosh": "acosh", "arctanh": "atanh",
}  # fmt: skip
STANDARD = {"arctan2": "atan2", "hypot": "hypot", "copysign": "copysign", "nextafter": "nextafter"}
REAL = frozenset(
    [
        "exp",
        "exp2",
        "expm1",
        "log",
        "log2",
        "log10",
        "log1p",
        "sqrt",
        "cbrt",
        "sin",
        "cos",
        "tan",
        "sinh",
        "cosh",
        "tanh",
        "floor",
        "ceil",
        "trunc",
        "rint",
    ]
)
VECTOR = ("exp", "expm1", "log", "log1p", "sin", "cos", "tanh")
"""The functions of `REAL` that have vector forms."""
CHECKED = frozenset({"add", "subtract", "multiply", "negative", "absolute"})
"""What may leave the 64 bits of an int."""


def operand(text: str, atom: Atom, dtype: Dtype) -> str:
    """Return an operand's text in the dtype that an operation computes in."""
    if isinstance(atom, Const) and not np.ndim(atom.value):  # type: ignore[arg-type]
        return number(atom.value, dtype)
    return cast(text, dtype_of(atom.type), dtype)


def is_call(text: str) -> bool:
    """Tell whether an element's text calls a function that has a vector form."""
    return any(f"lantern::{name}(" in text for name in VECTOR)


def is_checked(node: Node) -> bool:
    """Tell whether a node computes an int of Python's that may leave 64 bits."""
    return node.primitive in CHECKED and len(node.results) == 1 and node.results[0].type == INT


def element(node: Node, operands: list[str], both: bool = False) -> str:
    """Return the text of one element. Raises StagingError for what C++ has no words for here.

    Where `both` values of a `where` are costly, it asks for both: the compiler makes no vectors of calls in branches.
    """
    dtypes = loop_dtypes(node)
    if node.primitive == "where":
        wide = dtypes[1]
        texts = [operand(text, atom, one) for text, atom, one in zip(operands, node.operands, dtypes, strict=True)]
        made = f"({texts[0]} ? {texts[1]} : {texts[2]})"
        if wide.kind == "f" and (both or any(is_call(text) for text in texts)):
            made = f"lantern::choose<{cpp(wide)}>({', '.join(texts)})"
        return cast(made, wide, dtype_of(node.results[0].type))
    if len(set(dtypes)) > 1:
        if node.primitive in COMPARES and all(one.kind in "iu" for one in dtypes):
            a, b = (
                cast(text, dtype_of(atom.type), one)
                for text, atom, one in zip(operands, node.operands, dtypes, strict=True)
            )
            return f"lantern::{node.primitive}({a}, {b})"
        raise cannot_say("lantern", node, f"there is no loop over {', '.join(map(str, dtypes))}")
    dtype = dtypes[0]
    if dtype == np.float16:
        raise cannot_say("lantern", node, "C++ does not compute in float16; use float32")
    texts = [operand(text, atom, dtype) for text, atom in zip(operands, node.operands, strict=True)]
    made, given = _same(node, dtype, texts)
    return cast(made, given, dtype_of(node.results[0].type))


def _same(node: Node, dtype: Dtype, texts: list[str]) -> tuple[str, Dtype]:
    """Return the text, and the dtype that it has."""
    name, flag = node.primitive, np.dtype(bool)
    kind = cpp(dtype)
    if name in COMPARES:
        return f"({texts[0]} {INFIX[name]} {texts[1]})", flag
    if name in ("logical_and", "logical_or", "logical_xor", "logical_not"):
        flags = [cast(one, dtype, flag) for one in texts]
        if name == "logical_not":
            return f"!{flags[0]}", flag
        return f"({flags[0]} {({'logical_and': '&&', 'logical_or': '||', 'logical_xor': '!='})[name]} {flags[1]})", flag
    if dtype.kind == "b" and name in ON_BOOLS:
        return f"({texts[0]} {ON_BOOLS[name]} {texts[1]})", dtype
    if dtype.kind == "b" and name == "invert":
        return f"!{texts[0]}", dtype
    if name in INFIX:
        text = f"({texts[0]} {INFIX[name]} {texts[1]})"
        return (f"{kind}{text}" if dtype.itemsize < 4 or dtype.kind == "b" else text), dtype
    if name in ("positive", "conjugate") and dtype.kind != "c":
        return texts[0], dtype
    if name in ("negative", "invert"):
        sign = "-" if name == "negative" else "~"
        return (f"{kind}({sign}{texts[0]})" if dtype.itemsize < 4 else f"({sign}{texts[0]})"), dtype
    if name == "square":
        return f"lantern::square<{kind}>({texts[0]})", dtype
    return _function(node, dtype, kind, texts)


def _function(node: Node, dtype: Dtype, kind: str, texts: list[str]) -> tuple[str, Dtype]:
    name, flag = node.primitive, np.dtype(bool)
    if dtype.kind == "c":
        if name == "absolute":
            return f"std::abs({texts[0]})", np.dtype("float32" if dtype.itemsize == 8 else "float64")
        if name == "conjugate":
            return f"std::conj({texts[0]})", dtype
        if name in ("exp", "log", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh"):
            return f"std::{name}({texts[0]})", dtype
        if name == "power":
            return f"std::pow({texts[0]}, {texts[1]})", dtype
        raise cannot_say("lantern", node, "it is not written for complex numbers; use back-end 'interpret'")
    if name in ("absolute", "fabs"):
        return (texts[0] if dtype.kind in "bu" else f"lantern::absolute<{kind}>({texts[0]})"), dtype
    if dtype.kind in "biu" and name in ("floor", "ceil", "trunc", "rint"):
        return texts[0], dtype
    if name in TEMPLATES:
        made = flag if name in ("isnan", "isinf", "isfinite", "signbit") else dtype
        return f"lantern::{name}<{kind}>({', '.join(texts)})", made
    if name in REAL or name in RENAMED:
        return f"lantern::{RENAMED.get(name, name)}({texts[0]})", dtype
    if name in STANDARD:
        return f"std::{STANDARD[name]}({', '.join(texts)})", dtype
    raise cannot_say("lantern", node, "it is not written in C++ yet; use back-end 'interpret'")


_MATH = """
sqrt exp exp2 cbrt log log2 log10 log1p expm1 sin cos tan asin acos atan atan2 sinh cosh tanh asinh acosh atanh
fabs erf erfc lgamma pow fmod hypot copysign floor ceil trunc isnan isinf isfinite
"""
MATH = {
    **{
        name: f"std::{name}"
        for name in _MATH.split()
    },
    "gamma": "std::tgamma",
    "radians": "lantern::radians",
    "degrees": "lantern::degrees",
}  # fmt: skip
"""What C++ has of Python's `math`."""


def math_call(node: Node, operands: list[str]) -> str:
    """Return the text of a function of `math`."""
    function = str(dict(node.params)["function"])
    if function not in MATH:
        raise cannot_say("lantern", node, f"C++ has no math.{function}; use back-end 'interpret'")
    wide = np.dtype("float64")
    texts = [operand(text, atom, wide) for text, atom in zip(operands, node.operands, strict=True)]
    made = f"{MATH[function]}({', '.join(texts)})"
    return f"std::int64_t({made})" if node.results[0].type == Scalar("int") else made
