"""How linear algebra is written in C++: calls of `runtime/linear.hpp`, one for each matrix of a stack."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from snek_strategies.backends.arithmetic import dtype_of
from snek_strategies.backends.backend import cannot_say
from snek_strategies.backends.lantern.arrays import View, of_view
from snek_strategies.backends.lantern.cpp_types import cpp
from snek_strategies.backends.lantern.extents import count_of, dims_of
from snek_strategies.ir.syntax import Atom, Node

if TYPE_CHECKING:
    from snek_strategies.backends.lantern.writer import Writer

Row = Callable[["Writer", Node], list[str]]

SAYS = {
    "inv": "Singular matrix",
    "solve": "Singular matrix",
    "cholesky": "Matrix is not positive definite",
    "eigh": "Eigenvalues did not converge",
    "eigvalsh": "Eigenvalues did not converge",
    "svd": "SVD did not converge",
    "svdvals": "SVD did not converge",
}
"""What NumPy says where a factorisation fails."""


def write(w: Writer, node: Node) -> None:
    """Write a factorisation: its matrices, where its results go, and a loop over the stack."""
    given = [dims_of(atom.type) for atom in node.operands]
    several = node.primitive == "solve" and len(given[1]) > 1
    stack = dims_of(node.results[0].type)[:-2] if several else given[0][:-2]
    dtype = dtype_of(node.results[0].type)
    arrays = [_of_dtype(w, atom, dtype, stack if _spreads(node, at) else None) for at, atom in enumerate(node.operands)]
    results = []
    for sym in node.results:
        if dims_of(sym.type):
            target = w.place_for(sym)
            w.bind(sym, target)
            results.append((target.pointer, count_of(target.dims[len(stack) :])))
        else:
            results.append((f"&{w.declared(sym)}", 1))
    steps = [count_of(view.dims[len(stack) :]) if _spreads(node, at) else 0 for at, view in enumerate(arrays)]
    site = [_site(w, node)] if node.primitive in SAYS else []
    w.line(f"for (std::int64_t i0 = 0; i0 < {count_of(stack)}; ++i0) {{")
    sources = [f"{view.pointer} + i0 * {step}" for view, step in zip(arrays, steps, strict=True)]
    targets = [f"{pointer} + i0 * {size}" for pointer, size in results]
    texts = [*sources, *targets, *_sizes(node, given), *_options(node), *site]
    w.line(f"    lantern::linear::{node.primitive}<{cpp(dtype)}>({', '.join(texts)});")
    w.line("}")


def _spreads(node: Node, at: int) -> bool:
    """Tell whether an operand is a stack: one vector is the right side of all systems."""
    return not (node.primitive == "solve" and at == 1 and len(dims_of(node.operands[1].type)) == 1)


def _of_dtype(w: Writer, atom: Atom, dtype: np.dtype[Any], stack: Any) -> View:
    """Return matrices in order, of the dtype that they are factorised in."""
    view = w.together(atom)
    dims = view.dims if stack is None else (*stack, *view.dims[-2:])
    if view.dims == dims and view.dtype == dtype:
        return view
    target = w.buffer(dims, dtype)
    w.store(of_view(view.spread(dims)), target)
    return target


def _site(w: Writer, node: Node) -> str:
    params = (("exception", np.linalg.LinAlgError), ("arguments", (SAYS[node.primitive],)))
    return str(w.shared.sites.number(Node((), "raise", (), params, (), node.effects, node.place)))


def _sizes(node: Node, given: list[Any]) -> list[str]:
    if node.primitive == "solve":
        return [str(given[0][-1]), str(given[1][-1] if len(given[1]) > 1 else 1)]
    if node.primitive in ("qr", "svd", "svdvals"):
        return [str(given[0][-2]), str(given[0][-1])]
    return [str(given[0][-1])]


def _options(node: Node) -> list[str]:
    params = dict(node.params)
    if node.primitive == "cholesky":
        return ["'U'" if params.get("upper") else "'L'"]
    if node.primitive in ("eigh", "eigvalsh"):
        return [f"'{params.get('UPLO', 'L')}'"]
    if node.primitive == "svd":
        return ["true" if params.get("full_matrices", True) else "false"]
    if node.primitive == "qr":
        if params.get("mode", "reduced") not in ("reduced", "complete"):
            raise cannot_say("lantern", node, f"mode {params['mode']!r} is not written in C++; use 'reduced'")
        return ["true" if params.get("mode") == "complete" else "false"]
    return []
