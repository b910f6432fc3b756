"""What a program became is kept: a later process runs it without lowering it, and it raises and prints the same."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import snek
import snek_strategies
from snek_core_transform.errors import SnekError
from snek_strategies.backends.lantern import cache, compiler, plans
from snek_strategies.backends.lantern import written as writing
from snek_strategies.backends.lantern.written import Written
from snek_strategies.ir.syntax import Program

pytestmark = pytest.mark.skipif(compiler.compiler() is None, reason="there is no C++ compiler")
ROW = np.array([3.0, -1.0, 2.0])


@pytest.fixture(autouse=True)
def where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SNEK_CACHE_DIR", str(tmp_path / "kept"))
    monkeypatch.delenv("SNEK_CHECK", raising=False)
    return tmp_path / "kept"


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the programs that are written as C++ from now on."""
    seen: list[str] = []

    def write(program: Program, threads: int) -> Written:
        seen.append(program.name)
        return real(program, threads)

    real = writing.write
    monkeypatch.setattr(writing, "write", write)
    return seen


def ranked(x: np.ndarray) -> np.ndarray:
    # The squares are a constant of the program.
    total = x * np.arange(3.0) ** 2
    while total.sum() < 50.0:
        total = total + 1.0
    return total


def checked(x: np.ndarray) -> np.float64:
    if x.min() < -5.0:
        raise ValueError("too low", x.min())
    print("lowest:", x.min())
    return x.sum()


def fresh(function: Callable[..., object]) -> snek.StagedFunction:
    """Stage as a new process would: nothing of earlier stagings is known but what the cache holds."""
    return snek.stage(function, backend="lantern")


def test_a_program_is_written_once(written: list[str]) -> None:
    first = fresh(ranked)(ROW)
    assert written == ["ranked"]
    assert np.array_equal(fresh(ranked)(ROW), first)
    assert np.array_equal(first, ranked(ROW))
    assert written == ["ranked"]


def test_a_process_that_finds_the_plan_does_not_load_what_writes_cpp(where: Path) -> None:
    script = where.parent / "doubled.py"
    script.write_text(
        "import sys\nimport numpy as np\nimport snek\n\n\ndef doubled(x):\n    return x + x\n\n\n"
        "snek.stage(doubled, backend='lantern')(np.ones(3))\n"
        "print('snek_strategies.backends.lantern.writer' in sys.modules)\n"
    )
    command = [sys.executable, "-P", str(script)]
    loaded = [subprocess.run(command, capture_output=True, text=True, check=True).stdout for _ in range(2)]
    assert loaded == ["True\n", "False\n"]


def test_every_kind_of_program_comes_back(written: list[str]) -> None:
    def loss(w: np.ndarray, x: np.ndarray) -> np.float64:
        while w.sum() < 10.0:
            w = w * x
        return (w * w).sum()

    first = snek.value_and_grad(loss, backend="lantern")(ROW, ROW)
    again = snek.value_and_grad(loss, backend="lantern")(ROW, ROW)
    assert str(first) == str(again)
    assert len(written) == 1


def test_an_exception_of_a_program_that_came_back_is_the_users(written: list[str]) -> None:
    assert fresh(checked)(ROW) == 4.0
    again = fresh(checked)
    assert again(ROW) == 4.0
    with pytest.raises(ValueError, match="too low") as caught:
        again(ROW - 9.0)
    assert caught.value.args == ("too low", -10.0)
    assert written == ["checked", "checked"]


def test_a_print_of_a_program_that_came_back_says_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    fresh(checked)(ROW)
    fresh(checked)(ROW)
    assert capsys.readouterr().out == "lowest: -1.0\nlowest: -1.0\n"


def test_a_plan_comes_back_as_it_was_kept() -> None:
    held = (np.arange(6, dtype=np.int8).reshape(2, 3), np.array(2.5), np.empty((0, 2)), np.array([True, False]))
    plans.keep("0" * 64, plans.Plan("1" * 64, (None, 0), held, "2" * 64))
    found = plans.find("0" * 64)
    assert found is not None
    assert (found.library, found.same, found.text) == ("1" * 64, (None, 0), "2" * 64)
    assert [(one.dtype, one.shape, one.tolist()) for one in found.constants] == [
        (one.dtype, one.shape, one.tolist()) for one in held
    ]
    assert all(one.ctypes.data % one.itemsize == 0 for one in found.constants)
    assert plans.find("1" * 64) is None


def test_the_text_of_a_program_that_came_back_is_written_when_it_is_asked_for(written: list[str]) -> None:
    first = fresh(ranked).trace(ROW).lower().compile()
    again = fresh(ranked).trace(ROW).lower()
    assert written == ["ranked"]
    assert again.as_text("cpp") == first.as_text("cpp")
    assert written == ["ranked", "ranked"]


def test_another_text_of_the_same_program_needs_no_other(tmp_path: Path, written: list[str]) -> None:
    text = "def doubled(x):\n    # one remark\n    return x + x\n"
    for at, moved in enumerate((text, "\n\n" + text.replace("one remark", "another"))):
        path = tmp_path / f"program_{at}.py"
        path.write_text(moved)
        names: dict[str, Callable[..., object]] = {}
        exec(compile(moved, str(path), "exec"), names)
        made = fresh(names["doubled"]).trace(ROW).lower()
        assert np.array_equal(made.compile()(ROW), ROW * 2)
        assert f"program_{at}.py" not in made.as_text("cpp") or at == 0
    assert written == ["doubled", "doubled"], "once to compile it, once for the second text"


def test_what_decides_about_lowering_is_in_the_key(written: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    program = fresh(ranked).trace(ROW).staged.program
    keys = {plans.key_for(program, 1), plans.key_for(program, 2)}
    monkeypatch.setattr(sys, "getrecursionlimit", lambda: 1234)
    keys.add(plans.key_for(program, 1))
    monkeypatch.setattr(compiler, "FLAGS", (*compiler.FLAGS, "-g"))
    keys.add(plans.key_for(program, 1))
    monkeypatch.setattr(plans, "_lowering", lambda: "another Snek")
    keys.add(plans.key_for(program, 1))
    assert len(keys) == 5
    assert written == []


def test_a_program_that_says_something_else_is_written_anew(written: list[str]) -> None:
    def by(number: float) -> Callable[[np.ndarray], np.ndarray]:
        return lambda x: x * number

    answers = [fresh(by(number))(ROW) for number in (0.0, -0.0, 2.0, 2.0)]
    assert [str(one) for one in answers] == [str(ROW * number) for number in (0.0, -0.0, 2.0, 2.0)]
    assert len(written) == 3


@pytest.mark.parametrize("kind", [cache.PLAN, cache.LIBRARY])
def test_what_is_damaged_is_made_anew(where: Path, written: list[str], kind: str) -> None:
    first = fresh(ranked)(ROW)
    for path in where.rglob(f"*{kind}"):
        content = path.read_bytes()
        path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert np.array_equal(fresh(ranked)(ROW), first)
    assert written == ["ranked", "ranked"]


def test_a_plan_that_others_may_write_is_made_anew(where: Path, written: list[str]) -> None:
    fresh(ranked)(ROW)
    (kept,) = where.rglob(f"*{cache.PLAN}")
    kept.chmod(0o666)
    fresh(ranked)(ROW)
    assert written == ["ranked", "ranked"]


def test_a_library_that_is_gone_is_compiled_again(where: Path, written: list[str]) -> None:
    first = fresh(ranked)(ROW)
    for path in where.rglob(f"*{cache.LIBRARY}"):
        path.unlink()
    assert np.array_equal(fresh(ranked)(ROW), first)
    assert written == ["ranked", "ranked"]


def test_a_program_that_is_lowered_otherwise_than_its_library_was_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    fresh(checked)(ROW)
    again = fresh(checked).trace(ROW).lower().compile()
    monkeypatch.setattr(plans, "digest", lambda _: "something else")
    with pytest.raises(SnekError, match="was lowered otherwise before; run: snek cache clear"):
        again(ROW - 9.0)


def test_borders_are_checked_though_the_program_is_kept(written: list[str], checked: None) -> None:
    fresh(ranked)(ROW)
    fresh(ranked)(ROW)
    assert written == ["ranked", "ranked"]


ELSEWHERE = {
    "snek_strategies.calls",  # the four serve calls of programs that are loaded
    "snek_strategies.staging.pytrees",
    "snek_strategies.staging.trace",
    "snek_strategies.staging.watch",
    "snek_strategies.torch_values",  # asks which version of PyTorch there is
}


def test_lowering_uses_no_module_that_the_key_leaves_out() -> None:
    package = Path(snek_strategies.__file__).parent
    found = set()
    for path in (path for name in plans.LOWERING for path in (package / name).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("snek_strategies."):
                found.add(node.module)
    own = tuple(f"snek_strategies.{name}" for name in plans.LOWERING)
    assert {name for name in found if name and not name.startswith(own)} <= ELSEWHERE
