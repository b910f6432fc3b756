"""What a back-end gives: a program in its system's own terms, printable and compilable."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from snek_core_transform.errors import SnekError, StagingError, UsageError
from snek_strategies.ir.interpretations import LINEAR
from snek_strategies.ir.syntax import Node, Program

if TYPE_CHECKING:
    from snek_core_transform.kept_code import CodeKeeper

_ORDERING = """
less less_equal greater greater_equal maximum minimum fmax fmin max min argmax argmin sort argsort searchsorted clip
sign rint round
"""
ORDERING = frozenset(_ORDERING.split())
"""What needs an order, which NumPy alone has for complex numbers, or rounds them."""

Run = Callable[..., tuple[object, ...]]
"""Host arrays and numbers in order to the host's results in order."""


class Unavailable(SnekError, ImportError):
    """A back-end cannot run here: its framework or its compiler is missing; says what to install."""


class LoweredProgram(ABC):
    """A program of the IR in a back-end's own terms; what its system cannot say has been refused."""

    kinds: ClassVar[tuple[str, ...]] = ()
    """The texts that this back-end makes, besides those that every staged program has."""

    tapes: ClassVar[bool] = False
    """Whether the back-end runs the tapes that gradients through control flow keep values on; for others they become
    arrays with room for so many rows."""

    lacks: ClassVar[frozenset[str]] = frozenset({*LINEAR, "extent"})
    """The primitives that the back-end does not have at all."""

    lacks_of_complex: ClassVar[frozenset[str]] = ORDERING
    """The primitives that the back-end does not have for complex numbers."""

    own_signs: ClassVar[bool] = False
    """Whether eigenvectors and singular vectors have other signs here than NumPy's; these are vectors as well."""

    lists: ClassVar[bool] = False
    """Whether the back-end runs lists; for others they become arrays with room for so many items."""

    recursive: ClassVar[bool] = False
    """Whether the back-end runs functions that call themselves."""

    any_size: ClassVar[bool] = False
    """Whether a program whose extents are symbols runs, for whatever sizes its arguments have."""

    tries: ClassVar[bool] = False
    """Whether the back-end runs `try` and `leave`; for others they become choices and flags."""

    arrays_of: ClassVar[str] = ""
    """The system whose own arrays `compile_native` takes and gives, `jax`, `tensorflow` or `torch`, if any."""

    def __init__(self, program: Program, threads: int = 1) -> None:
        """Take a program; `threads` is 1 but where the registry says that the back-end takes others."""
        self.program = program
        self.threads = threads

    @classmethod
    def of(
        cls,
        program: Program,  # noqa: ARG003 - for back-ends that know by it what they made before
        threads: int,
        passed: Callable[[], Program],
    ) -> LoweredProgram:
        """Return a staged program as this back-end takes it; `passed` gives it as it is after the passes for all."""
        return cls(passed()) if threads == 1 else cls(passed(), threads)

    @classmethod
    def missing(cls) -> str | None:
        """Say what besides modules is missing here (a compiler, say) and what to do, or None where all is there."""
        return None

    @classmethod
    def keeper(cls) -> CodeKeeper | None:
        """Return what keeps virtualized functions between processes, or None."""
        return None

    @classmethod
    def calls(cls) -> type | None:
        """Return a class to mix into callables, which then find known programs faster, or None; see `calls.py`."""
        return None

    @abstractmethod
    def compile(self) -> Run:
        """Return the callable, from host values to host values with the types that the program says."""

    def compile_native(self) -> Run:
        """Return the callable from the system's own values to its own values; the host's where it has no others."""
        return self.compile()

    @classmethod
    def on(cls, device: str) -> AbstractContextManager[object]:  # noqa: ARG003 - for systems that have devices
        """Return what is entered to make a program, and to run it on the system's own arrays, on a device."""
        return nullcontext()

    @classmethod
    def own(cls, value: object, dtype: np.dtype[np.generic]) -> object:
        """Return a host value, or an array of the system's, as an array of the system's where `on` says."""
        raise NotImplementedError

    def as_text(self, kind: str) -> str:
        """Return what was made, as text of one of `kinds`. Raises UsageError for others."""
        raise UsageError(f"no text of kind {kind!r}; this back-end has {', '.join(self.kinds) or 'none of its own'}")


def cannot_say(backend: str, node: Node, why: str) -> StagingError:
    """Return the refusal of an operation that a back-end's system cannot express, at the user's place."""
    return StagingError(f"back-end {backend!r} cannot express {node.primitive}: {why}", node.place, code="SNK0290")
