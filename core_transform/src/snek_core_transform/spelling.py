"""A spelling: how one framework writes what a program text says with an array namespace."""

from __future__ import annotations

import difflib
import keyword
from collections.abc import Mapping
from dataclasses import dataclass, field

from snek_core_transform.errors import UsageError
from snek_core_transform.spelling_row import Row, parse_row


@dataclass(frozen=True)
class Spelling:
    """A table from Array API names to a framework's own expressions, used by `bind`.

    `imports` maps a global name to the module it stands for: `{"torch": "torch"}`, `{"np": "numpy"}`.
    `rows` maps a signature to an expression, or a plain attribute to one:
    `{"tanh(x, /)": "torch.tanh(x)", "concat(arrays, /, *, axis=0)": "torch.cat(arrays, dim=axis)",
    "float32": "torch.float32"}`. A name may have several signatures: the first that takes a call's arguments is used.

    An expression uses each parameter exactly once, and otherwise only the imports. A parameter that stands as a
    keyword's value (`dim=axis`) vanishes with its keyword where a call does not give it, so its default in the
    signature must be the framework's; elsewhere the signature's default is written out. A literal `None` counts as not
    given where it is the default, and fits no other parameter.

    Raises UsageError, naming the row, for a table that breaks these rules.
    """

    name: str
    imports: Mapping[str, str]
    rows: Mapping[str, str]
    table: Mapping[str, tuple[Row, ...]] = field(init=False, repr=False, compare=False)
    """The parsed rows by name, in the table's order."""

    def __post_init__(self) -> None:
        for name in self.imports:
            if not name.isidentifier() or keyword.iskeyword(name):
                raise UsageError(f"import name is not an identifier: {name!r} in spelling {self.name!r}; rename it")
        table: dict[str, tuple[Row, ...]] = {}
        for signature, expression in self.rows.items():
            row = parse_row(self.name, signature, expression, frozenset(self.imports))
            table[row.name] = (*table.get(row.name, ()), row)
        for name, rows in table.items():
            if len({row.signature is None for row in rows}) > 1:
                raise UsageError(f"a name is both an attribute and a function: {name!r} in spelling {self.name!r}")
        object.__setattr__(self, "table", table)

    def near(self, name: str) -> list[str]:
        """Return the names of the table that look like `name`, best first."""
        return difflib.get_close_matches(name, self.table, n=4, cutoff=0.5)
