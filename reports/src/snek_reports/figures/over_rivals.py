"""Draw how many times Snek's strategies are better than a rival: one panel a strategy, one row a workload."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from snek_reports.figures.forest import Mark, draw_marks, legend_marks, scale_ratios
from snek_reports.figures.style import FAINT, NothingToDraw, drawable, panels, remark
from snek_reports.table import each
from snek_reports.wording import outcome_word


def draw_over_rivals(table: pd.DataFrame, ratio: str, rival: str, heading: str, label: str) -> Figure:
    """Draw the column `ratio` of Snek's cells of one setting, and beside each the rival that the column `rival` names.

    Raises NothingToDraw where no cell has such a ratio.
    """
    sneks = table[table["built_on_snek"]]
    if not sneks[ratio].notna().any():
        raise NothingToDraw(f"no strategy of Snek's has a {label} in one comparable block")
    workloads, strategies = list(table["workload"].unique()), list(sneks["strategy"].unique())
    figure, axes = panels(strategies, workloads, across=3)
    for axis, strategy in zip(axes, strategies, strict=True):
        marks = []
        for cell in each(sneks[sneks["strategy"] == strategy]):
            row = workloads.index(cell.workload)
            value, low, high = (getattr(cell, f"{ratio}{end}") for end in ("", "_low", "_high"))
            if value == value:
                marks.append(Mark(row, value, low, high, True, cell.outcome != "fallback"))
                axis.text(1.0, row, drawable(getattr(cell, rival)), transform=axis.get_yaxis_transform(), va="center",
                          ha="left", fontsize=5.5, color=FAINT)  # fmt: skip
            else:
                remark(axis, row, "no ratio" if cell.samples else outcome_word(cell.outcome))
        draw_marks(axis, marks)
        axis.set_title(heading, loc="right", fontsize=5.5, color=FAINT, pad=3)
    drawn = [sneks[column].dropna() for column in (ratio, f"{ratio}_low", f"{ratio}_high")]
    scale_ratios(axes[0], [value for column in drawn for value in column])
    for axis in axes[1:]:
        axis.axvline(1.0, color=FAINT, linewidth=0.8, zorder=1)
    figure.supxlabel(f"{label} (log)", fontsize=7)
    figure.legend(handles=legend_marks(rivals=False), loc="outside upper center", ncols=2, frameon=False)
    return figure
