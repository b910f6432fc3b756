"""A program as Lantern takes it: C++ source, compiled by the system's compiler and loaded."""

from __future__ import annotations

import shlex
import struct
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, NoReturn

from snek_core_transform.errors import SnekError
from snek_core_transform.kept_code import CodeKeeper
from snek_strategies.backends.arithmetic import dtype_of
from snek_strategies.backends.backend import ORDERING, LoweredProgram
from snek_strategies.backends.lantern import compiler, plans
from snek_strategies.backends.lantern.cache import known_library, library
from snek_strategies.backends.lantern.kept_code import KEPT_CODE
from snek_strategies.backends.lantern.loaded import LoadedProgram
from snek_strategies.backends.lantern.native_calls import entry_meanwhile, native_calls
from snek_strategies.ir.interpretations import LINEAR
from snek_strategies.ir.syntax import Program
from snek_strategies.ir.types import Type

if TYPE_CHECKING:
    from snek_strategies.backends.lantern.written import Written


class LanternProgram(LoweredProgram):
    """C++ that the system's compiler makes native code of.

    Where the cache has the program's plan, it is lowered and written only when its text is asked for, or an exception
    of its own or a print needs to be known.
    """

    kinds: ClassVar[tuple[str, ...]] = ("cpp",)
    tapes: ClassVar[bool] = True
    lacks: ClassVar[frozenset[str]] = frozenset()
    lacks_of_complex: ClassVar[frozenset[str]] = ORDERING | frozenset(LINEAR)
    any_size: ClassVar[bool] = True
    recursive: ClassVar[bool] = True

    def __init__(self, program: Program, threads: int, passed: Callable[[], Program]) -> None:
        super().__init__(program, threads)
        self._passed = passed
        self._key = plans.key_for(program, threads)
        self._plan = None if self._key is None else plans.find(self._key)
        if self._plan is None:
            self.written  # noqa: B018 - what cannot be said is refused here

    @cached_property
    def written(self) -> Written:
        """The program's C++ source and what goes with it."""
        # A process that finds its programs' plans never needs what writes C++.
        from snek_strategies.backends.lantern.written import write

        passed = self._passed()
        assert _interface(passed) == _interface(self.program), "a pass changed what a program takes or gives"
        made = write(passed, self.threads)
        if self._plan is not None and plans.digest(made.source) != self._plan.text:
            raise SnekError(f"program {self.program.name!r} was lowered otherwise before; run: snek cache clear")
        return made

    @classmethod
    def of(cls, program: Program, threads: int, passed: Callable[[], Program]) -> LanternProgram:
        """Return the program, which may have been lowered and compiled before."""
        return cls(program, threads, passed)

    @classmethod
    def missing(cls) -> str | None:
        """Say that there is no C++ compiler, and what to install."""
        if compiler.compiler() is None:
            return "there is no C++ compiler; install g++ (Debian: apt install g++), clang++, or: pip install ziglang"
        return None

    def as_text(self, kind: str) -> str:
        """Return the `cpp` source, under the command that compiles it."""
        if kind != "cpp":
            return super().as_text(kind)
        return f"// Compile with:\n//   {shlex.join(compiler.command())}\n{self.written.source}"

    def compile(self) -> LoadedProgram:
        """Compile and load the program, or load what was compiled before."""
        made = None if self._plan is None else known_library(self._plan.library)
        plan = self._plan
        if plan is None or made is None:
            plan = self.written.plan()
            with entry_meanwhile():
                made = library(self.written.source)
            if self._key is not None:
                plans.keep(self._key, plan)
        KEPT_CODE.publish()
        return LoadedProgram(made, self.program.body, plan, lambda: self.written.shared.prints, self.failed)

    @classmethod
    def keeper(cls) -> CodeKeeper | None:
        """Return what finds virtualized functions in the cache."""
        return KEPT_CODE

    @classmethod
    def calls(cls) -> type | None:
        """Return the mix-in whose instances find compiled programs in C."""
        return native_calls()

    def failed(self, code: int, site: int, words: tuple[int, ...]) -> NoReturn:
        """Raise what a run that ended with `code` means; see `lantern::run`."""
        if code == 2:
            raise RecursionError(f"maximum recursion depth exceeded in staged program {self.program.name}")
        if code == 3:
            raise MemoryError(f"no memory for staged program {self.program.name}")
        sites = self.written.shared.sites
        types = sites.all[site - 1].types
        values = [
            struct.unpack("d", struct.pack("q", word))[0] if dtype_of(type_).kind == "f" else word
            for type_, word in zip(types, words, strict=False)
        ]
        raise sites.error(site, values)


def _interface(program: Program) -> list[Type]:
    return [one.type for one in (*program.body.parameters, *program.body.results)]
