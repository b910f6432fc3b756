"""The roofline figure: what each workload reaches of the host's rate in products and of its memory's speed."""

from __future__ import annotations

from math import inf

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, NullFormatter

from snek_reports.figures.style import FAINT, GRID, RIVAL, SNEK, WIDTH, NothingToDraw, drawable
from snek_reports.table import fastest

TITLE = "Roofline"
CAPTION = (
    "Operations a second that each workload reaches, over the operations that it must make for each byte that it must "
    "move at least, both counted from its text and its arguments. The roof is what this host reached in the same run: "
    "a square float32 matrix product, and a copy in memory. Circle: Snek's fastest strategy on the workload; square: "
    "the fastest rival that came out right. The bytes are those of a perfect cache, so that a workload stands as far "
    "to the right as it can; tanh, exp and the like count as one operation, and integer operations are counted too."
)


def draw(table: pd.DataFrame) -> Figure:
    """Draw the cells of one setting. Raises NothingToDraw where the run measured no limits, or no cell has a time."""
    timed = table[table["seconds_per_call"].notna() & table["flops"].notna() & table["bytes_moved"].notna()]
    if not len(timed) or not timed["flops_per_second"].notna().any():
        raise NothingToDraw("the run did not measure what its host can do; `snek bench --suite lantern` does")
    peak, stream = (float(timed[column].iloc[0]) for column in ("flops_per_second", "bytes_per_second"))
    figure = Figure(figsize=(WIDTH, 3.6), layout="constrained")
    axis = figure.subplots()
    low, high = inf, peak
    intensities = [peak / stream]
    for workload, cells in timed.groupby("workload", sort=False):
        at = float(cells["flops"].iloc[0]) / float(cells["bytes_moved"].iloc[0])
        intensities.append(at)
        rates = []
        for own, colour, marker in ((True, SNEK, "o"), (False, RIVAL, "s")):
            best = fastest(cells[cells["built_on_snek"] == own])
            if best is not None:
                rates.append(float(best.flops) / float(best.seconds_per_call))
                axis.plot([at], [rates[-1]], marker, color=colour, markersize=3.6, label="value")
        axis.plot([at] * len(rates), rates, color=GRID, linewidth=0.6, zorder=1)
        axis.annotate(
            drawable(str(workload)), (at, max(rates)), textcoords="offset points", xytext=(3, 3), fontsize=5.5
        )
        low = min(low, *rates)
    left, right = min(intensities) / 3, max(intensities) * 6
    ridge = peak / stream
    axis.plot([left, ridge, right], [left * stream, peak, peak], color=FAINT, linewidth=0.9, label="roof", zorder=1)
    axis.set_xscale("log")
    axis.set_yscale("log")
    axis.set_xlim(left, right)
    axis.set_ylim(min(low / 3, left * stream), high * 3)
    axis.set_xlabel("operations a byte")
    axis.set_ylabel("billions of operations a second")
    axis.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value / 1e9:g}"))
    for side in (axis.xaxis, axis.yaxis):
        side.set_minor_formatter(NullFormatter())
    axis.grid(which="major", color=GRID, linewidth=0.4)
    axis.spines[["top", "right"]].set_visible(False)
    marks = [
        Line2D([], [], linestyle="none", marker="o", markersize=4, color=SNEK, label="Snek's fastest"),
        Line2D([], [], linestyle="none", marker="s", markersize=4, color=RIVAL, label="fastest rival"),
    ]
    figure.legend(handles=marks, loc="outside upper center", ncols=2, frameon=False)
    return figure
