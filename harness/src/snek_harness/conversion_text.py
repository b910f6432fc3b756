"""Texts to convert: modules of functions of one length, whose codes no other text has."""

from __future__ import annotations

import importlib.util
import itertools
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

FUNCTION_LINES = 30
"""About how long the functions of a long text are."""

BLOCK = """    if x > {0}:
        y = y + {0}
    elif x == y:
        y = step(x, {0})
    while y > {0} and x:
        y = y - x
"""


def text_of_functions(lines: int, salt: int, count: int) -> tuple[str, int]:
    """Return a text of `count` functions of about `lines` lines each, and how many lines they have in all.

    Functions of another `salt` have code of their own: systems know equal code again, wherever it comes from.
    """
    functions = []
    for number in range(count):
        blocks = "".join(BLOCK.format(block) for block in range(max(1, (lines - 3) // BLOCK.count("\n"))))
        functions.append(f"def f{number}(x):\n    y = {salt * count + number}\n{blocks}    return y\n")
    return "def step(x, y):\n    return x - y\n" + "".join(functions), sum(text.count("\n") for text in functions)


def functions_of(module: ModuleType) -> list[Callable[..., Any]]:
    """Return the functions of a text, in order."""
    names = (f"f{number}" for number in itertools.count())
    return [getattr(module, name) for name in itertools.takewhile(lambda name: hasattr(module, name), names)]


@contextmanager
def load_text(text: str, folder: Path, name: str) -> Iterator[ModuleType]:
    """Load `text` as a module of its own, from a file, where every system finds a function's source."""
    path = folder / f"{name.replace('-', '_')}.py"
    path.write_text(text, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(f"snek_transform_suite_{path.stem}", path)
    assert spec is not None, path
    assert spec.loader is not None, path
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
        yield module
    finally:
        del sys.modules[spec.name]
