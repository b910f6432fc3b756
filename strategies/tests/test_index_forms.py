"""Parts of arrays are taken and stored as NumPy does it, a row that a loop stores by one position."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))
from own_process import column_of  # noqa: E402

TEXTS = {"jax": "stablehlo", "tensorflow": "graph"}


@pytest.fixture(scope="module", params=TEXTS)
def found(request: pytest.FixtureRequest) -> tuple[str, dict[str, object]]:
    """Return a back-end and what the script said of it."""
    backend: str = request.param
    return backend, column_of("run_index_forms.py", backend, TEXTS[backend])


def test_every_form_of_index_takes_and_stores_as_numpy_does(found: tuple[str, dict[str, object]]) -> None:
    assert found[1]["wrong"] == []


def test_a_row_that_a_loop_stores_is_one_position(found: tuple[str, dict[str, object]]) -> None:
    backend, text = found[0], str(found[1]["text"])
    if backend == "jax":
        assert "dynamic_update_slice" in text
        assert "scatter" not in text
        assert "func.call" not in text
        return
    # A row is an item of a list, which TensorFlow replaces where it stands.
    assert text.count('op: "TensorListSetItem"') == 1
    assert "Scatter" not in text
    # A position for each element would be reckoned with strides.
    assert 'op: "Mul"' not in text
