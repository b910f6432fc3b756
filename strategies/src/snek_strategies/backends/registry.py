"""The back-ends by name: one literal dict, listed without importing a framework."""

from __future__ import annotations

import importlib
import importlib.util
from dataclasses import dataclass
from typing import TYPE_CHECKING

from snek_core_transform.collection_paused import COLLECTION_PAUSED
from snek_core_transform.errors import UsageError
from snek_strategies.backends.backend import LoweredProgram, Unavailable, cannot_say
from snek_strategies.backends.growing_lists import GrowingLists
from snek_strategies.backends.lower_lists import has_lists, lower_lists
from snek_strategies.backends.lower_tapes import has_tapes, lower_tapes
from snek_strategies.ir.passes.lower_tries import lower_tries
from snek_strategies.ir.passes.optimize import optimized
from snek_strategies.ir.syntax import Program, every_node
from snek_strategies.ir.types import Array, Scalar, Type

if TYPE_CHECKING:
    from snek_core_transform.kept_code import CodeKeeper


@dataclass(frozen=True)
class Backend:
    """Where a back-end is, and which modules it needs."""

    home: str
    """`module:Class`, a `LoweredProgram` made of a program of the IR."""
    imports: tuple[str, ...] = ()
    """What must be importable, and what programs are compiled with; the first is also the extra that installs it."""
    threads: bool = False
    """Whether a program may be given a number of threads: its class takes that too."""

    def load(self) -> type[LoweredProgram]:
        """Return the class that stands for the back-end."""
        module, _, attribute = self.home.partition(":")
        made: type[LoweredProgram] = getattr(importlib.import_module(module), attribute)
        return made

    def missing(self) -> str | None:
        """Say what is missing and what to do about it, or None where the back-end can run."""
        for module in self.imports:
            # Asked for a module inside a framework, Python imports the framework.
            if importlib.util.find_spec(module.partition(".")[0]) is None:
                return f"module {module!r} is not installed; install it with: pip install 'snek[{self.imports[0]}]'"
        return self.load().missing()


BACKENDS: dict[str, Backend] = {
    "interpret": Backend("snek_strategies.backends.interpreted:Interpreted"),
    "lantern": Backend("snek_strategies.backends.lantern.lowered:LanternProgram", ("scipy",), threads=True),
    "tensorflow": Backend("snek_strategies.backends.tensorflow_program:TensorFlowProgram", ("tensorflow",)),
    "tensorflow-xla": Backend("snek_strategies.backends.tensorflow_program:TensorFlowXla", ("tensorflow",)),
    "torch": Backend("snek_strategies.backends.torch_program:TorchProgram", ("torch", "torch._dynamo")),
    "torchscript": Backend("snek_strategies.backends.torchscript_program:TorchScriptProgram", ("torch",)),
    "jax": Backend("snek_strategies.backends.jax_program:JaxProgram", ("jax",)),
    "numba": Backend("snek_strategies.backends.numba_source.lowered:NumbaSource", ("numba", "scipy")),
}


MOST_THREADS = 256


def known(name: str) -> Backend:
    """Return the back-end of that name. Raises UsageError for an unknown one."""
    if name not in BACKENDS:
        raise UsageError(f"no back-end {name!r}; there is {', '.join(BACKENDS)}")
    return BACKENDS[name]


def check_threads(name: str, threads: int) -> None:
    """Raise UsageError for a number of threads that the back-end does not compute with."""
    backend = known(name)
    if type(threads) is not int or not 1 <= threads <= MOST_THREADS:
        raise UsageError(f"threads: {threads!r}; give a whole number from 1 to {MOST_THREADS}")
    if threads > 1 and not backend.threads:
        own = ", ".join(name for name, one in BACKENDS.items() if one.threads)
        raise UsageError(f"threads: {threads}, but back-end {name!r} is told of no threads; use one of {own}")


def serves_any_size(name: str) -> bool:
    """Tell whether a back-end runs programs whose extents are symbols; one that is missing says so when it lowers."""
    backend = known(name)
    return backend.missing() is None and backend.load().any_size


def keeper(name: str) -> CodeKeeper | None:
    """Return what keeps functions virtualized for a back-end between processes, or None."""
    backend = known(name)
    return backend.load().keeper() if backend.missing() is None else None


def lower(name: str, program: Program, threads: int = 1) -> LoweredProgram:
    """Return the program as the back-end takes it, to compute with that many threads.

    Raises UsageError for an unknown back-end, Unavailable where it cannot run here, and StagingError where the program
    needs what its system cannot say.
    """
    backend = known(name)
    check_threads(name, threads)
    reason = backend.missing()
    if reason is not None:
        raise Unavailable(f"back-end {name!r} cannot run here: {reason}")
    made = backend.load()
    lists, tapes = not made.lists and has_lists(program.body), not made.tapes and has_tapes(program.body)
    if not (lists or tapes):
        return _lowered(name, made, program, threads)

    def with_room(one: Program, room: int) -> LoweredProgram:
        one = lower_lists(one, room) if lists else one
        return _lowered(name, made, lower_tapes(one, room) if tapes else one, threads)

    return GrowingLists(name, lower_tries(program), with_room)


def _lowered(name: str, made: type[LoweredProgram], program: Program, threads: int) -> LoweredProgram:
    with COLLECTION_PAUSED:
        return made.of(program, threads, lambda: _passed(name, made, program))


def _passed(name: str, made: type[LoweredProgram], program: Program) -> Program:
    """Return the program after the passes for every back-end; what this one lacks is refused."""
    program = optimized(program if made.tries else lower_tries(program))
    for node in every_node(program.body):
        if node.primitive in made.lacks:
            raise cannot_say(name, node, f"it has no {node.primitive}; use back-end 'interpret'")
        if node.primitive in made.lacks_of_complex and any(_is_complex(atom.type) for atom in node.operands):
            raise cannot_say(name, node, f"it has no {node.primitive} of complex numbers; use back-end 'interpret'")
    return program


def has_own_signs(name: str, program: Program) -> bool:
    """Tell whether a program has vectors that are unique but for their signs, which a back-end has otherwise."""
    return known(name).load().own_signs and any(node.primitive in ("eigh", "svd") for node in every_node(program.body))


def _is_complex(type_: Type) -> bool:
    return type_ == Scalar("complex") or (isinstance(type_, Array) and type_.dtype.kind == "c")
