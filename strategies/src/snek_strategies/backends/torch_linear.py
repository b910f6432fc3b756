"""What linear algebra looks like in PyTorch's words: one row each, over tensors of one dtype.

The vectors of `eigh` and `svd` may have other signs than NumPy's: the LAPACK of PyTorch's packages is another one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from snek_strategies.backends.arithmetic import dtype_of
from snek_strategies.ir.shape_rules import dims_of
from snek_strategies.ir.syntax import Node
from snek_strategies.ir.types import Dim

FACTOR = "cholesky_factor"
FACTORS = f"""def {FACTOR}(x: Tensor, upper: bool) -> Tensor:
    made, info = torch.linalg.cholesky_ex(x, upper=upper)
    return torch.where((info > 0).unsqueeze(-1).unsqueeze(-1), torch.full_like(made, float("nan")), made)


"""
"""The function that gives NaN for the factor of a matrix that is not positive definite."""

Shape = Callable[[tuple[Dim, ...]], str]


def linear_dtype(node: Node) -> np.dtype[np.generic]:
    """Return the dtype that a node of linear algebra computes in."""
    given = np.result_type(*(dtype_of(atom.type) for atom in node.operands))
    return given if given.kind in "fc" else np.dtype("float64")


def linear(node: Node, texts: list[str], shape: Shape) -> str:
    """Return the text of a node whose operands have that dtype; of several results, a tuple's."""
    return ROWS[node.primitive](node, texts, shape)


def _called(name: str, more: str = "") -> Callable[[Node, list[str], Shape], str]:
    return lambda node, texts, shape: f"torch.linalg.{name}({texts[0]}){more}"  # noqa: ARG005


def _solve(node: Node, texts: list[str], shape: Shape) -> str:
    """Return `solve_ex` of operands of one rank: of others PyTorch takes some matrices for lines."""
    a, b = (dims_of(atom.type) for atom in node.operands)
    left, right = texts
    if len(b) == 1:
        return f"torch.linalg.solve_ex({left}, {right}.unsqueeze(-1).expand({shape((*a[:-1], 1))}))[0].squeeze(-1)"
    if len(b) < len(a):
        right = f"{right}.expand({shape(dims_of(node.results[0].type))})"
    return f"torch.linalg.solve_ex({left}, {right})[0]"


def _cholesky(node: Node, texts: list[str], _: Shape) -> str:
    return f"{FACTOR}({texts[0]}, {bool(dict(node.params).get('upper', False))})"


def _qr(node: Node, texts: list[str], _: Shape) -> str:
    return f"torch.linalg.qr({texts[0]}, mode={dict(node.params).get('mode', 'reduced')!r})"


def _eigen(node: Node, texts: list[str], _: Shape) -> str:
    return f"torch.linalg.{node.primitive}({texts[0]}, UPLO={str(dict(node.params).get('UPLO', 'L')).upper()!r})"


def _svd(node: Node, texts: list[str], _: Shape) -> str:
    return f"torch.linalg.svd({texts[0]}, full_matrices={bool(dict(node.params).get('full_matrices', True))})"


ROWS: Mapping[str, Callable[[Node, list[str], Shape], str]] = {
    "det": _called("det"),
    "slogdet": _called("slogdet"),
    "inv": _called("inv_ex", "[0]"),
    "svdvals": _called("svdvals"),
    "solve": _solve,
    "cholesky": _cholesky,
    "qr": _qr,
    "eigh": _eigen,
    "eigvalsh": _eigen,
    "svd": _svd,
}
"""One row for each."""
