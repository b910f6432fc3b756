"""The table of the suite `staging`: what staging takes, how its programs run beside those by hand, what calls cost."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from snek_reports.estimate import estimate_median, geometric_mean
from snek_reports.rivals import calls_table
from snek_reports.table import each
from snek_reports.tables import first_line, markdown_table
from snek_reports.wording import duration, outcome_word, ratio, ratio_with_interval

HEADINGS = ["workload", "size", "mode", "staging", "faster than tracing", "by", "time a call", "over by hand", "of"]
SPECIALISED = ["program", "back-end", "specialised", "unspecialised", "gain"]


def write_staging(table: pd.DataFrame, environment: Mapping[str, object], path: Path) -> None:
    """Write what a run knows of it as GitHub's Markdown, or nothing where it measured none."""
    path.unlink(missing_ok=True)
    if not (table["stagings"] > 0).any():
        return
    lines = ["What staging anew takes beside a rival's tracing, and how the program runs beside one written by hand."]
    for strategy, cells in table[table["built_on_snek"]].groupby("strategy", sort=False):
        lines += ["", f"## {strategy}", "", *markdown_table(HEADINGS, [_row(cell) for cell in each(cells)]), ""]
        for column, what in (("staging_speedup", "staging, over tracing"), ("hand_speedup", "running, over by hand")):
            ratios = [float(value) for value in cells[column].dropna()]
            if ratios:
                lines.append(f"* {what}: geometric mean {ratio(geometric_mean(ratios))}, over {len(ratios)} cells, "
                             f"least {ratio(min(ratios))}")  # fmt: skip
    lines += [*_specialisation(environment.get("specialisation")), *calls_table(environment)]
    path.write_text("\n".join([*lines, ""]), encoding="utf-8")


def _row(cell: Any) -> list[str]:
    staged = ratio_with_interval(cell.staging_speedup, cell.staging_speedup_low, cell.staging_speedup_high)
    ran = ratio_with_interval(cell.hand_speedup, cell.hand_speedup_low, cell.hand_speedup_high)
    time = duration(cell.seconds_per_call) or outcome_word(cell.outcome)
    return [cell.workload, cell.size, cell.mode, duration(cell.staging_seconds), staged, cell.staging_rival,
            time, ran, cell.by_hand]  # fmt: skip


def _specialisation(found: object) -> list[str]:
    """Return a table of programs staged for a static and for a dynamic parameter, ratios by rounds."""
    if not isinstance(found, dict) or not found:
        return []
    rows = [
        [program, backend, *_gain(one)] for program, by_backend in found.items() for backend, one in by_backend.items()
    ]
    return ["", "## A parameter known while staging", "", *markdown_table(SPECIALISED, rows)]


def _gain(one: Mapping[str, Any]) -> list[str]:
    kinds = (one["specialised"], one["unspecialised"])
    shown = [first_line(kind, 60) if isinstance(kind, str) else duration(estimate_median(kind).value) for kind in kinds]
    if any(isinstance(kind, str) for kind in kinds):
        return [*shown, ""]
    gain = estimate_median([slow / fast for fast, slow in zip(*kinds, strict=True)])
    return [*shown, ratio_with_interval(gain.value, gain.low, gain.high)]
