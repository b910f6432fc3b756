"""What JAX itself writes of a primitive: functions over `jax.numpy`, as StableHLO functions to be called.

For primitives that are rare, or whose meaning takes many operations: JAX traces and lowers each once for its types.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from snek_strategies.backends.arithmetic import dtype_of
from snek_strategies.backends.stablehlo_text import DType, Tensor
from snek_strategies.backends.traced_program import index_of
from snek_strategies.ir.syntax import Node

Function = Callable[..., Any]


@dataclass(frozen=True)
class Written:
    """A function's text, its entry called `main`, the names that it defines, and what it gives."""

    lines: tuple[str, ...]
    names: tuple[str, ...]
    dtype: DType
    shape: tuple[int, ...]

    def renamed(self, prefix: str) -> list[str]:
        """Return the lines with a prefix before every name that they define."""
        own = re.compile(rf"@({'|'.join(map(re.escape, self.names))})\b")
        return [own.sub(rf"@{prefix}\1", line) for line in self.lines]


MOST_KNOWN = 1024
_known: dict[object, Written] = {}


def written(key: object, function: Function, operands: Sequence[Tensor]) -> Written:
    """Return what JAX makes of a function for operands of these types; `key` tells functions apart."""
    import jax

    whole = key, jax.default_backend(), tuple((one.dtype, one.shape) for one in operands)
    found = _known.get(whole)
    if found is None:
        with jax.enable_x64(True):
            types = [jax.ShapeDtypeStruct(one.shape, one.dtype) for one in operands]
            lowered = jax.jit(function, keep_unused=True).lower(*types)
        lines = [line.strip().replace("func.func public", "func.func private") for line in _body(lowered.as_text())]
        names = [match[1] for line in lines if (match := re.match(r"func\.func private @([\w.$-]+)", line))]
        # The longest first: one may begin as another does.
        names.sort(key=len, reverse=True)
        found = Written(tuple(lines), tuple(names), np.dtype(lowered.out_info.dtype), tuple(lowered.out_info.shape))
        if len(_known) >= MOST_KNOWN:
            _known.clear()
        _known[whole] = found
    return found


def _body(module: str) -> list[str]:
    """Return the lines inside a module's braces."""
    lines = module.rstrip().splitlines()
    start = next(at for at, line in enumerate(lines) if line.startswith("module "))
    return lines[start + 1 : -1]


def elementwise(name: str, dtype: DType) -> Function:
    """Return an elementwise primitive over operands of one dtype, with NumPy's answers where JAX's are others."""
    import jax.numpy as jnp

    if dtype.kind == "f" and name == "remainder":
        # With the divisor's sign where it is 0 too.
        return lambda a, b: jnp.copysign(jnp.remainder(a, b), b)
    if dtype.kind == "f" and name == "floor_divide":
        return _floor_divide
    if dtype.kind in "iu" and name in ("floor_divide", "remainder"):
        return lambda a, b: _whole(getattr(jnp, name), a, b)
    made: Function = getattr(jnp, name)
    return made


def _whole(function: Function, a: Any, b: Any) -> Any:
    """Return a quotient or a remainder of whole numbers: NumPy gives 0 where an array's integer is divided by 0."""
    import jax.numpy as jnp

    made = function(a, jnp.where(b == 0, jnp.ones_like(b), b))
    return jnp.where(b == 0, jnp.zeros_like(made), made)


def _floor_divide(a: Any, b: Any) -> Any:
    """Return a quotient whose zeros have its sign."""
    import jax.numpy as jnp

    made = jnp.floor_divide(a, b)
    return jnp.where(made == 0, jnp.copysign(made, a / b), made)


def reduction(node: Node) -> Function:
    """Return a reduction, a running one, or an order of elements."""
    import jax.numpy as jnp

    name, axis = node.primitive, dict(node.params).get("axis")
    more = {"dtype": dtype_of(node.results[0].type)} if name in ("sum", "prod", "cumsum", "cumprod") else {}
    return lambda x: getattr(jnp, name)(x, axis=axis, **more)


def product(dtype: DType) -> Function:
    """Return a matrix product."""
    import jax.numpy as jnp

    return lambda a, b: jnp.matmul(a.astype(dtype), b.astype(dtype), precision="highest")


def taken(node: Node) -> Function:
    """Return what takes from an array by an index."""
    return lambda x, *dynamic: x[index_of(node, dynamic)]


def stored(node: Node) -> Function:
    """Return what stores into an array by an index, or adds there."""

    def store(x: Any, value: Any, *dynamic: Any) -> Any:
        index = index_of(node, dynamic)
        at = x.at[index]
        while value.ndim > x[index].ndim:
            value = value[0]
        return at.add(value) if node.primitive == "additem" else at.set(value)

    return store


def linear(node: Node, at: int) -> Function:
    """Return a result of linear algebra, by number; float32 is factored as float64, as NumPy does it."""
    import jax.numpy as jnp

    name, params = node.primitive, dict(node.params)
    triangle = {"UPLO": params.get("UPLO", "L"), "symmetrize_input": False}
    said = {
        "qr": {"mode": params.get("mode", "reduced")},
        "svd": {"full_matrices": params.get("full_matrices", True)},
        "eigh": triangle,
        "eigvalsh": triangle,
    }
    called: dict[str, Function] = {
        "svdvals": lambda x: jnp.linalg.svd(x, compute_uv=False),
        "eigvalsh": lambda x, **more: jnp.linalg.eigh(x, **more)[0],
        "cholesky": lambda x: _factor(x, bool(params.get("upper", False))),
    }
    function = called.get(name) or getattr(jnp.linalg, name)

    def compute(*given: Any) -> Any:
        wide = jnp.complex128 if any(jnp.iscomplexobj(one) for one in given) else jnp.float64
        made = function(*(one.astype(wide) for one in given), **said.get(name, {}))
        return made[at] if len(node.results) > 1 else made

    return compute


def _factor(x: Any, upper: bool) -> Any:
    """Return a Cholesky factor made of the triangle that is asked for."""
    import jax.numpy as jnp

    given = jnp.conj(jnp.matrix_transpose(x)) if upper else x
    made = jnp.linalg.cholesky(given, symmetrize_input=False)
    return jnp.conj(jnp.matrix_transpose(made)) if upper else made


def part(name: str) -> Function:
    """Return the real or the imaginary part."""
    import jax.numpy as jnp

    made: Function = getattr(jnp, name)
    return made
