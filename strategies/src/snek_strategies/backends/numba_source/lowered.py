"""A program as Numba takes it: source text, compiled by `njit` at its first call for the arguments' types."""

from __future__ import annotations

import itertools
import linecache
import sys
import warnings
from collections.abc import Callable
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from snek_core_transform.errors import StagingError
from snek_strategies.backends.arithmetic import ELEMENTWISE, dtype_of
from snek_strategies.backends.backend import ORDERING, LoweredProgram, Run, cannot_say
from snek_strategies.backends.core_primitives import core_primitives
from snek_strategies.backends.explicit_checks import explicit_checks
from snek_strategies.backends.in_place import HERE, in_place, stores_here
from snek_strategies.backends.lantern.native_calls import native_calls
from snek_strategies.backends.lantern.signature import Native
from snek_strategies.backends.lifted_functions import Lifted
from snek_strategies.backends.numba_source.expressions import Functions, cast, expression
from snek_strategies.backends.numba_source.loops import dtype_text
from snek_strategies.backends.numba_source.native_entry import native_entry
from snek_strategies.backends.numba_source.regions import points, region, regions
from snek_strategies.backends.raising import Sites, host_value
from snek_strategies.backends.structured_source import Dialect, write
from snek_strategies.ir.interpretations import LINEAR
from snek_strategies.ir.passes.cut_loops import cut_loops
from snek_strategies.ir.shape_rules import dims_of
from snek_strategies.ir.syntax import Atom, Node, Program, Sym
from snek_strategies.ir.types import Fn, Scalar, Tape, Type, concrete

_NUMBERS = itertools.count()
INLINED = ELEMENTWISE | {
    "asarray",
    "astype",
    "bool",
    "int",
    "float",
    "not",
    "item",
    "getitem",
    "extent",
    "transpose",
    "reshape",
    "math",
}
EARLY = 8
"""How many calls are made before their entry is compiled, some 0.2 s: a program that is called once needs none."""
DEEP = 0
"""The number that stands for recursion that is too deep."""

HEAD = """import math

import numpy as np
from numba import njit

# Without the wrapper for callers in C, which nothing calls, a program compiles in nine tenths of the time.
OPTIONS = {"error_model": "numpy", "no_cfunc_wrapper": True}


class Raised(Exception):
    pass
"""


class NumbaSource(LoweredProgram):
    """Plain Python with NumPy, typed and compiled by Numba."""

    kinds: ClassVar[tuple[str, ...]] = ("python",)
    lacks: ClassVar[frozenset[str]] = frozenset()
    lacks_of_complex: ClassVar[frozenset[str]] = ORDERING | frozenset(LINEAR)
    any_size: ClassVar[bool] = True
    recursive: ClassVar[bool] = True

    def __init__(self, program: Program) -> None:
        super().__init__(program)
        self.sites = Sites("numba")
        self.functions = Functions()
        core = in_place(regions(cut_loops(explicit_checks(core_primitives(program)), 0)), in_order=True)
        body = write(core, self._dialect())
        names = sorted(self.functions.constants)
        self.entry = body.rpartition("\ndef ")[2].partition("(")[0] if "\ndef " in body else body[4:].partition("(")[0]
        self.source = "\n\n".join([HEAD, *(text + "\n" for text in self.functions.texts.values()), body])
        self.constants = {name: self.functions.constants[name] for name in names}

    def _dialect(self) -> Dialect:
        return Dialect(
            expression=lambda node, operands: expression(self.functions, node, operands),
            constant=self.functions.constant,
            statement=self._statement,
            inlined=lambda node: node.primitive in INLINED and HERE not in node.params,
            head=self._head,
            returned=self._returned,
            passed=lambda caller, one: ["depth + 1" if caller.recursive else "1"] if one.recursive else [],
            view=".T",
            settles=stores_here,
            points=points,
            region=lambda node, use: region(self.functions, node, use),
        )

    def _statement(self, node: Node, operands: list[str]) -> list[str]:
        if node.primitive != "raise":
            raise cannot_say("numba", node, "it is not written in Numba's Python; use back-end 'interpret'")
        return [f"raise Raised({', '.join([str(self.sites.number(node)), *operands])})"]

    def _head(self, one: Lifted, parameters: list[str]) -> list[str]:
        for sym in one.block.parameters:
            if isinstance(sym.type, (Fn, Tape)):
                raise StagingError(f"back-end 'numba' cannot pass a {sym.type} to {one.text}", code="SNK0290")
        if not one.recursive:
            return ["@njit(**OPTIONS)", f"def {one.text}({', '.join(parameters)}):"]
        # Machine code has no limit of its own but the end of the stack; the last line tells Numba the types.
        limit = sys.getrecursionlimit()
        dummies = [_nothing(atom.type) for atom in one.block.results]
        return [
            "@njit(**OPTIONS)",
            f"def {one.text}({', '.join([*parameters, 'depth'])}):",
            f"    if depth > {limit}:",
            "        if depth > 0:",
            f"            raise Raised({DEEP})",
            f"        return ({', '.join(dummies)}{',' if len(dummies) == 1 else ''})",
        ]

    def _returned(self, one: Lifted, texts: list[str]) -> str:
        made = [_settled(atom, text) for atom, text in zip(one.block.results, texts, strict=True)]
        return f"return ({', '.join(made)}{',' if len(made) == 1 else ''})"

    def as_text(self, kind: str) -> str:
        """Return the `python` source that Numba compiles."""
        return self.source if kind == "python" else super().as_text(kind)

    def compile(self) -> Run:
        """Type and compile the program for the types that it was staged for."""
        return NumbaProgram(self.program, *self._loaded(), self._failure)

    @classmethod
    def calls(cls) -> type | None:
        """Return the mix-in whose instances find compiled programs in C."""
        return native_calls()

    def _failure(self, number: int, payload: list[object]) -> BaseException:
        if number == DEEP:
            return RecursionError(f"maximum recursion depth exceeded in staged program {self.program.name}")
        return self.sites.error(number, payload)

    def _loaded(self) -> tuple[Callable[..., Any], type[Exception]]:
        filename = f"<snek numba {self.program.name} {next(_NUMBERS)}>"
        linecache.cache[filename] = (len(self.source), None, self.source.splitlines(keepends=True), filename)
        # Numba finds a function that calls itself again only where its module can be imported.
        namespace: dict[str, Any] = {"__name__": __name__, **self.constants}
        exec(compile(self.source, filename, "exec"), namespace)  # noqa: S102 - the text was written here
        entry = namespace[self.entry]
        with warnings.catch_warnings():
            # What Numba says about speed is about its own text here, which the user did not write.
            import numba

            warnings.simplefilter("ignore", numba.NumbaWarning)
            entry.compile(tuple(numba_type(sym.type) for sym in self.program.body.parameters))
        return entry, namespace["Raised"]


class NumbaProgram:
    """A compiled program, called with host values; `native` is what the entry in C knows of it."""

    def __init__(
        self,
        program: Program,
        entry: Callable[..., Any],
        raised: type[Exception],
        failure: Callable[[int, list[object]], BaseException],
    ) -> None:
        parameters, results = program.body.parameters, program.body.results
        given = {sym.index: at for at, sym in enumerate(parameters)}
        self._program = program
        self._entry, self._raised, self._failure = entry, raised, failure
        self._count = 0
        self._scalars = tuple(not dims_of(sym.type) for sym in parameters)
        self._types = tuple(atom.type for atom in results)
        self._same = tuple(given.get(atom.index) if isinstance(atom, Sym) else None for atom in results)

    @property
    def settled(self) -> bool:
        """Whether calls may be made in the way in which later ones will be."""
        return self._count > EARLY

    @property
    def native(self) -> Native | None:
        """How the entry in C calls the program, or None: after a few calls it is compiled, where that can be."""
        return self._native if self.settled else None

    @cached_property
    def _native(self) -> Native | None:
        return native_entry(self._program, self._entry, self._same)

    def __call__(self, *arguments: Any) -> tuple[object, ...]:
        """Run the program on host values, and return the host's values."""
        self._count += not self.settled
        values = [
            (one[()] if isinstance(one, np.ndarray) else one) if scalar else np.ascontiguousarray(one)
            for one, scalar in zip(arguments, self._scalars, strict=True)
        ]
        try:
            made = self._entry(*values)
        except self._raised as error:
            number, *payload = error.args
            failure = self._failure(number, payload)
        else:
            return tuple(
                host_value(type_, value) if at is None else arguments[at]
                for type_, value, at in zip(self._types, made, self._same, strict=True)
            )
        raise failure


def _settled(atom: Atom, text: str) -> str:
    if dims_of(atom.type):
        return f"np.ascontiguousarray({text})"
    return cast(text, atom, dtype_of(atom.type))


def _nothing(type_: Type) -> str:
    dims = concrete(dims_of(type_))
    if dims:
        return f"np.empty(({', '.join(map(str, dims))},), {dtype_text(dtype_of(type_))})"
    return f"{dtype_text(dtype_of(type_))}(0)"


def numba_type(type_: Type) -> Any:
    """Return Numba's own type for a parameter: numbers, and arrays whose rows lie together."""
    from numba import from_dtype, types

    dtype = from_dtype(dtype_of(type_))
    if isinstance(type_, Scalar) or not dims_of(type_):
        return dtype
    return types.Array(dtype, len(dims_of(type_)), "C")
