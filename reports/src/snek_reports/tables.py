"""Write the table of cells as CSV, for programs, and as Markdown, for people."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pandas as pd

from snek_reports.table import TEXTS, each
from snek_reports.wording import calls, digits, duration, mebibytes, outcome_word, printable, ratio, ratio_with_interval

_LONGEST_REASON = 160

VIEW: Final[dict[str, Callable[[Any], str]]] = {
    "workload": lambda cell: cell.workload,
    "strategy": lambda cell: cell.strategy,
    "setting": lambda cell: f"{cell.size}, {cell.device}, {cell.mode}",
    "outcome": lambda cell: outcome_word(cell.outcome),
    "time a call": lambda cell: duration(cell.seconds_per_call),
    "95 % interval": lambda cell: _interval(cell.seconds_per_call_low, cell.seconds_per_call_high),
    "over as written": lambda cell: ratio_with_interval(cell.speedup, cell.speedup_low, cell.speedup_high),
    "over best rival": lambda cell: ratio_with_interval(
        cell.rival_speedup, cell.rival_speedup_low, cell.rival_speedup_high
    ),
    "rival": lambda cell: cell.rival,
    "over experts": lambda cell: cell.experts,
    "break-even calls": lambda cell: calls(cell.break_even_calls),
    "import": lambda cell: duration(cell.import_seconds),
    "transform": lambda cell: duration(cell.transform_seconds),
    "stage": lambda cell: duration(cell.stage_seconds),
    "compile": lambda cell: duration(cell.compile_seconds),
    "first call": lambda cell: duration(cell.first_call_seconds),
    "samples": lambda cell: str(cell.samples) if cell.samples else "",
    "peak memory": lambda cell: mebibytes(cell.peak_memory_bytes),
    "largest error": lambda cell: "" if cell.largest_error != cell.largest_error else digits(cell.largest_error),
    "reason": lambda cell: first_line(cell.reason or cell.refused),
}
"""Heading -> the text of one row of the table, in the order of the columns that people read."""


def write_csv(table: pd.DataFrame, path: Path) -> None:
    """Write every column at full precision; an empty field is a number that does not exist, `inf` is never."""
    safe = table.copy()
    for column in TEXTS:
        if column != "built_on_snek":
            safe[column] = [_not_a_formula(printable(text)) for text in safe[column]]
    safe.to_csv(path, index=False, encoding="utf-8", lineterminator="\n")


def write_markdown(table: pd.DataFrame, means: pd.DataFrame, path: Path) -> None:
    """Write the table of cells, and of the geometric means, as GitHub's Markdown."""
    cells = [[show(cell) for show in VIEW.values()] for cell in each(table)]
    averages = [
        [row.strategy, f"{row.size}, {row.device}, {row.mode}", ratio(row.speedup), f"{row.right} of {row.workloads}"]
        for row in each(means)
    ]
    text = "\n".join(
        [
            *markdown_table(list(VIEW), cells),
            "",
            "Geometric mean of the speed-ups over the program as written, over the cells that came out right only:",
            "means over different workloads do not compare.",
            "",
            *markdown_table(["strategy", "setting", "geometric mean", "workloads"], averages),
            "",
        ]
    )
    path.write_text(text, encoding="utf-8")


def first_line(text: str, limit: int = _LONGEST_REASON) -> str:
    r"""Return the first line of a text that says something, cut at `limit` letters.

    >>> first_line("\n  no rule for erf\nTraceback ...")
    'no rule for erf'
    """
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return line if len(line) <= limit else line[: limit - 1] + "…"


def _interval(low: float, high: float) -> str:
    return "" if low != low else f"{duration(low)} – {duration(high)}"


def _not_a_formula(text: str) -> str:
    # A spreadsheet runs what begins like this; the apostrophe is what spreadsheets themselves mark text with.
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def markdown_table(headings: list[str], rows: list[list[str]]) -> list[str]:
    """Return the lines of a table in GitHub's Markdown; what the rows hold is text, whatever it looks like."""
    return [
        "| " + " | ".join(headings) + " |",
        "|" + " --- |" * len(headings),
        *("| " + " | ".join(_markdown_text(text) for text in row) + " |" for row in rows),
    ]


def _markdown_text(text: str) -> str:
    plain = " ".join(printable(text).split())
    for letter in "\\`*_[]|~$":
        plain = plain.replace(letter, f"\\{letter}")
    return plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
