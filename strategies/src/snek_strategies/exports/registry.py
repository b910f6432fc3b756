"""`export`: a staged program as a file that another system loads, in a process that need not have Snek."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from snek_core_transform.errors import UsageError
from snek_strategies.backends.backend import Unavailable
from snek_strategies.backends.registry import known, lower
from snek_strategies.exports.interface import Interface, interface
from snek_strategies.stages import Compiled, Lowered, Traced


@dataclass(frozen=True)
class Kind:
    """What makes a kind of file: the back-end that takes the program, and the function that writes it."""

    backend: str
    home: str
    """`module:function`, of the lowered program, its interface and the path."""

    def write(self) -> Callable[[object, Interface, Path], None]:
        """Return the function that writes the file."""
        module, _, name = self.home.partition(":")
        made: Callable[[object, Interface, Path], None] = getattr(importlib.import_module(module), name)
        return made


KINDS: dict[str, Kind] = {
    "saved_model": Kind("tensorflow", "snek_strategies.exports.saved_model:write"),
    "torch": Kind("torch", "snek_strategies.exports.torch_archive:write"),
    "stablehlo": Kind("jax", "snek_strategies.exports.stablehlo:write"),
    "lantern": Kind("lantern", "snek_strategies.exports.shared_library:write"),
}


def export(program: Traced | Lowered | Compiled, path: str | Path, *, kind: str) -> Path:
    """Write a staged program so that another system loads it without Snek; return the path.

    `program` is what `snek.stage(f).trace(*arguments)` gives, or what `lower` and `compile` make of it; the back-end
    that it was staged for does not matter. It takes the arrays of its arguments, and gives the arrays of its result,
    each in order. `kind` says what is written at `path`:

    `saved_model`: a folder with a TensorFlow SavedModel; its signature `serving_default` takes the arguments by name
    and gives `output_0`, `output_1` …
    `torch`: a file that `torch.export.load` reads.
    `stablehlo`: a file that `jax.export.deserialize` reads; a program over float64 wants `jax_enable_x64`.
    `lantern`: a folder with C++ source, its runtime, the library made of both for this processor, and `program.py`,
    which needs NumPy and SciPy only; its function `run` calls the library.

    Raises UsageError for another kind or program, Unavailable where its system is not installed, and StagingError for
    a program that its system cannot say, that may raise, or that does more than give arrays.
    """
    if kind not in KINDS:
        raise UsageError(f"no export of kind {kind!r}; there is {', '.join(KINDS)}")
    traced = program.lowered.traced if isinstance(program, Compiled) else getattr(program, "traced", program)
    if not isinstance(traced, Traced):
        raise UsageError(f"cannot export a {type(program).__name__}: hand in what snek.stage(f).trace(...) gives")
    chosen = KINDS[kind]
    reason = known(chosen.backend).missing()
    if reason is not None:
        raise Unavailable(f"export of kind {kind!r} cannot run here: {reason}")
    faces = interface(traced)
    target = Path(path)
    chosen.write()(lower(chosen.backend, traced.staged.program), faces, target)
    return target
