"""Compiled programs, kept between processes: a private folder, found by what they were made of, checked before use.

The folder is `$SNEK_CACHE_DIR`, or `snek/lantern` among the user's caches. An entry's name holds what it was made of
(source, runtime, compiler, flags, processor; `plans.py` says what a plan is made of, and the core's `kept_code.py` what
a function is) and the digest of its own content; it appears there whole, by a rename.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import stat
import subprocess
import tempfile
import warnings
from functools import cache
from pathlib import Path

import platformdirs

from snek_strategies.backends.backend import Unavailable
from snek_strategies.backends.lantern import compiler

LIBRARY, PLAN, CODE = ".so", ".plan", ".code"
"""Kinds of entries: compiled programs, what programs of the IR became (`plans.py`), and virtualized functions
(`kept_code.py`)."""
MOST_BYTES = 256 * 2**20
"""What all entries may take together; those that were not used for longest go first."""


def folder() -> Path:
    """Return the cache's folder, made where it is missing.

    Raises Unavailable for a folder that is not the user's own or that others may write to: what is loaded from there
    runs.
    """
    named = os.environ.get("SNEK_CACHE_DIR")
    path = Path(named) if named else platformdirs.user_cache_path("snek", appauthor=False) / "lantern"
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = path.lstat()
    except OSError as error:
        raise Unavailable(f"no cache folder: {error}; name another one in SNEK_CACHE_DIR") from error
    if not stat.S_ISDIR(found.st_mode) or not _is_private(found):
        raise Unavailable(
            f"cache folder {str(path)!r} is not private: mode {stat.S_IMODE(found.st_mode):o}, owner {found.st_uid}; "
            "give it to your user alone (chmod 700), or name another one in SNEK_CACHE_DIR"
        )
    return path


def library(source: str) -> Path:
    """Return the compiled program as a file of its own, in a new private folder that the caller removes.

    A file of its own, because a library that is loaded twice from one file would be one, constants included. Raises
    Unavailable where it cannot be compiled.
    """
    key = key_of(source)
    made = known_library(key)
    if made is None:
        made = compiler.build(source)
        publish((key, LIBRARY, made.read_bytes()))
    return made


def known_library(key: str) -> Path | None:
    """Return the compiled program of that key as `library` does, or None where it is not in the cache."""
    content = kept(key, LIBRARY)
    if content is None:
        return None
    loose = Path(tempfile.mkdtemp(prefix="snek-lantern-")) / "program.so"
    loose.write_bytes(content)
    return loose


def entries(where: Path) -> list[Path]:
    """Return what is in the cache, what was used last at the end."""
    found = []
    for path in (one for suffix in (LIBRARY, PLAN, CODE) for one in where.rglob(f"*-*{suffix}")):
        try:
            found.append((path.lstat().st_mtime_ns, path))
        except FileNotFoundError:
            continue  # another process cleared it just now
    return [path for _, path in sorted(found)]


def clear(where: Path) -> int:
    """Remove everything, and say how many programs there were."""
    found = entries(where)
    for path in found:
        path.unlink(missing_ok=True)
    for part in where.iterdir():
        with contextlib.suppress(OSError):  # a program was put there just now, or it is no folder
            part.rmdir()
    return sum(path.suffix == LIBRARY for path in found)


def _part(where: Path, key: str) -> Path:
    """Return the folder of an entry: to look through all entries of a full cache would take longer than to stage."""
    return where / key[:2]


def _is_private(found: os.stat_result) -> bool:
    return found.st_uid == os.geteuid() and not found.st_mode & 0o077


def kept(key: str, kind: str) -> bytes | None:
    """Return the content of an entry, or None where there is none that is the user's own and whole."""
    part = _part(folder(), key)
    names: list[str] = []
    with contextlib.suppress(FileNotFoundError):
        # A glob's pattern takes longer to compile than there is to look through.
        names = os.listdir(part)
    for path in (part / name for name in names if name.startswith(f"{key}-") and name.endswith(kind)):
        try:
            with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb") as file:
                private, content = _is_private(os.fstat(file.fileno())), file.read()
            if private and hashlib.sha256(content).hexdigest() == path.stem.partition("-")[2]:
                os.utime(path)
                return content
            path.unlink(missing_ok=True)  # damaged, or not ours: it is made anew
        except OSError:
            continue
    return None


def publish(*made: tuple[str, str, bytes]) -> None:
    """Put entries into the cache, each by its key, kind and content, whole or not at all; warns where it cannot."""
    where = folder()
    try:
        for key, kind, content in made:
            _put(where, key, f"{key}-{hashlib.sha256(content).hexdigest()}{kind}", content)
        found = entries(where)
        total = sum(path.stat().st_size for path in found)
        for path in found[:-1]:
            if total <= MOST_BYTES:
                break
            total -= path.stat().st_size
            path.unlink(missing_ok=True)
    except FileNotFoundError:
        return  # another process cleared the cache meanwhile
    except OSError as error:
        warnings.warn(
            f"a compiled program was not kept for the next process: {error}; make room, or name another folder in "
            "SNEK_CACHE_DIR",
            RuntimeWarning,
            stacklevel=2,
        )


def _put(where: Path, key: str, name: str, content: bytes) -> None:
    with tempfile.NamedTemporaryFile(dir=where, prefix="writing-", delete=False) as file:
        try:
            file.write(content)
            file.flush()
            _part(where, key).mkdir(mode=0o700, exist_ok=True)
            Path(file.name).replace(_part(where, key) / name)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise


def key_of(*made_of: str) -> str:
    """Return the key of what is made of these texts by this compiler for this processor."""
    command = compiler.command()
    parts = [*made_of, *command, *_compiler_version(tuple(command)), *_surroundings()]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


@cache
def _compiler_version(command: tuple[str, ...]) -> tuple[str, ...]:
    """Return what tells one version of the compiler from another: its file, or what it says where it is words."""
    try:
        words = command[: command.index(compiler.FLAGS[0])]
        if len(words) > 1:
            return (subprocess.run([*words, "--version"], capture_output=True, text=True, check=False).stdout,)  # noqa: S603
        # To ask it would cost more than all else that a program from the cache does.
        found = Path(command[0]).resolve(strict=True)
        return str(found), str(found.stat().st_size), str(found.stat().st_mtime_ns)
    except OSError:
        return ()


@cache
def _surroundings() -> tuple[str, ...]:
    """Return what else decides about a compiled program: the runtime's text and the processor."""
    runtime = [path.read_text() for path in sorted(compiler.RUNTIME.glob("*.hpp"))]
    known = Path("/proc/cpuinfo")
    rows = known.read_text().splitlines() if known.exists() else []
    wanted = ("model name", "flags", "Features", "CPU part")
    processor = sorted({row for row in rows if row.startswith(wanted)}) or [platform.processor()]
    return (*runtime, platform.machine(), *processor)
