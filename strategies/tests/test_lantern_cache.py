"""Compiled programs are kept: private, checked before they are loaded, bounded, and safe between processes."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
import sysconfig
import threading
from pathlib import Path

import numpy as np
import pytest

from snek_strategies.backends.backend import Unavailable
from snek_strategies.backends.lantern import cache, compiler, native_calls
from snek_strategies.snek_lantern import SnekLantern

pytestmark = pytest.mark.skipif(compiler.compiler() is None, reason="there is no C++ compiler")
HAS_ENTRY = sys.implementation.name == "cpython" and not sysconfig.get_config_var("Py_GIL_DISABLED")
SOURCE = 'extern "C" int answer() { return 42; }\n'


@pytest.fixture(autouse=True)
def where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SNEK_CACHE_DIR", str(tmp_path / "kept"))
    return tmp_path / "kept"


def built(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note every program that is compiled from now on."""
    seen: list[str] = []
    real = compiler.build

    def build(source: str) -> Path:
        seen.append(source)
        return real(source)

    monkeypatch.setattr(compiler, "build", build)
    return seen


def take(source: str = SOURCE) -> bytes:
    made = cache.library(source)
    content = made.read_bytes()
    shutil.rmtree(made.parent)
    return content


def answer() -> int:
    """Return what the library answers: two of one source need not be equal, where it has its folder's name in it."""
    made = cache.library(SOURCE)
    found: int = ctypes.CDLL(str(made)).answer()
    shutil.rmtree(made.parent)
    return found


def test_a_program_is_compiled_once(where: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = built(monkeypatch)
    assert take() == take()
    assert seen == [SOURCE]
    assert where.stat().st_mode & 0o777 == 0o700
    assert cache.library(SOURCE).parent != cache.library(SOURCE).parent
    monkeypatch.setattr(compiler, "FLAGS", (*compiler.FLAGS, "-g"))
    take()
    assert seen == [SOURCE, SOURCE]


@pytest.mark.skipif(not HAS_ENTRY, reason="this Python has no entry in C")
def test_the_entry_in_c_is_compiled_while_the_first_program_is(monkeypatch: pytest.MonkeyPatch) -> None:
    both, real = threading.Barrier(2, timeout=60), compiler.build

    def build(source: str) -> Path:
        both.wait()  # each waits until the other is there too
        return real(source)

    native_calls._compiled.cache_clear()
    monkeypatch.setattr(compiler, "build", build)
    assert SnekLantern().stage(lambda x: x * 3.0, (np.float64(2),)).compile()(np.float64(2)) == 6.0


@pytest.mark.skipif(not HAS_ENTRY, reason="this Python has no entry in C")
def test_an_entry_that_cannot_be_compiled_is_said_by_who_asks_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def build(source: str) -> Path:
        raise Unavailable("no room")

    native_calls._compiled.cache_clear()
    monkeypatch.setattr(compiler, "build", build)
    with native_calls.entry_meanwhile():
        pass
    with pytest.raises(Unavailable, match="no room"):
        native_calls.entry_class()


def test_a_damaged_program_is_made_anew(where: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = take()
    (kept,) = cache.entries(where)
    kept.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    seen = built(monkeypatch)
    assert answer() == 42
    assert seen == [SOURCE]


def test_a_program_that_others_may_write_is_made_anew(where: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    take()
    (kept,) = cache.entries(where)
    kept.chmod(0o666)
    seen = built(monkeypatch)
    assert answer() == 42
    assert seen == [SOURCE]


def test_a_link_is_not_followed(where: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    take()
    (kept,) = cache.entries(where)
    kept.replace(tmp_path / "elsewhere.so")
    kept.symlink_to(tmp_path / "elsewhere.so")
    seen = built(monkeypatch)
    assert answer() == 42
    assert seen == [SOURCE]


def test_a_folder_that_others_may_read_is_refused(where: Path) -> None:
    where.mkdir(mode=0o700)
    where.chmod(0o755)
    with pytest.raises(Unavailable, match="is not private: mode 755"):
        cache.library(SOURCE)


def test_the_programs_used_longest_ago_go_first(where: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    take()
    (first,) = cache.entries(where)
    os.utime(first, (0, 0))
    monkeypatch.setattr(cache, "MOST_BYTES", first.stat().st_size + 100)
    take(SOURCE.replace("42", "43"))
    (left,) = cache.entries(where)
    assert left != first


def test_a_program_that_cannot_be_kept_still_runs(where: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    cache.folder()
    monkeypatch.setattr(cache.tempfile, "NamedTemporaryFile", full)
    with pytest.warns(RuntimeWarning, match="not kept for the next process.*No space left"):
        assert take()
    assert cache.entries(where) == []


def test_processes_that_compile_at_once_leave_one_whole_program(where: Path) -> None:
    text = f"from snek_strategies.backends.lantern.cache import library; library({SOURCE!r})"
    running = [subprocess.Popen([sys.executable, "-c", text]) for _ in range(4)]
    assert [one.wait(120) for one in running] == [0] * 4
    assert set(cache.entries(where)) == {path for path in where.rglob("*") if path.is_file()}
    assert take() in [path.read_bytes() for path in cache.entries(where)]


def test_what_lies_in_the_folder_itself_is_not_looked_through(where: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    take()
    (kept,) = cache.entries(where)
    assert kept.parent == where / kept.name[:2]
    assert kept.parent.stat().st_mode & 0o777 == 0o700
    kept.replace(where / kept.name)
    seen = built(monkeypatch)
    take()
    assert seen == [SOURCE]
    assert len(cache.entries(where)) == 2, (
        "what an earlier Snek has left there is listed, and goes when there is no room"
    )


def test_clear_removes_them(where: Path) -> None:
    take()
    assert cache.clear(where) == 1
    assert list(where.iterdir()) == []
