"""The capture-correctness matrix: how every planned cell ended, in colour and in words."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from snek_reports.figures.style import FAINT, INK, OUTCOME_COLOURS, WIDTH, drawable, letters_in
from snek_reports.kinds import NOT_MEASURED
from snek_reports.table import each
from snek_reports.wording import outcome_word

TITLE = "Capture and correctness"
CAPTION = (
    "captured: one staged program, right on all argument sets, without Python on later calls. fallback: right, but "
    "partly run by Python, split or restaged. reference: the program as written, what the others are checked against. "
    "rejected: an error at staging or call. wrong: no error, wrong answer. unavailable: cannot run here. skipped: left "
    "out by the plan. not measured: planned, without a record. An empty field is not in the plan."
)


def draw(table: pd.DataFrame) -> Figure:
    """Draw every cell of one setting: a row a strategy, a column a workload."""
    workloads, strategies = list(table["workload"].unique()), list(table["strategy"].unique())
    width = min(WIDTH, 1.5 + 0.9 * len(workloads))
    room = (width - 1.3) / len(workloads)
    slanted = any(len(workload) > letters_in(room, 7) for workload in workloads)
    figure = Figure(figsize=(width, 0.2 * len(strategies) + (1.3 if slanted else 0.5)), layout="constrained")
    axis = figure.subplots()
    for cell in each(table):
        x, y = workloads.index(cell.workload), strategies.index(cell.strategy)
        fill = OUTCOME_COLOURS[cell.outcome]
        edge = FAINT if cell.outcome == NOT_MEASURED else "white"
        axis.add_patch(Rectangle((x - 0.48, y - 0.45), 0.96, 0.9, facecolor=fill, edgecolor=edge, linewidth=0.5))
        axis.text(x, y, outcome_word(cell.outcome), ha="center", va="center_baseline", color=ink_on(fill),
                  fontsize=min(6.5, room * 8.5))  # fmt: skip
    axis.set_xlim(-0.5, len(workloads) - 0.5)
    axis.set_ylim(len(strategies) - 0.5, -0.5)
    slant: dict[str, Any] = {"rotation": 35, "ha": "left", "rotation_mode": "anchor"} if slanted else {}
    axis.set_xticks(range(len(workloads)), [drawable(workload, 24) for workload in workloads], **slant)
    axis.set_yticks(range(len(strategies)), [drawable(strategy) for strategy in strategies])
    axis.tick_params(length=0, top=True, labeltop=True, bottom=False, labelbottom=False)
    for label, strategy in zip(axis.get_yticklabels(), strategies, strict=True):
        if table.loc[table["strategy"] == strategy, "built_on_snek"].any():
            label.set_fontweight("bold")
    axis.spines[:].set_visible(False)
    return figure


def ink_on(fill: str) -> str:
    """Return the text colour that reads best on `fill`, by relative luminance (WCAG 2.2).

    >>> ink_on("#ffffff"), ink_on("#7b3294")
    ('#222222', '#ffffff')
    """
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in to_rgb(fill)]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return INK if luminance > 0.2 else "#ffffff"
