"""The functions of the Python Array API standard (2024.12), each with a program that calls it through a namespace."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

STANDARD = {
    "elementwise": """
        abs acos acosh add asin asinh atan atan2 atanh bitwise_and bitwise_invert bitwise_left_shift bitwise_or
        bitwise_right_shift bitwise_xor ceil clip conj copysign cos cosh divide equal exp expm1 floor floor_divide
        greater greater_equal hypot imag isfinite isinf isnan less less_equal log log10 log1p log2 logaddexp logical_and
        logical_not logical_or logical_xor maximum minimum multiply negative nextafter not_equal positive pow real
        reciprocal remainder round sign signbit sin sinh sqrt square subtract tan tanh trunc
    """,
    "statistical": "cumulative_prod cumulative_sum max mean min prod std sum var",
    "searching": "argmax argmin count_nonzero nonzero searchsorted where",
    "sets": "unique_all unique_counts unique_inverse unique_values",
    "sorting": "argsort sort",
    "utility": "all any diff",
    "manipulation": """
        broadcast_arrays broadcast_to concat expand_dims flip moveaxis permute_dims repeat reshape roll squeeze stack
        tile unstack
    """,
    "indexing": "take take_along_axis",
    "creation": """
        arange asarray empty empty_like eye from_dlpack full full_like linspace meshgrid ones ones_like tril triu zeros
        zeros_like
    """,
    "data types": "astype can_cast finfo iinfo isdtype result_type",
    "linear algebra": "matmul matrix_transpose tensordot vecdot",
    "linalg extension": """
        linalg.cholesky linalg.cross linalg.det linalg.diagonal linalg.eigh linalg.eigvalsh linalg.inv linalg.matmul
        linalg.matrix_norm linalg.matrix_power linalg.matrix_rank linalg.matrix_transpose linalg.outer linalg.pinv
        linalg.qr linalg.slogdet linalg.solve linalg.svd linalg.svdvals linalg.tensordot linalg.trace linalg.vecdot
        linalg.vector_norm
    """,
    "fft extension": """
        fft.fft fft.ifft fft.fftn fft.ifftn fft.rfft fft.irfft fft.rfftn fft.irfftn fft.hfft fft.ihfft fft.fftshift
        fft.ifftshift
    """,
    "array object": """
        T mT dtype device ndim shape size __abs__ __add__ __and__ __array_namespace__ __bool__ __complex__ __dlpack__
        __eq__ __float__ __floordiv__ __ge__ __getitem__ __gt__ __iadd__ __index__ __int__ __invert__ __le__ __lshift__
        __lt__ __matmul__ __mod__ __mul__ __ne__ __neg__ __or__ __pos__ __pow__ __radd__ __rshift__ __setitem__ __sub__
        __truediv__ __xor__ to_device
    """,
}
"""Every function, attribute and method, by the chapter that specifies it."""

A = np.array([[0.5, -1.5, 2.0], [3.0, 0.25, -0.75]])
B = np.array([[2.0, 0.5, -1.0], [1.0, 3.0, 0.125]])
U = np.array([[0.25, 0.5, 0.75], [0.125, 0.875, 0.0625]])
INTS = np.array([[6, -3, 2], [1, 0, 5]])
SMALL = np.array([[1, 3, 2], [0, 1, 4]])
FLAGS = np.array([[True, False, True], [False, True, True]])
OTHER_FLAGS = np.array([[True, True, False], [False, False, True]])
COMPLEX = A + 1j * B
ODD = np.array([[np.inf, np.nan, -0.0], [1.0, -np.inf, 0.0]])
SQUARE = np.array([[[4.0, 1.0], [1.0, 3.0]], [[2.0, -0.5], [-0.5, 1.0]]])
LINE = np.array([0.5, 1.5, 2.5, 4.0])

Program = tuple[Callable[..., object], tuple[np.ndarray, ...]]


def _named(name: str, *arrays: np.ndarray) -> Program:
    def call(*given):
        xp = given[0].__array_namespace__()
        return getattr(xp, name)(*given)

    call.__name__ = name
    return call, arrays


def _along(name: str, array: np.ndarray, **more: object) -> Program:
    def call(x):
        xp = x.__array_namespace__()
        return getattr(xp, name)(x, **more), getattr(xp, name)(x, axis=0, **more), getattr(xp, name)(x, axis=-1, **more)

    call.__name__ = name
    return call, (array,)


UNARY = "abs ceil cos cosh exp expm1 floor negative positive round sign sin sinh square tan tanh trunc asinh atan"
BINARY = """
    add subtract multiply divide maximum minimum atan2 hypot copysign logaddexp equal not_equal less less_equal greater
    greater_equal nextafter floor_divide remainder
"""


def operators(x, y):
    return x + y, x - y, x * y, x / y, 2.0 - x, -x, +x, abs(x)


def comparisons(x, y):
    return x < y, x <= y, x > y, x >= y, x == y, x != y


def whole_operators(x, y):
    return x // (y + 1), x % (y + 1), x & y, x | y, x ^ y, ~x, x << y, x >> y, 7 & x


def conversions(x):
    return float(x[0, 0]), int(x[1, 0]), bool(x[0, 1] > 0)


def written(x, y):
    made = x + 0.0
    made[0] = y[1]
    made += 1.0
    return made


def looked_at(x):
    return x.T, x.ndim, x.shape, x.size, x.to_device(x.device)


def rows(x):
    return tuple(x.__array_namespace__().unstack(x))


PROGRAMS: dict[str, Program] = {
    **{name: _named(name, A) for name in UNARY.split()},
    **{name: _named(name, A, B) for name in BINARY.split()},
    **{name: _named(name, U) for name in ("acos", "asin", "atanh", "log", "log10", "log1p", "log2", "reciprocal")},
    "acosh": _named("acosh", U + 1),
    "sqrt": _named("sqrt", U),
    "pow": _named("pow", U, A),
    "clip": (lambda x: (np.clip(x, -1.0, 1.0), np.clip(x, min=0.0), np.clip(x, max=0.5)), (A,)),
    **{name: _named(name, INTS, SMALL) for name in ("bitwise_and", "bitwise_or", "bitwise_xor", "bitwise_left_shift",
                                                    "bitwise_right_shift")},
    "bitwise_invert": _named("bitwise_invert", INTS),
    **{name: _named(name, FLAGS, OTHER_FLAGS) for name in ("logical_and", "logical_or", "logical_xor")},
    "logical_not": _named("logical_not", FLAGS),
    **{name: _named(name, ODD) for name in ("isfinite", "isinf", "isnan", "signbit")},
    **{name: _named(name, COMPLEX) for name in ("conj", "imag", "real")},
    **{name: _along(name, A) for name in ("max", "mean", "min", "prod", "std", "sum", "var", "argmax", "argmin")},
    **{name: _along(name, FLAGS) for name in ("all", "any", "count_nonzero")},
    "cumulative_sum": (lambda x: (np.cumulative_sum(x, axis=0), np.cumulative_sum(x, axis=1)), (A,)),
    "cumulative_prod": (lambda x: (np.cumulative_prod(x, axis=0), np.cumulative_prod(x, axis=1)), (A,)),
    "searchsorted": (lambda x, y: (np.searchsorted(x, y), np.searchsorted(x, y, side="right")), (LINE, A)),
    "where": (lambda c, x, y: (np.where(c, x, y), np.where(c, x, 0.0)), (FLAGS, A, B)),
    "argsort": (lambda x: (np.argsort(x), np.argsort(x, axis=0)), (A,)),
    "sort": (lambda x: (np.sort(x), np.sort(x, axis=0)), (A,)),
    "diff": (lambda x: (np.diff(x), np.diff(x, axis=0)), (A,)),
    "broadcast_arrays": (lambda x, y: np.broadcast_arrays(x, y), (A, LINE[:3])),
    "broadcast_to": (lambda x: np.broadcast_to(x, (2, 3)), (LINE[:3],)),
    "concat": (lambda x, y: (np.concat([x, y]), np.concat([x, y], axis=1), np.concat([x, y], axis=None)), (A, B)),
    "expand_dims": (lambda x: (np.expand_dims(x, axis=0), np.expand_dims(x, axis=-1)), (A,)),
    "flip": (lambda x: (np.flip(x), np.flip(x, axis=1)), (A,)),
    "moveaxis": (lambda x: np.moveaxis(x, 0, 1), (A,)),
    "permute_dims": (lambda x: np.permute_dims(x, (1, 0)), (A,)),
    "repeat": (lambda x: (np.repeat(x, 2), np.repeat(x, 2, axis=0)), (A,)),
    "reshape": (lambda x: (np.reshape(x, (3, 2)), np.reshape(x, (-1,))), (A,)),
    "roll": (lambda x: (np.roll(x, 1), np.roll(x, -1, axis=0)), (A,)),
    "squeeze": (lambda x: np.squeeze(np.expand_dims(x, axis=0), axis=0), (A,)),
    "stack": (lambda x, y: (np.stack([x, y]), np.stack([x, y], axis=-1)), (A, B)),
    "tile": (lambda x: np.tile(x, (2, 1)), (A,)),
    "unstack": (rows, (A,)),
    "take": (lambda x, i: np.take(x, i, axis=1), (A, np.array([2, 0]))),
    "take_along_axis": (lambda x: np.take_along_axis(x, np.argsort(x, axis=1), axis=1), (A,)),
    "arange": (lambda x: x + np.arange(3), (A,)),
    "asarray": (lambda x: np.asarray([[x[0, 0], 1.0], [2.0, x[1, 1]]]), (A,)),
    "empty": (lambda x: np.empty((2, 0)).shape + x.shape, (A,)),
    "empty_like": (lambda x: np.empty_like(x).shape, (A,)),
    "eye": (lambda x: x @ np.eye(3), (A,)),
    "full": (lambda x: np.full((2, 2), x[0, 0]), (A,)),
    "full_like": (lambda x: np.full_like(x, 7.0), (A,)),
    "linspace": (lambda x: (np.linspace(x[0, 0], x[1, 0], 5), np.linspace(0.0, x[0, 2], 4, endpoint=False)), (A,)),
    "meshgrid": (lambda x, y: np.meshgrid(x[0], y, indexing="ij"), (A, LINE)),
    "ones": (lambda x: x + np.ones((2, 3)), (A,)),
    "ones_like": (lambda x: np.ones_like(x), (A,)),
    "zeros": (lambda x: x + np.zeros((2, 3)), (A,)),
    "zeros_like": (lambda x: np.zeros_like(x), (A,)),
    "tril": (lambda x: np.tril(x), (A,)),
    "triu": (lambda x: np.triu(x, k=1), (A,)),
    "astype": (lambda x: (np.astype(x, np.float32), np.astype(x, np.int32), np.astype(x, np.bool)), (A,)),
    "can_cast": (lambda x: np.can_cast(x.dtype, np.float32), (A,)),
    "finfo": (lambda x: x + float(np.finfo(x.dtype).eps), (A,)),
    "iinfo": (lambda x: int(np.iinfo(x.dtype).max) - 5, (INTS,)),
    "isdtype": (lambda x: np.isdtype(x.dtype, "real floating"), (A,)),
    "result_type": (lambda x: np.ones(2, dtype=np.result_type(x, np.float32)) * x[:, 0], (A,)),
    "matmul": (lambda x, y: (np.matmul(x, y.T), x @ y[0], x[0] @ y[0]), (A, B)),
    "matrix_transpose": (lambda x: np.matrix_transpose(x), (A,)),
    "tensordot": (lambda x, y: (np.tensordot(x, y.T, axes=1), np.tensordot(x, y, axes=((0,), (0,)))), (A, B)),
    "vecdot": (lambda x, y: (np.vecdot(x, y), np.vecdot(x, y, axis=0)), (A, B)),
    "linalg.cholesky": (lambda x: (np.linalg.cholesky(x), np.linalg.cholesky(x[0], upper=True)), (SQUARE,)),
    "linalg.cross": (lambda x, y: np.linalg.cross(x, y), (A, B)),
    "linalg.det": (lambda x: np.linalg.det(x), (SQUARE,)),
    "linalg.diagonal": (lambda x: np.linalg.diagonal(x), (SQUARE,)),
    "linalg.eigh": (lambda x: np.linalg.eigh(x), (SQUARE,)),
    "linalg.eigvalsh": (lambda x: np.linalg.eigvalsh(x), (SQUARE,)),
    "linalg.inv": (lambda x: np.linalg.inv(x), (SQUARE,)),
    "linalg.matmul": (lambda x, y: np.linalg.matmul(x, y.T), (A, B)),
    "linalg.matrix_norm": (lambda x: (np.linalg.matrix_norm(x), np.linalg.matrix_norm(x, ord=1)), (SQUARE,)),
    "linalg.matrix_power": (lambda x: (np.linalg.matrix_power(x, 5), np.linalg.matrix_power(x, 0)), (SQUARE,)),
    "linalg.matrix_rank": (lambda x: np.linalg.matrix_rank(x), (SQUARE,)),
    "linalg.matrix_transpose": (lambda x: np.linalg.matrix_transpose(x), (A,)),
    "linalg.outer": (lambda x, y: np.linalg.outer(x[0], y), (A, LINE)),
    "linalg.pinv": (lambda x: np.linalg.pinv(x), (A,)),
    "linalg.qr": (lambda x: tuple(np.linalg.qr(x)), (A.T.copy(),)),
    "linalg.slogdet": (lambda x: tuple(np.linalg.slogdet(x)), (SQUARE,)),
    "linalg.solve": (lambda x, y: (np.linalg.solve(x, x + 1), np.linalg.solve(x[0], y)), (SQUARE, LINE[:2])),
    "linalg.svd": (lambda x: np.linalg.svd(x, full_matrices=False), (A,)),
    "linalg.svdvals": (lambda x: np.linalg.svdvals(x), (A,)),
    "linalg.tensordot": (lambda x, y: np.linalg.tensordot(x, y.T, axes=1), (A, B)),
    "linalg.trace": (lambda x: np.linalg.trace(x), (SQUARE,)),
    "linalg.vecdot": (lambda x, y: np.linalg.vecdot(x, y), (A, B)),
    "linalg.vector_norm": (lambda x: (np.linalg.vector_norm(x), np.linalg.vector_norm(x, axis=1, ord=1)), (A,)),
    **{f"__{name}__": (operators, (A, B)) for name in ("add", "sub", "mul", "truediv", "radd", "neg", "pos", "abs")},
    **{f"__{name}__": (comparisons, (A, B)) for name in ("lt", "le", "gt", "ge", "eq", "ne")},
    **{f"__{name}__": (whole_operators, (INTS, SMALL)) for name in ("floordiv", "mod", "and", "or", "xor", "invert",
                                                                    "lshift", "rshift")},
    "__pow__": (lambda x: (x**2, x**0.5, 2.0**x), (U,)),
    "__matmul__": (lambda x, y: x @ y.T, (A, B)),
    "__getitem__": (lambda x: (x[0], x[:, ::-1], x[..., None, 1], x[np.array([1, 0])]), (A,)),
    **{name: (conversions, (A,)) for name in ("__bool__", "__int__", "__float__")},
    **{name: (written, (A, B)) for name in ("__setitem__", "__iadd__")},
    **{name: (looked_at, (A,)) for name in ("T", "ndim", "shape", "size", "device", "to_device")},
    "mT": (lambda x: x.mT, (SQUARE,)),
    "dtype": (lambda x: np.ones(3, dtype=x.dtype) + x, (A,)),
    "__array_namespace__": (lambda x: x.__array_namespace__().tanh(x), (A,)),
}  # fmt: skip
"""What stages, by name; on every back-end it is right, or refused by name."""

REFUSED: dict[str, Program] = {
    **{name: _named(name, A) for name in ("nonzero", *STANDARD["sets"].split())},
    **{name: (lambda x, name=name: getattr(np.fft, name[4:])(x), (A,)) for name in STANDARD["fft extension"].split()},
    "from_dlpack": (lambda x: np.from_dlpack(x), (A,)),
    "__dlpack__": (lambda x: x.__dlpack__(), (A,)),
    "__complex__": (lambda x: complex(x[0, 0]), (A,)),
    "__index__": (lambda x: "abc"[x[0, 0]], (INTS,)),
}
"""What no program can be staged with, by name: its shape is a matter of data, or it leaves the program."""
