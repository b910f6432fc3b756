"""The table of rivals: each of Snek's strategies over the fastest rival, and over what each expert wrote by hand."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from snek_reports.estimate import estimate_median, geometric_mean
from snek_reports.table import SETTING, each
from snek_reports.tables import markdown_table
from snek_reports.wording import duration, outcome_word, ratio, ratio_with_interval

HEADINGS = ["workload", "size", "mode", "time a call", "over best rival", "rival", "over experts"]


def write_rivals(table: pd.DataFrame, environment: Mapping[str, object], path: Path) -> None:
    """Write a table for each of Snek's strategies, as GitHub's Markdown, with the geometric mean of its ratios.

    Where the run measured what steps of training take, and what calls of compiled programs cost, tables of them follow.
    """
    lines = ["How many times faster than the fastest rival among the strategies, and than each expert's own program."]
    for strategy, cells in table[table["built_on_snek"]].groupby("strategy", sort=False):
        lines += ["", f"## {strategy}", "", *markdown_table(HEADINGS, [_row(cell) for cell in each(cells)]), ""]
        for setting, group in cells.groupby(SETTING, sort=False):
            ratios = [float(value) for value in group["rival_speedup"].dropna()]
            if ratios:
                words = ", ".join(str(part) for part in setting)
                mean = ratio(geometric_mean(ratios))
                lines.append(f"* {words}: geometric mean over the best rival {mean}, over {len(ratios)} workloads")
    lines += [*_training_table(environment.get("training")), *calls_table(environment)]
    path.write_text("\n".join([*lines, ""]), encoding="utf-8")


def calls_table(environment: Mapping[str, object]) -> list[str]:
    """Return a table of what calls of compiled programs cost, or nothing where the run did not measure it."""
    calls = environment.get("calls")
    if not isinstance(calls, dict) or not calls:
        return []
    systems = list(dict.fromkeys(system for seconds in calls.values() for system in seconds))
    rows = [[name, *(_call(seconds.get(system)) for system in systems)] for name, seconds in calls.items()]
    return ["", "## A call of a compiled program", "", *markdown_table(["function", *systems], rows)]


def _training_table(found: object) -> list[str]:
    """Return a table of what a step of training takes by system, ratios to the first one's by rounds."""
    if not isinstance(found, dict) or not found:
        return []
    first, *_ = found
    rows = []
    for system, seconds in found.items():
        over = estimate_median([slow / fast for slow, fast in zip(seconds, found[first], strict=True)])
        gain = "" if system == first else ratio_with_interval(over.value, over.low, over.high)
        rows.append([system, duration(estimate_median(seconds).value), gain])
    headings = ["system", "a step", f"{first} is faster"]
    return ["", "## A step of training: TreeLSTM, Adagrad, one tree", "", *markdown_table(headings, rows)]


def _call(seconds: float | None) -> str:
    return "" if seconds is None else duration(seconds)


def _row(cell: Any) -> list[str]:
    over = ratio_with_interval(cell.rival_speedup, cell.rival_speedup_low, cell.rival_speedup_high)
    time = duration(cell.seconds_per_call) or outcome_word(cell.outcome)
    return [cell.workload, cell.size, cell.mode, time, over, cell.rival, cell.experts]
