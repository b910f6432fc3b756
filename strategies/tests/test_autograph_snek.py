"""`autograph/snek`: right on both sides of every choice or refused by name, in a process without PyTorch."""

from __future__ import annotations

import ast
import importlib.util
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
sys.path.append(str(TESTS))
from own_process import said_by  # noqa: E402

SCRIPT = TESTS / "run_autograph_snek.py"
TABLES = {
    node.target.id: [key.id for key in node.value.keys]  # type: ignore[union-attr]
    for node in ast.parse(SCRIPT.read_text()).body
    if isinstance(node, ast.AnnAssign) and isinstance(node.value, ast.Dict) and isinstance(node.target, ast.Name)
}

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("tensorflow") is None, reason="tensorflow is not installed: pip install 'snek[tensorflow]'"
)


def answers() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = said_by(SCRIPT.name, timeout=300)
    return found


@pytest.mark.parametrize("program", TABLES["RIGHT"])
def test_a_program_answers_as_python_on_every_side(program: str) -> None:
    assert answers()["found"][program] == ""


@pytest.mark.parametrize("program", TABLES["REFUSED"])
def test_what_a_graph_cannot_hold_is_refused_at_its_place(program: str) -> None:
    found = answers()["found"][program]
    assert found.startswith(f"StagingError: {SCRIPT}:"), found
    assert answers()["wanted"][program] in found
