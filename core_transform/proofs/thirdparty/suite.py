"""Run well-known packages' own tests plain, with forced operators and with the inline path, and compare.

`python suite.py [--jobs N] [--out FILE] [--limit SECONDS] [PACKAGE | PACKAGE/PIECE ...]`: without names, all of them.
The packages must be installed; tests that only a package's sdist has are fetched with pip. What holds is what
`cpython/suite.py` says.
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import tarfile
import tempfile
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

# The folders are no packages: what is in them is run by path.
from outcomes import Journal  # noqa: E402
from packages import PACKAGES  # noqa: E402
from side_by_side import MODES, Piece, arguments, prove  # noqa: E402


def folder_of(package: str) -> Path:
    """Return where an installed package lies."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise SystemExit(f"the package is not installed: {package}; install it beside Snek")
    return Path(spec.origin).parent


def fetched_tests(package: str, into: Path) -> Path:
    """Return the tests of the installed version of a package, fetched with its sdist."""
    wanted = f"{package}=={version(package)}"
    command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", package, wanted]
    subprocess.run([*command, "-d", str(into)], check=True, stdout=subprocess.DEVNULL)
    (archive,) = into.glob("*.tar.gz")
    with tarfile.open(archive) as opened:
        opened.extractall(into, filter="data")
    return next(into.glob("*/tests"))


def names() -> list[str]:
    """Return the names of all pieces."""
    return [f"{package}/{piece}" for package, known in PACKAGES.items() for piece in known.pieces or ("tests",)]


def main() -> int:
    """Run what the command line names."""
    parser = arguments(__doc__ or "", limit=120.0)
    options = parser.parse_args()
    known = names()
    unknown = [name for name in options.names if name not in known and name not in PACKAGES]
    if unknown:
        parser.error(f"unknown packages: {', '.join(unknown)}; they are listed in packages.py")
    chosen = [name for name in known if not options.names or {name, name.partition("/")[0]} & set(options.names)]
    modes = ("identity",) if options.identity else MODES
    with tempfile.TemporaryDirectory() as scratch:
        pieces: list[Piece] = []
        for name in chosen:
            package, _, piece = name.partition("/")
            found = PACKAGES[package]
            root = folder_of(package) if found.pieces else fetched_tests(package, Path(scratch))
            folders = found.pieces.get(piece, ".")
            pieces.append(Piece(name, HERE / "run_tests.py", (str(root), folders, found.left_out, *found.virtualized)))
        return prove(pieces, options.jobs, options.limit, modes, Journal(options.out))


if __name__ == "__main__":
    sys.exit(main())
