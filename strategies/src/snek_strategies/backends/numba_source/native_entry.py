"""A program that Numba has compiled, as the entry in C calls it: by the addresses of its arguments and results."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

from snek_strategies.backends.arithmetic import dtype_of
from snek_strategies.backends.lantern.signature import Native
from snek_strategies.ir.shape_rules import dims_of
from snek_strategies.ir.symbolic_rules import has_symbols
from snek_strategies.ir.syntax import Program
from snek_strategies.ir.types import Type, concrete

AGAIN = 6
"""What the entry takes for: the call is to be made in Python, which says what it raises."""
LARGEST = 1 << 15
"""How many bytes of results are copied sooner than a call is made in Python: some 4 µs' worth."""


def native_entry(program: Program, entry: Callable[..., Any], same: Sequence[int | None]) -> Native | None:
    """Return how the entry in C calls a program; None where its results are large or none, or extents are symbols.

    Numba's functions give memory of their own, which is copied into that of the entry.
    """
    given = [sym.type for sym in program.body.parameters]
    made = [atom.type for atom in program.body.results]
    if not made or has_symbols(*map(dims_of, (*given, *made))) or sum(map(_bytes, made)) > LARGEST:
        return None
    from numba import carray, cfunc, types

    words = types.CPointer(types.int64)
    pointers = types.CPointer(types.voidptr)
    scope = {"entry": entry, "carray": carray, **{f"t{at}": dtype_of(one) for at, one in enumerate((*given, *made))}}
    text = _text(given, made)
    exec(compile(text, f"<snek numba entry of {program.name}>", "exec"), scope)  # noqa: S102 - the text was written here
    compiled = cfunc(types.int32(pointers, pointers, words), error_model="numpy")(scope["run"])
    return Native(compiled.address, tuple(given), tuple(made), tuple(same), _left_to_python, compiled)


def _bytes(type_: Type) -> int:
    return prod(concrete(dims_of(type_))) * dtype_of(type_).itemsize


def _text(given: list[Type], made: list[Type]) -> str:
    """Return a function of addresses around `entry`; loops store, as Numba compiles whole arrays' stores for longer."""
    lines = []
    for at, one in enumerate(given):
        lines.append(f"a{at} = {_array(f'given[{at}]', one, at)}{'' if dims_of(one) else '[0]'}")
    results = "".join(f"r{at}, " for at in range(len(made)))
    lines += ["try:", f"    {results}= entry({', '.join(f'a{at}' for at in range(len(given)))})"]
    lines += ["except Exception:", f"    return {AGAIN}"]
    for at, one in enumerate(made):
        lines.append(f"m{at} = {_array(f'made[{at}]', one, len(given) + at)}")
        index = [f"i{axis}" for axis in range(len(dims_of(one)))]
        heads = [f"for {name} in range({size}):" for name, size in zip(index, dims_of(one), strict=True)]
        lines += ["    " * depth + head for depth, head in enumerate(heads)]
        stored = f"m{at}[{', '.join(index)}] = r{at}[{', '.join(index)}]" if index else f"m{at}[0] = r{at}"
        lines.append("    " * len(heads) + stored)
    return "\n    ".join(["def run(given, made, raised):", *lines, "return 0"]) + "\n"


def _array(pointer: str, type_: Type, dtype: int) -> str:
    return f"carray({pointer}, ({', '.join(map(str, dims_of(type_) or (1,)))},), t{dtype})"


def _left_to_python(code: int, site: int, words: tuple[int, ...]) -> object:
    raise AssertionError(f"the entry was left with {code}, {site}, {words}")
