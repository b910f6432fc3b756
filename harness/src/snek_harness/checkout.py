"""The checkout of Snek that a run belongs to, and what git says of it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path


def find_checkout(start: Path | None = None) -> Path | None:
    """Return the checkout of Snek that holds `start` (the current folder, then this package), or None."""
    places = [start] if start else [Path.cwd(), Path(__file__).resolve().parent]
    for place in places:
        for folder in (place, *place.parents):
            if (folder / "harness/src/snek_harness/record.py").is_file() and (folder / "pyproject.toml").is_file():
                return folder
    return None


def commit(checkout: Path) -> str | None:
    """Return the short name of the commit that is checked out, or None outside git."""
    return _git(checkout, "rev-parse", "--short=12", "HEAD")


def dirty_files(checkout: Path) -> list[str]:
    """Return the files that differ from the commit, relative to the checkout."""
    lines = (_git(checkout, "status", "--porcelain", "--no-renames") or "").splitlines()
    return [line[3:].strip('"') for line in lines]


def _git(checkout: Path, *arguments: str) -> str | None:
    git = shutil.which("git")
    if git is None:
        return None
    done = subprocess.run(  # noqa: S603 - git with our own arguments
        [git, "-C", str(checkout), *arguments], capture_output=True, text=True, check=False, timeout=30
    )
    return done.stdout.rstrip("\n") if done.returncode == 0 else None
