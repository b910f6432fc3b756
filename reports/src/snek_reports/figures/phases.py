"""The figure of where the time goes: every phase of every cell that came out right."""

from __future__ import annotations

from typing import Any, Final

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from snek_reports.figures.style import INK, NothingToDraw, panels, remark
from snek_reports.table import each
from snek_reports.wording import outcome_word

TITLE = "Where the time goes"
CAPTION = (
    "Milliseconds of each phase, cold, in every cell that came out right; logarithmic axis, so lengths do not add up "
    "and a phase of no time is not drawn. An import is paid once a process, stage to first call once a program, "
    "steady on every later call."
)
MARKS: Final = {
    # Okabe and Ito's colours, with shapes that differ as well.
    "import_seconds": ("import", "s", "#999999"),
    "transform_seconds": ("transform", "D", "#cc79a7"),
    "stage_seconds": ("stage", "^", "#e69f00"),
    "compile_seconds": ("compile", "v", "#d55e00"),
    "first_call_seconds": ("first call", "o", "#009e73"),
    "seconds_per_call": ("steady, a call", "|", "#0072b2"),
}
"""Column -> the phase's name, marker and colour, in the order of a program's life."""


def draw(table: pd.DataFrame) -> Figure:
    """Draw every cell of one setting. Raises NothingToDraw where no cell has a time."""
    timed = table[table["seconds_per_call"].notna()]
    if timed.empty:
        raise NothingToDraw("no cell has a time: none came out right with samples")
    workloads, strategies = list(table["workload"].unique()), list(table["strategy"].unique())
    figure, axes = panels(workloads, strategies)
    axes[0].set_xscale("log")
    for axis, workload in zip(axes, workloads, strict=True):
        cells = timed[timed["workload"] == workload]
        rows = [strategies.index(strategy) for strategy in cells["strategy"]]
        for column, (name, marker, colour) in MARKS.items():
            drawn = [(seconds * 1e3, row) for seconds, row in zip(cells[column], rows, strict=True) if seconds > 0]
            axis.plot([x for x, _ in drawn], [y for _, y in drawn], label=name, **_look(marker, colour))
        for cell in each(table[table["workload"] == workload]):
            if cell.seconds_per_call != cell.seconds_per_call:
                remark(axis, strategies.index(cell.strategy), outcome_word(cell.outcome))
    axes[0].xaxis.set_major_locator(LogLocator(numticks=6))
    axes[0].xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
    axes[0].xaxis.set_minor_formatter(NullFormatter())
    figure.supxlabel("milliseconds (log)", fontsize=7, color=INK)
    entries = [Line2D([], [], label=name, **_look(marker, colour)) for name, marker, colour in MARKS.values()]
    figure.legend(handles=entries, loc="outside upper center", ncols=len(entries), frameon=False)
    return figure


def _look(marker: str, colour: str) -> dict[str, Any]:
    """Hollow marks, so that one phase does not hide another that took as long."""
    return {
        "linestyle": "none",
        "marker": marker,
        "color": colour,
        "markerfacecolor": "none",
        "markersize": 6.5 if marker == "|" else 3.6,
        "markeredgewidth": 1.5 if marker == "|" else 0.9,
    }
