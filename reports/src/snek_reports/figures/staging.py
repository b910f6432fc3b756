"""The figure of staging times: how many times faster Snek stages a program than the system's own tracing."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from snek_reports.figures.over_rivals import draw_over_rivals

TITLE = "Staging time beside the systems' own tracing"
CAPTION = (
    "How many times faster Snek stages a program than the rival at the right does: it virtualizes, builds the IR and "
    "lowers it to what the back-end's system compiles, where TensorFlow rewrites by AutoGraph and traces, and JAX "
    "traces and lowers. JAX is asked for a program that an expert wrote where it rejects the text. Each staging is of "
    "a program that no system has met before, in a process that has staged others; the processor's time. Median of "
    "per-round ratios, 95 % bootstrap interval, logarithmic axis."
)


def draw(table: pd.DataFrame) -> Figure:
    """Draw Snek's cells of one setting. Raises NothingToDraw where staging anew was not measured."""
    return draw_over_rivals(table, "staging_speedup", "staging_rival", "tracing by", "speed-up of staging anew")
