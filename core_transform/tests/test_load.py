"""What a user names on the command line is found, or the error says what there is."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from snek_core_transform.errors import UsageError
from snek_core_transform.load import load_function


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "neighbour_of_mine.py").write_text("VALUE = 7\n")
    path = tmp_path / "mine.py"
    path.write_text(
        "import neighbour_of_mine\nfrom dataclasses import dataclass\n\n"
        "@dataclass\nclass Model:\n    x: int\n"
        "    def forward(self):\n        return self.x + neighbour_of_mine.VALUE\n\n"
        "def f(x):\n    return x + 1\n"
    )
    return path


def test_a_function_and_a_method_are_found(file: Path) -> None:
    assert load_function(f"{file}:f")(1) == 2  # type: ignore[operator]
    model = load_function(f"{file}:Model")
    assert load_function(f"{file}:Model.forward")(model(1)) == 8  # type: ignore[operator]


def test_the_path_is_left_as_it_was(file: Path) -> None:
    before = list(sys.path)
    load_function(f"{file}:f")
    assert sys.path == before


@pytest.mark.parametrize(
    ("target", "says"),
    [("nowhere.py:f", "no such file"), ("mine.py", "write FILE.py:FUNCTION"), ("{file}:g", "there are Model, f")],
)
def test_what_does_not_exist_is_named(file: Path, target: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        load_function(target.format(file=file))


def test_an_error_of_the_file_passes_through_and_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "broken.py"
    path.write_text("raise LookupError('mine')\n")
    for _ in range(2):
        with pytest.raises(LookupError, match="mine"):
            load_function(f"{path}:f")
