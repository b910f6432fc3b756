"""A folder with a staged program's C++, the library made of it, and a loader that needs NumPy and SciPy only."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np

from snek_strategies.backends.arithmetic import dims_of, dtype_of
from snek_strategies.backends.lantern import compiler
from snek_strategies.backends.lantern.cache import library
from snek_strategies.backends.lantern.lowered import LanternProgram
from snek_strategies.exports.interface import Interface, check_no_errors

LOADER = Path(__file__).parent / "loader.txt"
"""The rest of `program.py`, a text and no module: it must not import Snek, and loads what lies beside it."""


def write(lowered: LanternProgram, faces: Interface, path: Path) -> None:
    """Write `program.cpp`, `runtime`, `libprogram.so`, `constants.npz` and `program.py` into a folder."""
    written = lowered.written
    check_no_errors(faces.name, bool(written.shared.sites.all))
    path.mkdir(parents=True, exist_ok=True)
    (path / "program.cpp").write_text(written.source)
    shutil.copytree(compiler.RUNTIME, path / "runtime", dirs_exist_ok=True)
    made = library(written.source)
    shutil.copy(made, path / "libprogram.so")
    shutil.rmtree(made.parent)
    kept = {f"constant_{at}": one for at, one in enumerate(written.shared.constants)}
    np.savez(path / "constants.npz", **kept)  # type: ignore[arg-type]
    body = lowered.program.body
    head = f'"""{faces.name}, as native code: `run({", ".join(faces.inputs)})`."""\n\n'
    tables = (
        f"INPUTS = {[(dtype_of(sym.type).name, dims_of(sym.type)) for sym in body.parameters]!r}\n"
        f"OUTPUTS = {[(dtype_of(atom.type).name, dims_of(atom.type)) for atom in body.results]!r}\n"
    )
    (path / "program.py").write_text(head + tables + "\n" + LOADER.read_text())
