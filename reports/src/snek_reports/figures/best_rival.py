"""The figure of speed-ups over the best rival: one panel for each of Snek's strategies, one row a workload."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from snek_reports.figures.over_rivals import draw_over_rivals

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
    return draw_over_rivals(table, "rival_speedup", "rival", "best rival", "speed-up over the best rival")
