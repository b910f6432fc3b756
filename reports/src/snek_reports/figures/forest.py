"""Draw rows of ratios with their intervals on a logarithmic axis."""

from __future__ import annotations

from math import isnan, log10
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, Locator, LogLocator, MaxNLocator, NullFormatter

from snek_reports.figures.style import FAINT, RIVAL, SNEK


class Mark(NamedTuple):
    """One ratio in one row; `whole` is False where the program was partly run by Python."""

    row: int
    value: float
    low: float
    high: float
    sneks: bool
    whole: bool


def draw_marks(axis: Axes, marks: list[Mark]) -> None:
    """Draw each mark: a circle for Snek's own strategies and a square for rivals, hollow where it is not whole."""
    for mark in marks:
        colour = SNEK if mark.sneks else RIVAL
        if not isnan(mark.low):
            axis.plot([mark.low, mark.high], [mark.row, mark.row], color=colour, linewidth=0.9, solid_capstyle="butt",
                      marker="|", markersize=5, markeredgewidth=0.9, zorder=2)  # fmt: skip
        axis.plot([mark.value], [mark.row], linestyle="none", marker="o" if mark.sneks else "s",
                  markersize=3.4 if mark.sneks else 2.8, markeredgewidth=0.8, color=colour,
                  markerfacecolor=colour if mark.whole else "white", label="value", zorder=3)  # fmt: skip


def scale_ratios(axis: Axes, values: list[float]) -> None:
    """Put `axis` on a logarithmic scale around 1 that holds all `values`, labelled as `10×`."""
    axis.set_xscale("log")
    low, high = log10(min([*values, 1.0])), log10(max([*values, 1.0]))
    margin = max(0.08 * (high - low), 0.1)
    axis.set_xlim(10 ** (low - margin), 10 ** (high + margin))
    axis.axvline(1.0, color=FAINT, linewidth=0.8, zorder=1)
    axis.xaxis.set_major_locator(_ticks(high - low))
    axis.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}×"))
    axis.xaxis.set_minor_formatter(NullFormatter())


def _ticks(decades: float) -> Locator:
    if decades < 0.7:
        return MaxNLocator(4)  # too narrow for powers of ten
    return LogLocator(subs=(1.0, 2.0, 5.0)) if decades < 1.2 else LogLocator(numticks=5)


def legend_marks(*, rivals: bool) -> list[Line2D]:
    """Return the legend's entries."""
    sneks = [
        Line2D([], [], linestyle="none", marker="o", markersize=4.2, color=SNEK, label="Snek's, captured"),
        Line2D([], [], linestyle="none", marker="o", markersize=4.2, color=SNEK, markerfacecolor="white",
               label="Snek's, fallback"),
    ]  # fmt: skip
    others = [
        Line2D([], [], linestyle="none", marker="s", markersize=3.6, color=RIVAL, label="rival, captured or reference"),
        Line2D([], [], linestyle="none", marker="s", markersize=3.6, color=RIVAL, markerfacecolor="white",
               label="rival, fallback"),
    ]  # fmt: skip
    return [*sneks, *others] if rivals else sneks
