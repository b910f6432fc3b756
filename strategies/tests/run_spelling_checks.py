"""Check one framework's spelling table row by row against NumPy, and print what came out as JSON.

Run as a process of its own, because PyTorch and TensorFlow must not share one, for instance with
`python -P run_spelling_checks.py torch`.
The answer maps each row of the table to the expressions that it was right for, or to what was wrong.
"""

from __future__ import annotations

import importlib
import json
import linecache
import sys
import traceback
from collections.abc import Callable

import numpy as np

from snek_core_transform.bind import bind
from snek_core_transform.errors import UnsupportedSyntax
from snek_core_transform.spelling import Spelling

_rng = np.random.default_rng(7)
INPUTS = {
    "x": _rng.uniform(-0.9, 0.9, (3, 4)).astype(np.float32),
    "y": _rng.uniform(0.5, 2.0, (3, 4)).astype(np.float32),  # positive
    "g": _rng.uniform(1.1, 3.0, (3, 4)).astype(np.float32),  # above 1
    "h": np.array([[-1.5, -0.5, 0.5, 1.5], [2.5, -2.5, 0.0, -0.4]], np.float32),  # halves, for rounding
    "odd": np.array([np.nan, np.inf, -np.inf, 1.0], np.float32),
    "one": _rng.permutation(6).astype(np.float32),
    "cube": _rng.uniform(-1, 1, (2, 3, 4)).astype(np.float32),
    "cube2": _rng.uniform(-1, 1, (2, 4, 3)).astype(np.float32),
    "i": _rng.permutation(np.arange(-6, 6)).reshape(3, 4).astype(np.int64),
    "j": _rng.integers(1, 5, (3, 4)).astype(np.int64),
    "b": np.array([[True, False, True, False], [True, True, True, True], [False] * 4]),
    "c": np.array([[True, True, False, False]] * 3),
    "z": np.array([1 + 2j, -0.5j, 3 - 1j], np.complex64),
    "index": np.array([2, 0, 1], np.int64),
    "index2": np.array([[0, 2, 1, 0], [3, 3, 0, 1], [1, 0, 2, 3]], np.int64),
    "ordered": np.array([0.1, 0.2, 0.2, 0.7], np.float32),
    "wanted": np.array([0.0, 0.2, 0.5, 0.9], np.float32),
}


def _each(names: str, *forms: str) -> dict[str, list[str]]:
    return {name: [form.format(f"xp.{name}") for form in forms] for name in names.split()}


_REDUCED = (
    "{}(x)",
    "{}(x, axis=1)",
    "{}(cube, axis=0, keepdims=True)",
    "{}(x, keepdims=True)",
    "{}(cube, axis=(0, 2))",
)

CHECKS: dict[str, list[str]] = {
    **_each("cos cosh exp expm1 sin sinh tan tanh asin asinh atan atanh acos", "{}(x)"),
    **_each("abs negative positive square sign", "{}(i)", "{}(x)"),
    **_each("ceil floor round trunc", "{}(h)"),
    **_each("log log10 log1p log2 sqrt reciprocal", "{}(y)"),
    **_each("acosh", "{}(g)"),
    **_each("conj real imag", "{}(z)"),
    **_each("isfinite isinf isnan signbit", "{}(odd)"),
    **_each("logical_not", "{}(b)"),
    **_each("logical_and logical_or logical_xor", "{}(b, c)"),
    **_each("add subtract multiply maximum minimum", "{}(x, y)", "{}(i, j)"),
    **_each("equal not_equal greater greater_equal less less_equal", "{}(x, y)", "{}(i, j)"),
    **_each("floor_divide remainder", "{}(x, y)", "{}(i, j)", "{}(i, -j)"),
    **_each("atan2 copysign divide hypot logaddexp", "{}(x, y)"),
    "pow": ["xp.pow(y, x)", "xp.pow(i, j)"],
    **_each("all any", "{}(b)", "{}(b, axis=1)", "{}(b, axis=0, keepdims=True)", "{}(b, keepdims=True)"),
    **_each("max min mean std var", *_REDUCED),
    **_each("max min", *_REDUCED, "{}(i)", "{}(i, axis=0)"),
    **_each("std var", *_REDUCED, "{}(x, axis=1, correction=1)", "{}(x, axis=0, keepdims=True, correction=1)"),
    "sum": [*(form.format("xp.sum") for form in _REDUCED), "xp.sum(i)", "xp.sum(i, axis=1)"],
    "prod": ["xp.prod(x)", "xp.prod(x, axis=1)", "xp.prod(x, axis=0, keepdims=True)", "xp.prod(i)"],
    **_each("argmax argmin", "{}(x)", "{}(x, axis=1)", "{}(cube, axis=0)", "{}(x, axis=0, keepdims=True)"),
    "count_nonzero": [
        "xp.count_nonzero(i)", "xp.count_nonzero(b, axis=1)", "xp.count_nonzero(b, axis=1, keepdims=True)",
    ],
    **_each("cumulative_sum cumulative_prod", "{}(x, axis=1)", "{}(cube, axis=0)", "{}(i, axis=-1)"),
    **_each("zeros ones", "{}((2, 3), dtype=xp.float32)", "{}(4, dtype=xp.int64)", "{}((2, 2)) + 1"),
    **_each("zeros_like ones_like", "{}(x)", "{}(i)", "{}(x, dtype=xp.int64)"),
    "full": ["xp.full((2, 3), 1.5, dtype=xp.float32)", "xp.full((2, 3), 2.5)"],
    "full_like": ["xp.full_like(x, 2.5)", "xp.full_like(x, 2, dtype=xp.int64)"],
    "asarray": ["xp.asarray(x)", "xp.asarray(i)", "xp.asarray(x, dtype=xp.float32)"],
    "linspace": ["xp.linspace(0.0, 1.0, 5)", "xp.linspace(0.0, 1.0, 5, dtype=xp.float32)"],
    "arange": [
        "xp.arange(5)", "xp.arange(5, dtype=xp.float32)", "xp.arange(2, 9)", "xp.arange(2, 9, 3, dtype=xp.int64)",
        "xp.arange(9, 2, -2)", "xp.arange(0.0, 1.0, 0.3)", "xp.arange(2, 9, step=3)",
    ],
    "eye": ["xp.eye(3)", "xp.eye(3, dtype=xp.float32)", "xp.eye(3, 4)", "xp.eye(3, 4, dtype=xp.float64)"],
    **_each("tril triu", "{}(x)", "{}(x, k=1)", "{}(cube, k=-1)", "{}(cube)"),
    "astype": [
        "xp.astype(x, xp.float64)", "xp.astype(h, xp.int64)", "xp.astype(b, xp.float32)", "xp.astype(i, x.dtype)",
    ],
    "where": ["xp.where(b, x, y)", "xp.where(b, i, j)", "xp.where(x > 0, x, 2 * y)"],
    "clip": ["xp.clip(x, -0.25, 0.5)", "xp.clip(i, -2, 3)"],
    "concat": [
        "xp.concat([x, y])", "xp.concat([x, y, x], axis=1)", "xp.concat((x, y), axis=0)",
        "xp.concat([cube, cube], axis=-1)",
    ],
    "stack": ["xp.stack([x, y])", "xp.stack([x, y], axis=1)", "xp.stack((x, y, x), axis=2)"],
    "reshape": ["xp.reshape(x, (2, 6))", "xp.reshape(cube, (-1,))"],
    "broadcast_to": ["xp.broadcast_to(index, (2, 3))"],
    "permute_dims": ["xp.permute_dims(cube, (2, 0, 1))", "xp.permute_dims(x, (1, 0))"],
    "moveaxis": ["xp.moveaxis(cube, 0, 2)", "xp.moveaxis(cube, -1, 0)"],
    "expand_dims": ["xp.expand_dims(x, 1)", "xp.expand_dims(x, axis=0)", "xp.expand_dims(cube, axis=-1)"],
    "squeeze": ["xp.squeeze(x[None, :, :], 0)", "xp.squeeze(x[:, None, :], axis=1)"],
    "flip": ["xp.flip(x, axis=0)", "xp.flip(cube, axis=-1)", "xp.flip(x)"],
    "roll": ["xp.roll(x, 1, axis=0)", "xp.roll(cube, -2, axis=2)", "xp.roll(x, 5)"],
    "tile": ["xp.tile(x, (2, 3))", "xp.tile(cube, (1, 2, 1))"],
    "take": ["xp.take(x, index, axis=0)", "xp.take(x, index, axis=1)", "xp.take(cube, index, axis=-1)"],
    "take_along_axis": ["xp.take_along_axis(x, index2)", "xp.take_along_axis(x, index2[:1] % 3, axis=0)"],
    "matmul": ["xp.matmul(x, cube2[0])", "xp.matmul(cube, cube2)"],
    "matrix_transpose": ["xp.matrix_transpose(x)", "xp.matrix_transpose(cube)"],
    "tensordot": [
        "xp.tensordot(x, cube2[0], axes=1)", "xp.tensordot(x, y)", "xp.tensordot(x, y, axes=((1,), (1,)))",
    ],
    "vecdot": ["xp.vecdot(x, y)", "xp.vecdot(x, y, axis=0)"],
    "sort": ["xp.sort(x)", "xp.sort(x, axis=0)", "xp.sort(one)"],
    "argsort": ["xp.argsort(x)", "xp.argsort(j)", "xp.argsort(j, axis=0)"],
    "searchsorted": ["xp.searchsorted(ordered, wanted)", "xp.searchsorted(ordered, wanted, side='right')"],
    "nonzero": ["xp.nonzero(b)", "xp.nonzero(one)"],
    **_each("int8 int16 int32 int64 uint8 float32 float64 complex64 complex128 bool", "xp.astype(j, {})"),
    **_each("uint16 uint32 uint64", "xp.astype(j, {})"),
    **_each("pi e", "x * {}"),
    **_each("inf nan", "y * {}"),
    "newaxis": ["x[:, xp.newaxis]"],
}  # fmt: skip

REFUSED = {("numba", "xp.matmul(cube, cube2)")}
"""Expressions that a row takes and the framework refuses, loudly: a stack of matrices in Numba."""


def program(name: str, number: int, expression: str) -> tuple[Callable[..., object], list[np.ndarray]]:
    """Define `def check(xp, x, ...)` that answers the expression, with source text; return it and its arguments."""
    names = compile(expression, "", "eval").co_names
    used = [name for name in INPUTS if name in names]
    text = f"def check(xp, {', '.join(used)}):\n    return {expression}\n"
    filename = f"<check {name} {number}>"
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    namespace: dict[str, object] = {"__name__": "checks"}
    exec(compile(text, filename, "exec"), namespace)
    return namespace["check"], [INPUTS[name] for name in used]


Mode = Callable[[Callable[..., object]], Callable[..., object]]


def framework(name: str) -> tuple[Callable[[np.ndarray], object], list[Mode]]:
    """Return how arrays go in, and how a program is run: called as it is, or compiled first."""
    if name == "torch":
        torch = importlib.import_module("torch")
        return torch.from_numpy, [lambda program: program, torch.jit.script]
    if name == "tensorflow":
        tf = importlib.import_module("tensorflow")
        return tf.constant, [lambda program: program, tf.function]
    if name == "jax":
        jax = importlib.import_module("jax")
        jax.config.update("jax_enable_x64", True)
        return jax.numpy.asarray, [lambda program: program]
    if name == "numba":
        return lambda array: array, [importlib.import_module("numba").njit]
    return lambda array: array, [lambda program: program]


def difference(want: object, got: object) -> str:
    """Say how `got` differs from NumPy's answer, or nothing."""
    if isinstance(want, tuple):
        if len(want) != len(got):
            return f"{len(got)} results for {len(want)}"
        return "".join(difference(one, other) for one, other in zip(want, got, strict=True))
    want, got = np.asarray(want), np.asarray(got)
    if want.shape != got.shape:
        return f"shape {got.shape} for {want.shape}"
    if want.dtype.kind != got.dtype.kind:
        return f"dtype {got.dtype} for {want.dtype}"
    if not np.allclose(got, want, rtol=1e-5, atol=1e-6, equal_nan=True):
        return f"values {got.tolist()} for {want.tolist()}"
    return ""


def check_row(
    spelling: Spelling, signature: str, into: Callable[[np.ndarray], object], modes: list[Mode]
) -> dict[str, list[str]]:
    """Try every expression of a row's name with the table's other rows of that name left out."""
    name = signature.partition("(")[0]
    rows = {key: row for key, row in spelling.rows.items() if key == signature or key.partition("(")[0] != name}
    alone = Spelling(spelling.name, spelling.imports, rows)
    right, wrong = [], []
    for number, expression in enumerate(CHECKS.get(name, [])):
        function, arguments = program(name, number, expression)
        try:
            bound = bind(function, alone)
        except UnsupportedSyntax:
            continue
        with np.errstate(all="ignore"):
            want = function(np, *arguments)
        for mode in modes:
            try:
                problem = difference(want, mode(bound)(*map(into, arguments)))
            except Exception:  # noqa: BLE001 - the outermost frame of a worker, which reports it
                problem = "" if (spelling.name, expression) in REFUSED else traceback.format_exc(limit=-1)
            (wrong if problem else right).append(f"{expression}: {problem}" if problem else expression)
    return {"right": right, "wrong": wrong}


def main(name: str) -> None:
    """Check the whole table of one framework."""
    module = importlib.import_module(f"snek_strategies.spellings.{name}_spelling")
    spelling = getattr(module, name.upper())
    into, modes = framework(name)
    print(json.dumps({row: check_row(spelling, row, into, modes) for row in spelling.rows}))


if __name__ == "__main__":
    main(sys.argv[1])
