"""A spelling: how one framework writes what a program text says with an array namespace."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Spelling:
    """A table from Array API names to a framework's own expressions, used by `bind`.

    `imports` maps a global name to the module it stands for: `{"torch": "torch"}`, `{"np": "numpy"}`.
    `rows` maps a signature to an expression, or a plain attribute to one:
    `{"tanh(x)": "torch.tanh(x)", "concat(arrays, axis=0)": "torch.cat(arrays, dim=axis)", "float32": "torch.float32"}`.
    """

    name: str
    imports: Mapping[str, str]
    rows: Mapping[str, str]
