"""StableHLO of a staged program, in `jax.export`'s versioned form."""

from __future__ import annotations

from pathlib import Path

from snek_strategies.backends.jax_program import JaxProgram
from snek_strategies.exports.interface import Interface, check_no_errors


def write(lowered: JaxProgram, faces: Interface, path: Path) -> None:
    """Write a file that `jax.export.deserialize` reads."""
    import jax
    import jax.export

    check_no_errors(faces.name, lowered.carried is not None)
    examples = [jax.ShapeDtypeStruct(dims, dtype) for dtype, dims in lowered.shapes()]
    with jax.enable_x64(True):
        path.write_bytes(jax.export.export(lowered.jitted)(*examples).serialize())
