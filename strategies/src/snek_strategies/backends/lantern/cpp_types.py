"""How C++ names a dtype and writes a number of it."""

from __future__ import annotations

from functools import cache

import numpy as np

CPP = {
    "bool": "bool", "int8": "std::int8_t", "int16": "std::int16_t", "int32": "std::int32_t", "int64": "std::int64_t",
    "uint8": "std::uint8_t", "uint16": "std::uint16_t", "uint32": "std::uint32_t", "uint64": "std::uint64_t",
    "float32": "float", "float64": "double", "complex64": "std::complex<float>",
    "complex128": "std::complex<double>",
}  # fmt: skip

Dtype = np.dtype[np.generic]


@cache
def cpp(dtype: Dtype) -> str:
    """Return the C++ type that holds an element. Raises KeyError for a dtype that C++ has no type for."""
    return CPP[dtype.name]


def number(value: object, dtype: Dtype) -> str:
    """Return a number as C++ source, in that dtype."""
    made = dtype.type(value).item()
    if dtype.kind == "b":
        return "true" if made else "false"
    if dtype.kind == "c":
        part = np.dtype("float32" if dtype.itemsize == 8 else "float64")
        return f"{cpp(dtype)}({number(made.real, part)}, {number(made.imag, part)})"
    if dtype.kind == "f":
        return _real(made, dtype)
    if made == -(2**63):
        return "INT64_MIN"
    text = str(made)
    if dtype.kind == "u" and dtype.itemsize >= 4:
        text += "ull" if dtype.itemsize == 8 else "u"
    elif abs(made) >= 2**31:
        text += "ll"
    return f"({text})" if made < 0 else text


def _real(made: float, dtype: Dtype) -> str:
    short = dtype.itemsize == 4
    if np.isnan(made):
        text = "NAN" if short else "double(NAN)"
    elif np.isinf(made):
        text = "INFINITY" if short else "double(INFINITY)"
        text = text if made > 0 else f"(-{text})"
    else:
        text = repr(float(str(np.float32(made)))) if short else repr(made)
        text += "f" if short else ""
        text = f"({text})" if text.startswith("-") else text
    return text


def cast(text: str, given: Dtype, wanted: Dtype) -> str:
    """Return an element's text in another dtype."""
    if given == wanted:
        return text
    if wanted.kind == "b":
        return f"({text} != {number(0, given)})"
    if given.kind == "c" and wanted.kind != "c":
        text = f"{text}.real()"
    return f"{cpp(wanted)}({text})"
