"""The figure of speed-ups over the program as written: one panel a workload, one row a strategy."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from snek_reports.figures.forest import Mark, draw_marks, legend_marks, scale_ratios
from snek_reports.figures.style import FAINT, NothingToDraw, panels, remark
from snek_reports.kinds import baselines
from snek_reports.table import each
from snek_reports.wording import outcome_word

TITLE = "Speed-up over the program as written"
CAPTION = (
    "How many times faster a steady call is than the program as written: on NumPy (eager/numpy), on a GPU on PyTorch "
    "(eager/torch). The median of the ratios of samples of one round, with a 95 % bootstrap interval; logarithmic "
    "axis, right of 1× is faster. Cells of one comparable block only. A cell that is not right has no time; its "
    "outcome stands in its row. An interval narrower than its mark hides behind it; the table has the numbers. Hollow: "
    "fallback, right but partly run by Python."
)


def draw(table: pd.DataFrame) -> Figure:
    """Draw every cell of one setting. Raises NothingToDraw where no cell has a speed-up."""
    written = baselines(table["device"])
    if not table["speedup"].notna().any():
        raise NothingToDraw(f"no cell has a speed-up over {written}: it is not right, not measured or in another block")
    workloads, strategies = list(table["workload"].unique()), list(table["strategy"].unique())
    figure, axes = panels(workloads, strategies)
    for axis, workload in zip(axes, workloads, strict=True):
        marks = []
        for cell in each(table[table["workload"] == workload]):
            row = strategies.index(cell.strategy)
            if cell.speedup == cell.speedup:
                marks.append(Mark(row, cell.speedup, cell.speedup_low, cell.speedup_high, cell.built_on_snek,
                                  cell.outcome != "fallback"))  # fmt: skip
            else:
                remark(axis, row, "no ratio" if cell.samples else outcome_word(cell.outcome))
        draw_marks(axis, marks)
    scale_ratios(axes[0], [*table["speedup_low"].dropna(), *table["speedup_high"].dropna(), *table["speedup"].dropna()])
    for axis in axes[1:]:
        axis.axvline(1.0, color=FAINT, linewidth=0.8, zorder=1)
    figure.supxlabel(f"speed-up over {written} (log)", fontsize=7)
    figure.legend(handles=legend_marks(rivals=True), loc="outside upper center", ncols=4, frameon=False)
    return figure
