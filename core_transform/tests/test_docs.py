"""The worked example of the documentation runs, prints what the page says, and is as short as it claims to be."""

from __future__ import annotations

import io
import linecache
import re
from contextlib import redirect_stdout
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "own_operators.md"


def test_the_example_of_an_operator_set_runs() -> None:
    blocks = re.findall(r"```(\w+)\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert [kind for kind, _ in blocks] == ["python", "python", "text"]
    namespace = {"__name__": "example"}
    output = io.StringIO()
    with redirect_stdout(output):
        for number, (_, text) in enumerate(blocks[:2]):
            filename = f"<own_operators {number}>"
            linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
            exec(compile(text, filename, "exec"), namespace)  # noqa: S102 - the page's own code
    assert output.getvalue() == blocks[2][1]


def test_the_operator_set_takes_fewer_than_sixty_lines() -> None:
    text = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)[0]
    assert len([line for line in text.splitlines() if line.strip()]) < 60
