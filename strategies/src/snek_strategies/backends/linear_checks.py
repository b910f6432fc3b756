"""When linear algebra fails as NumPy says so, asked of values: no inverse, no Cholesky factor, no convergence.

Back-ends factor what cannot be factored too: their `cholesky` gives NaN there, and `inv` and `solve` anything. A matrix
with NaN may raise where NumPy gives NaN: what its pivots are is a matter of the processor's LAPACK.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from snek_strategies.backends.arithmetic import dtype_of
from snek_strategies.backends.index_checks import Check
from snek_strategies.backends.rewriting import Emitter
from snek_strategies.ir.shape_rules import dims_of
from snek_strategies.ir.syntax import Atom, Node
from snek_strategies.ir.types import concrete


@dataclass(frozen=True)
class Unsolved:
    """Stands for NumPy's LinAlgError with a text."""

    text: str

    def __call__(self) -> BaseException:
        """Return the exception."""
        return np.linalg.LinAlgError(self.text)


def solvable(node: Node, emit: Emitter) -> Iterator[Check]:
    """Walk the checks before a node: whether it divides by a pivot of zero, or iterates on what is no number."""
    if node.primitive in ("inv", "solve"):
        sign, _ = emit.several("slogdet", node.operands[0])
        yield Check(_any(emit("equal", sign, 0), emit), Unsolved("Singular matrix"))
    if node.primitive in ITERATED and dtype_of(node.operands[0].type).kind in "fc":
        (x,) = node.operands
        lost = emit("isnan", x)
        if node.primitive in ("eigh", "eigvalsh"):
            lost = emit("logical_and", lost, _read(x, str(dict(node.params).get("UPLO", "L"))))
        flag = _any(lost, emit)
        safe = emit("where", flag, dtype_of(x.type).type(0), x)
        yield Check(flag, Unsolved(ITERATED[node.primitive]), safe=((0, safe),))


def factored(node: Node, emit: Emitter) -> Iterator[Check]:
    """Walk the checks after a node: a Cholesky factor has NaN where the matrix has none, and nowhere else."""
    if node.primitive == "cholesky":
        flag = _any(emit("isnan", node.results[0]), emit)
        yield Check(flag, Unsolved("Matrix is not positive definite"))


def _any(flags: Atom, emit: Emitter) -> Atom:
    axes = tuple(range(len(dims_of(flags.type))))
    return emit("bool", emit("any", flags, axis=axes) if axes else flags)


def _read(x: Atom, uplo: str) -> np.ndarray:
    """Return which elements of its matrices a function reads that takes one triangle for both."""
    ones = np.ones(concrete(dims_of(x.type)[-2:]), bool)
    return np.tril(ones) if uplo.upper() == "L" else np.triu(ones)


ITERATED = {
    **dict.fromkeys(("svd", "svdvals"), "SVD did not converge"),
    **dict.fromkeys(("eigh", "eigvalsh"), "Eigenvalues did not converge"),
}
"""What iterates, and what it says where it does not end: NumPy's says it of NaN, but of some matrices of two rows."""
