"""What virtualizing made of a function is kept beside its program, for processes that find it unchanged."""

from __future__ import annotations

import linecache
from collections.abc import Callable
from pathlib import Path
from types import FunctionType

import numpy as np
import pytest

import snek
from snek_core_transform import virtualize
from snek_core_transform.errors import SnekError
from snek_core_transform.program import Program
from snek_strategies.backends.lantern import cache, compiler, kept_code

pytestmark = pytest.mark.skipif(compiler.compiler() is None, reason="there is no C++ compiler")
ROW = np.array([3.0, -1.0, 2.0])

TEXT = """import numpy as np

def scaled(x, by):
    return x * by

def program(x, odd):
    if x.sum() > 3.0:
        x = scaled(x, 2.0)
    while x.sum() < 50.0:
        x = x + 1.0
    if odd:
        assert x.nobody > 3
    return x
"""


@pytest.fixture(autouse=True)
def where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SNEK_CACHE_DIR", str(tmp_path / "kept"))
    monkeypatch.delenv("SNEK_CHECK", raising=False)
    monkeypatch.setattr(kept_code.KEPT_CODE, "_waiting", {})
    return tmp_path / "kept"


@pytest.fixture
def virtualized(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the functions that pass through the passes from now on."""
    seen: list[str] = []

    def run_passes(program: Program, *rest: object) -> object:
        seen.append(program.function.__name__)
        return real(program, *rest)

    real: Callable[..., object] = virtualize.run_passes
    monkeypatch.setattr(virtualize, "run_passes", run_passes)
    return seen


def loaded(where: Path, text: str = TEXT) -> Callable[..., object]:
    """Return `program` from a file with this text, as a process that starts now finds it."""
    file = where.parent / "a_program.py"
    file.write_text(text)
    linecache.clearcache()
    scope: dict[str, object] = {"__name__": "a_program"}
    exec(compile(text, str(file), "exec"), scope)
    found = scope["program"]
    assert isinstance(found, FunctionType)
    return found


def fresh(function: Callable[..., object], backend: str = "lantern") -> snek.StagedFunction:
    return snek.stage(function, backend=backend)


def test_a_function_is_virtualized_once(where: Path, virtualized: list[str]) -> None:
    first = fresh(loaded(where))(ROW, False)
    assert virtualized == ["program", "scaled"]
    assert np.array_equal(fresh(loaded(where))(ROW, False), first)
    assert np.array_equal(first, loaded(where)(ROW, False))
    assert virtualized == ["program", "scaled"]


def test_a_refusal_from_code_that_came_back_is_the_same(where: Path, virtualized: list[str]) -> None:
    said = []
    for _ in range(2):
        function = loaded(where)
        with pytest.raises((SnekError, AttributeError)) as caught:
            fresh(function)(ROW, True)
        said.append((type(caught.value), str(caught.value), getattr(caught.value, "place", None)))
        fresh(function)(ROW, False)
    assert said[0] == said[1]
    assert virtualized == ["program", "scaled"] * 2


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("2.0", "4.0"),
        lambda text: text.replace("+ 1.0", "+ 9.0"),
        lambda text: "\n" + text,
        lambda text: text + "\n# A remark.\n",
    ],
    ids=["another constant", "another trip", "another line", "another remark"],
)
def test_a_file_that_changed_is_virtualized_anew(
    change: Callable[[str], str], where: Path, virtualized: list[str]
) -> None:
    fresh(loaded(where))(ROW, False)
    virtualized.clear()
    changed = loaded(where, change(TEXT))
    assert np.array_equal(fresh(changed)(ROW, False), changed(ROW, False))
    assert virtualized == ["program", "scaled"]


def test_code_unlike_any_other_is_virtualized_anew(where: Path, virtualized: list[str]) -> None:
    fresh(loaded(where))(ROW, False)
    virtualized.clear()
    function = loaded(where)
    function.__code__ = function.__code__.replace(co_consts=(*function.__code__.co_consts, 17))
    fresh(function)(ROW, False)
    assert virtualized == ["program"]


def test_damaged_code_is_made_anew(where: Path, virtualized: list[str]) -> None:
    first = fresh(loaded(where))(ROW, False)
    virtualized.clear()
    for path in where.rglob(f"*{cache.CODE}"):
        path.write_bytes(path.read_bytes()[:-40] + bytes(40))
    assert np.array_equal(fresh(loaded(where))(ROW, False), first)
    assert virtualized == ["program", "scaled"]


def test_where_borders_are_checked_every_pass_runs(
    where: Path, virtualized: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh(loaded(where))(ROW, False)
    virtualized.clear()
    monkeypatch.setenv("SNEK_CHECK", "1")
    fresh(loaded(where))(ROW, False)
    assert virtualized == ["program", "scaled"]


def test_other_backends_keep_nothing(where: Path) -> None:
    fresh(loaded(where), "interpret")(ROW, False)
    assert not where.exists()


def test_code_is_kept_when_a_program_is_compiled_and_goes_with_the_cache(where: Path) -> None:
    lowered = fresh(loaded(where)).trace(ROW, False).lower()
    assert [path for path in cache.entries(where) if path.suffix == cache.CODE] == []
    lowered.compile()
    kept = [path for path in cache.entries(where) if path.suffix == cache.CODE]
    assert len(kept) == 2
    assert {path.stat().st_mode & 0o777 for path in kept} == {0o600}
    cache.clear(where)
    assert cache.entries(where) == []
