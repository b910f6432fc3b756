"""The figure of speed-ups over the best rival: one panel for each of Snek's strategies, one row a workload."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from snek_reports.figures.forest import Mark, draw_marks, legend_marks, scale_ratios
from snek_reports.figures.style import FAINT, NothingToDraw, drawable, panels, remark
from snek_reports.table import each
from snek_reports.wording import outcome_word

TITLE = "Speed-up of Snek's strategies over the best rival"
CAPTION = (
    "How many times faster each of Snek's strategies is than the fastest rival that came out right on the same "
    "workload, in the same comparable block; the rival stands at the right. A rival is every strategy not built on "
    "Snek's core, the program as written in each framework (eager/*) included. The rival is chosen by its median and "
    "then held fixed, so the interval does not cover that choice. Median of per-round ratios, 95 % bootstrap interval, "
    "logarithmic axis."
)


def draw(table: pd.DataFrame) -> Figure:
    """Draw Snek's cells of one setting. Raises NothingToDraw where none has a ratio over a rival."""
    sneks = table[table["built_on_snek"]]
    if not sneks["rival_speedup"].notna().any():
        raise NothingToDraw("no strategy of Snek's has a time beside a rival's in one comparable block")
    workloads, strategies = list(table["workload"].unique()), list(sneks["strategy"].unique())
    figure, axes = panels(strategies, workloads, across=3)
    for axis, strategy in zip(axes, strategies, strict=True):
        marks = []
        for cell in each(sneks[sneks["strategy"] == strategy]):
            row = workloads.index(cell.workload)
            if cell.rival_speedup == cell.rival_speedup:
                marks.append(Mark(row, cell.rival_speedup, cell.rival_speedup_low, cell.rival_speedup_high, True,
                                  cell.outcome != "fallback"))  # fmt: skip
                axis.text(1.0, row, drawable(cell.rival), transform=axis.get_yaxis_transform(), va="center", ha="left",
                          fontsize=5.5, color=FAINT)  # fmt: skip
            else:
                remark(axis, row, "no ratio" if cell.samples else outcome_word(cell.outcome))
        draw_marks(axis, marks)
        axis.set_title("best rival", loc="right", fontsize=5.5, color=FAINT, pad=3)
    drawn = [sneks[column].dropna() for column in ("rival_speedup", "rival_speedup_low", "rival_speedup_high")]
    scale_ratios(axes[0], [value for column in drawn for value in column])
    for axis in axes[1:]:
        axis.axvline(1.0, color=FAINT, linewidth=0.8, zorder=1)
    figure.supxlabel("speed-up over the best rival (log)", fontsize=7)
    figure.legend(handles=legend_marks(rivals=False), loc="outside upper center", ncols=2, frameon=False)
    return figure
