"""Functions of linear algebra in Numba's Python: NumPy's own of each matrix of a stack, in float64 as NumPy has it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from snek_strategies.backends.arithmetic import dtype_of
from snek_strategies.backends.backend import cannot_say
from snek_strategies.backends.numba_source.loops import Text, dtype_text, name_extents, ranges, shape_text
from snek_strategies.ir.shape_rules import dims_of
from snek_strategies.ir.syntax import Node
from snek_strategies.ir.types import Dim

CALLS = {
    "inv": "np.linalg.inv({0})",
    "det": "np.linalg.det({0})",
    "slogdet": "np.linalg.slogdet({0})",
    "solve": "np.linalg.solve({0}, {1})",
    "qr": "np.linalg.qr({0})",
    "eigh": "np.linalg.eigh({0})",
    "eigvalsh": "np.linalg.eigvalsh({0})",
    "svd": "np.linalg.svd({0}, {full})",
    "svdvals": "np.linalg.svd({0})[1]",
}
FACTOR = """    rows = len(a)
    made = np.zeros((rows, rows))
    for j in range(rows):
        left = a[j, j]
        for k in range(j):
            left -= made[j, k] * made[j, k]
        if not left > 0:
            return np.full((rows, rows), np.nan)
        made[j, j] = np.sqrt(left)
        for i in range(j + 1, rows):
            acc = a[i, j]
            for k in range(j):
                acc -= made[i, k] * made[j, k]
            made[i, j] = acc / made[j, j]
    return made"""


def factor(function: str) -> str:
    """Return the text of a Cholesky factor, of NaN where a matrix has none: Numba's own raises with another text."""
    return f"@njit(**OPTIONS)\ndef {function}(a):\n{FACTOR}"


def linear(node: Node, factored: str) -> Callable[[str], str]:
    """Return the text of a node, as a function of the name that it gets; `factored` is the name of `factor`."""
    given = [dims_of(atom.type) for atom in node.operands]
    results = [(dims_of(sym.type), dtype_text(dtype_of(sym.type))) for sym in node.results]
    stack = results[0][0][:-2] if node.primitive == "solve" and len(given[1]) > 1 else given[0][:-2]
    names = ["x", "y"][: len(given)]
    parts = [f"made[{at}]" for at in range(len(results))] if len(results) > 1 else ["made"]

    def write(function: str) -> str:
        text = Text(f"def {function}({', '.join(names)}):")
        name_extents(text, *zip(names, given, strict=True))
        matrices = [_wide(name, dims, stack) for name, dims in zip(names, given, strict=True)]
        if not stack:
            text.line(f"made = {_call(node, matrices, factored)}")
            casts = [f"{part}.astype({dtype})" if dims else f"{dtype}({part})"
                     for part, (dims, dtype) in zip(parts, results, strict=True)]  # fmt: skip
            text.line(f"return {', '.join(casts)}")
            return str(text)
        for at, (dims, dtype) in enumerate(results):
            text.line(f"out{at} = np.empty({shape_text(dims)}, {dtype})")
        with text.inside(ranges("i", stack)):
            text.line(f"made = {_call(node, matrices, factored)}")
            where = ", ".join(f"i{axis}" for axis in range(len(stack)))
            for at, (part, (_, dtype)) in enumerate(zip(parts, results, strict=True)):
                alone = len(results[at][0]) == len(stack)
                text.line(f"out{at}[{where}] = {f'{dtype}({part})' if alone else part}")
        text.line(f"return {', '.join(f'out{at}' for at in range(len(results)))}")
        return str(text)

    return write


def _wide(name: str, dims: Sequence[Dim], stack: Sequence[Dim]) -> str:
    """Return the text of one matrix, or of the one vector of all systems, in float64."""
    axes = range(len(stack) - max(len(dims) - 2, 0), len(stack))
    index = ", ".join("0" if dims[axis - axes.start] == 1 else f"i{axis}" for axis in axes)
    return f"np.ascontiguousarray({name}{f'[{index}]' if index else ''}).astype(np.float64)"


def _call(node: Node, matrices: list[str], factored: str) -> str:
    params = dict(node.params)
    if params.get("mode", "reduced") != "reduced":
        raise cannot_say("numba", node, "Numba has no complete QR; use mode 'reduced'")
    if node.primitive == "cholesky":
        upper = bool(params.get("upper", False))
        matrix = f"{matrices[0]}.T" if upper else matrices[0]
        return f"np.ascontiguousarray({factored}({matrix}).T)" if upper else f"{factored}({matrix})"
    if str(params.get("UPLO", "L")).upper() == "U":
        if node.primitive == "eigh":
            raise cannot_say(
                "numba", node, "Numba's eigh reads the lower triangle, and gives other signs; use UPLO='L'"
            )
        matrices = [f"np.ascontiguousarray({matrices[0]}.T)"]
    return CALLS[node.primitive].format(*matrices, full=bool(params.get("full_matrices", True)))
