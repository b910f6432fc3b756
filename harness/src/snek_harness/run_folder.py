"""The folder of a run: created before anything runs, found again by its name, and never half-written."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import platformdirs

from snek_core_transform.errors import UsageError
from snek_harness.checkout import commit, find_checkout
from snek_harness.environment import host_hash
from snek_harness.record import Manifest, RecordError, decode_manifest, encode


@dataclass(frozen=True)
class RunFolder:
    """Where one run keeps its manifest, its journal and what is made from them."""

    path: Path

    @property
    def name(self) -> str:
        """The run's name, which is the folder's."""
        return self.path.name

    @property
    def journal(self) -> Path:
        """The append-only journal."""
        return self.path / "records.jsonl"

    @property
    def benchmark_json(self) -> Path:
        """The run in pytest-benchmark's format."""
        return self.path / "pytest-benchmark.json"

    def has_manifest(self) -> bool:
        """Tell whether the run has begun."""
        return (self.path / "manifest.json").is_file()

    def read_manifest(self) -> Manifest:
        """Return the manifest. Raises UsageError where it cannot be read."""
        path = self.path / "manifest.json"
        try:
            return decode_manifest(path.read_bytes())
        except (OSError, RecordError) as error:
            raise UsageError(f"the run's manifest cannot be read: {str(path)!r} ({error}); start a new run") from error

    def write_manifest(self, manifest: Manifest) -> None:
        """Write the manifest, whole or not at all. Raises UsageError where that fails."""
        self.write("manifest.json", encode(manifest) + b"\n")

    def write(self, name: str, content: bytes) -> None:
        """Write a file of the run, whole or not at all. Raises UsageError where that fails."""
        part = self.path / f".{name}.part"
        try:
            with part.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            part.replace(self.path / name)
        except OSError as error:
            raise _unwritable(self.path, error) from error


def create_run(results: Path | None = None) -> RunFolder:
    """Create the folder of a new run. Raises UsageError where it cannot be written.

    `results` is where the folder is put, else where runs belong.
    """
    folder = runs_folder(results)
    name = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{host_hash()}-{_version()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for attempt in range(1, 1000):
            path = folder / (name if attempt == 1 else f"{name}-{attempt}")
            try:
                path.mkdir()
            except FileExistsError:
                continue  # another run began in the same second
            (path / "records.jsonl").touch()
            return RunFolder(path)
    except OSError as error:
        raise _unwritable(folder, error) from error
    raise UsageError(f"too many runs of one second: {name!r} in {str(folder)!r}; wait a moment")


def open_run(run: str, results: Path | None = None) -> RunFolder:
    """Return an earlier run's folder, given its path or name. Raises UsageError, naming the runs that exist."""
    folder = runs_folder(results)
    for path in (Path(run), folder / run):
        if (path / "manifest.json").is_file():
            if not os.access(path, os.W_OK):
                raise _unwritable(path, PermissionError(13, "Permission denied"))
            return RunFolder(path.resolve())
    known = sorted(path.parent.name for path in folder.glob("*/manifest.json"))
    raise UsageError(f"unknown run {run!r}; {str(folder)!r} has {', '.join(known[-5:]) or 'none'}")


def runs_folder(results: Path | None = None) -> Path:
    """Return where runs are kept: `results`, else the checkout's `results/runs`, else the user's data folder."""
    if results is not None:
        return results
    checkout = find_checkout()
    return checkout / "results/runs" if checkout else platformdirs.user_data_path("snek", appauthor=False) / "runs"


def _version() -> str:
    checkout = find_checkout()
    return (commit(checkout) if checkout else None) or "nocommit"


def _unwritable(folder: Path, error: OSError) -> UsageError:
    return UsageError(
        f"the results folder cannot be written: {str(folder)!r} ({error.strerror}); name another with --results DIR"
    )
