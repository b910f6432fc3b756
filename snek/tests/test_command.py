"""The command says what is wrong in one line, exits with the documented code, and imports no framework to list."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest


def run_snek(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-c", "from snek.command import main; main()", *arguments],
        cwd=cwd, env={**os.environ, "COLUMNS": "200", **environment}, capture_output=True, text=True, timeout=300,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["bench", "-w", "nosuch"], "unknown workload 'nosuch'; one of adaptive_ode, beam_search"),
        (["bench", "-s", "nosuch"], "unknown strategy 'nosuch'; one of eager/numpy"),
        (["bench", "--size", "huge"], "unknown size 'huge'"),
        (["bench", "--device", "tpu"], "unknown device 'tpu'; one of cpu, cuda"),
        (["bench", "--samples", "0"], "samples must be positive: 0"),
        (["bench", "--resume", "nosuch"], "unknown run 'nosuch'"),
        (["bench", "--resume", "nosuch", "--size", "tiny"], "leave out size"),
        (["bench", "-w", "nosuch.py"], "no such file: 'nosuch.py'"),
        (["show", "nosuch.py:f"], "no such file: 'nosuch.py'"),
        (["show", "nosuch"], "write FILE.py:FUNCTION"),
        (["report", "nosuch"], "unknown run 'nosuch'"),
        (["nosuch"], "unknown command 'nosuch'; one of bench, report"),
    ],
)
def test_a_usage_error_names_the_value_and_what_exists(tmp_path: Path, arguments: list[str], says: str) -> None:
    done = run_snek(*arguments, cwd=tmp_path, XDG_DATA_HOME=str(tmp_path))
    assert says in done.stderr
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.glob("*/*/runs/*")), "a refused command left a run behind"


def test_an_unwritable_results_folder_is_said_before_anything_runs(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = run_snek("bench", "--size", "tiny", "--results", str(tmp_path / "file" / "runs"), cwd=tmp_path)
    assert done.returncode == 2
    assert "the results folder cannot be written" in done.stderr
    assert "/" not in done.stdout, "cells ran"


def test_listing_imports_no_framework_and_names_everything(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom snek.command import cli\ncli.main(['list'], standalone_mode=False)\n"
        "heavy = {'torch', 'tensorflow', 'jax', 'numba', 'sklearn', 'matplotlib', 'pandas'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    done = subprocess.run([sys.executable, "-P", "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    for name in ("eager/numpy", "snek/interpret", "dynamo/compile", "tree_lstm", "power"):
        assert name in done.stdout


def test_the_plan_is_printed_and_nothing_runs(tmp_path: Path) -> None:
    done = run_snek("bench", "--dry-run", "-w", "collatz", cwd=tmp_path, XDG_DATA_HOME=str(tmp_path))
    assert done.returncode == 0
    assert "collatz  snek/interpret  small  cpu  forward" in done.stdout
    assert "left out: collatz  dynamo/compile: " in done.stdout
    assert not list(tmp_path.iterdir())


def test_the_lantern_suite_plans_gradients_and_experts_and_refuses_what_it_decides_itself(tmp_path: Path) -> None:
    asked = ("bench", "--suite", "lantern", "--dry-run", "-w", "^lstm$")
    done = run_snek(*asked, cwd=tmp_path)
    assert done.returncode == 0
    assert "lstm  snek/lantern  single  cpu  gradient" in done.stdout
    assert "lstm  expert/jax  paper  cpu  forward" in done.stdout
    assert "tiny" not in done.stdout
    done = run_snek(*asked, "--mode", "gradient", cwd=tmp_path)
    assert done.returncode == 2
    assert "--suite lantern has no use for mode" in done.stderr


def test_a_run_is_measured_reported_and_reported_again(tmp_path: Path) -> None:
    done = run_snek(
        "bench", "-w", "collatz", "-s", "eager/numpy", "--size", "tiny", "--results", str(tmp_path), cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    (run,) = tmp_path.iterdir()
    page = run / "report" / "index.html"
    assert page.is_file()
    assert str(page) in done.stdout.replace("\n", "")
    kinds = [json.loads(line)["type"] for line in (run / "records.jsonl").read_text().splitlines()]
    assert kinds.count("sample") >= 10
    page.unlink()
    again = run_snek("report", "--results", str(tmp_path), cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    assert page.is_file()


def test_nothing_measured_is_exit_code_three(tmp_path: Path) -> None:
    (tmp_path / "raises.py").write_text(
        "import dataclasses\nfrom snek_workloads.registry import load\n\n\n"
        "def raises(xp, n):\n    raise LookupError('mine')\n\n\n"
        "WORKLOAD = dataclasses.replace(load('collatz'), program=raises)\n"
    )
    done = run_snek(
        "bench", "-w", str(tmp_path / "raises.py"), "-s", "eager/numpy", "--size", "tiny", "--results", "runs",
        cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 3, done.stderr
    assert (tmp_path / "runs").is_dir()


def test_show_prints_the_virtualized_source_and_each_step(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("def f(x):\n    if x > 0:\n        return 1\n    return 2\n")
    steps = run_snek("show", "mine.py:f", "--after", "list", cwd=tmp_path).stdout.split()
    assert steps
    texts = [run_snek("show", "mine.py:f", "--operators-only", "--after", step, cwd=tmp_path).stdout for step in steps]
    assert all("def f(x):" in text for text in texts)
    assert len(set(texts)) > 2, "no pass changed anything"
    assert "if_stmt" in run_snek("show", "mine.py:f", "--operators-only", cwd=tmp_path).stdout
    unknown = run_snek("show", "mine.py:f", "--after", "nosuch", cwd=tmp_path)
    assert unknown.returncode == 2
    assert steps[0] in unknown.stderr


def test_show_prints_what_a_strategy_receives(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("def f(xp, x):\n    return xp.tanh(x)\n")
    done = run_snek("show", "mine.py:f", "--strategy", "eager/torch", cwd=tmp_path)
    assert "torch.tanh(x)" in done.stdout, done.stderr


def test_show_tells_static_and_dynamic_apart_by_marks_and_on_a_terminal_in_colour(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("def f(x, n):\n    return x * n if n > 1 else x\n")
    command = ("show", "mine.py:f", "--strategy", "snek/interpret", "--args", "np.ones(2), 3")
    piped = run_snek(*command, cwd=tmp_path)
    assert "    return x * n if n > 1 else x\n           ~~~~ ~~~~     ~~~~~~.\n" in piped.stdout, piped.stderr
    assert "multiply" in piped.stdout
    coloured = run_snek(*command, cwd=tmp_path, TTY_COMPATIBLE="1", FORCE_COLOR="1").stdout
    assert "\x1b[1;35m" in coloured
    assert "~~~~" not in coloured


def test_show_says_what_is_wrong_with_given_arguments(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("def f(x):\n    return x\n")
    done = run_snek("show", "mine.py:f", "--strategy", "snek/interpret", "--args", "nosuch", cwd=tmp_path)
    assert done.returncode == 2
    assert "--args 'nosuch': NameError" in done.stderr
    alone = run_snek("show", "mine.py:f", "--args", "1", cwd=tmp_path)
    assert alone.returncode == 2
    assert "without --strategy" in alone.stderr


def test_the_public_names_are_real() -> None:
    import snek

    assert {name: getattr(snek, name) for name in snek.__all__}
    with pytest.raises(AttributeError, match="it has NoSource, Operators"):
        _ = snek.nosuch


def test_cache_lists_and_clears(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from click.testing import CliRunner

    from snek.command import cli
    from snek_strategies.backends.lantern import cache

    monkeypatch.setenv("SNEK_CACHE_DIR", str(tmp_path / "kept"))
    shutil.rmtree(cache.library('extern "C" int answer() { return 42; }\n').parent)
    assert "used 0 min ago" in CliRunner().invoke(cli, ["cache"]).output
    assert "removed 1 programs" in CliRunner().invoke(cli, ["cache", "clear"]).output
    assert "used" not in CliRunner().invoke(cli, ["cache"]).output
