"""What the README shows is what happens."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def snek_lines() -> list[str]:
    lines = [line.removeprefix("$ ") for block in blocks("text") for line in block.splitlines()]
    return [re.split(r"\s{2,}", line)[0].split("#")[0].strip() for line in lines if line.startswith("snek ")]


@pytest.mark.parametrize("example", blocks("python"))
def test_a_python_example_runs(tmp_path: Path, example: str) -> None:
    (tmp_path / "example.py").write_text(example)
    done = subprocess.run([sys.executable, "example.py"], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("line", [line for line in snek_lines() if "RUN" not in line])
def test_a_shown_command_runs(tmp_path: Path, line: str) -> None:
    mine = re.search(r"\$ cat mine.py\n(.*?)\$ snek", README, re.DOTALL)
    assert mine is not None
    (tmp_path / "mine.py").write_text(mine.group(1))
    (tmp_path / "workloads").symlink_to(ROOT / "workloads")
    arguments = shlex.split(line)[1:]
    if arguments[0] == "bench":
        arguments += ["--results", str(tmp_path / "runs")]
    done = subprocess.run(
        [sys.executable, "-P", "-c", "from snek.command import main; main()", *arguments],
        cwd=tmp_path, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


def test_the_pictures_are_there() -> None:
    pictures = re.findall(r"!\[[^]]*\]\(([^)]+)\)", README)
    assert pictures
    for picture in pictures:
        assert (ROOT / picture).is_file(), picture
