"""The short table that a terminal shows at the end of a run."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, isnan
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console, ConsoleOptions, Group, RenderResult
from rich.table import Table
from rich.text import Text

from snek_reports.kinds import baseline
from snek_reports.table import SETTING, each, fastest
from snek_reports.wording import duration, outcome_word, printable, ratio

_STYLES = {"wrong": "bold red", "crashed": "red", "rejected": "yellow", "timed_out": "red", "out_of_memory": "red"}
_WIDEST = 13
"""The letters of `out of memory`, the longest outcome word."""


class ShortTable:
    """Strategies down, workloads across: median time a call, or the outcome; as many tables as the width asks for."""

    def __init__(self, cells: pd.DataFrame, title: str) -> None:
        self.cells = cells
        self.title = title

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        workloads = list(self.cells["workload"].unique())
        strategies = list(self.cells["strategy"].unique())
        first = max(len(name) for name in ("strategy", *strategies))
        room = max(1, (options.max_width - first) // (_WIDEST + 1))
        down = ceil(len(workloads) / room)
        across = ceil(len(workloads) / down)
        for start in range(0, len(workloads), across):
            yield self._table(workloads[start : start + across], strategies, self.title if start == 0 else "")

    def _table(self, workloads: Sequence[str], strategies: Sequence[str], title: str) -> Table:
        table = Table(
            title=_text(title) if title else None, title_justify="left", box=None, pad_edge=False, padding=(0, 1, 0, 0)
        )
        table.add_column("strategy", no_wrap=True)
        for workload in workloads:
            table.add_column(_text(workload), justify="right", min_width=_WIDEST, max_width=_WIDEST)
        best = [fastest(group) for _, group in self.cells.groupby("workload", sort=False)]
        winners = {(cell.workload, cell.strategy) for cell in best if cell}
        rows = {(cell.workload, cell.strategy): cell for cell in each(self.cells)}
        for strategy in strategies:
            line = [_text(strategy)]
            for workload in workloads:
                cell = rows.get((workload, strategy))
                line.append(Text("") if cell is None else _entry(cell, (workload, strategy) in winners))
            table.add_row(*line)
        return table


def terminal_summary(table: pd.DataFrame, page: Path, doubts: Sequence[str]) -> Group:
    """Return what a terminal shows of a run: a short table a setting, the best strategies, the doubts, the page."""
    parts: list[ShortTable | Text] = []
    for setting, cells in table.groupby(SETTING, sort=False):
        parts += [ShortTable(cells, ", ".join(str(part) for part in setting)), Text(""), *_best(cells), Text("")]
    if doubts:
        parts.append(Text(f"{len(doubts)} warnings, first: {printable(doubts[0])}", style="yellow"))
    parts.append(Text(f"report: {printable(str(page))}"))
    return Group(*parts)


def _entry(cell: Any, winner: bool) -> Text:
    if isnan(cell.seconds_per_call):
        return Text(outcome_word(cell.outcome), style=_STYLES.get(cell.outcome, "dim"))
    mark = "~" if cell.outcome == "fallback" else ""
    return Text(f"{mark}{duration(cell.seconds_per_call)}", style="bold green" if winner else "")


def _best(cells: pd.DataFrame) -> list[Text]:
    lines = [Text("median time a call; ~ is a fallback: right, but partly run by Python", style="dim")]
    for workload, group in cells.groupby("workload", sort=False):
        best = fastest(group)
        if best:
            times = f" ({ratio(best.speedup)} {baseline(best.device)})" if ratio(best.speedup) else ""
            lines.append(_text(f"best for {workload}: {best.strategy}{times}"))
    return lines


def _text(words: object) -> Text:
    """Make text of words that may hold markup or control characters."""
    return Text(printable(str(words)))
