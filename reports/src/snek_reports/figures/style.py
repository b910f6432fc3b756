"""How every figure looks: paper format, colours that colour-blind readers can tell apart, text that cannot break."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from math import ceil
from typing import Any, Final

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font

from snek_core_transform.errors import SnekError
from snek_reports.kinds import NOT_MEASURED, SKIPPED

WIDTH: Final = 7.0
"""Inches: the text width of a two-column paper."""
ROW: Final = 0.155
"""Inches a row of a panel takes."""
PANELS_ACROSS: Final = 4

INK: Final = "#222222"
FAINT: Final = "#767676"
GRID: Final = "#d9d9d9"
SNEK: Final = "#0072b2"
RIVAL: Final = "#4d4d4d"

OUTCOME_COLOURS: Final[dict[str, str]] = {
    # Tints of Okabe and Ito's palette, apart in lightness too; the word in every cell carries the meaning in print.
    "reference": "#dbe9f6",
    "captured": "#8fd0b8",
    "fallback": "#f5e18c",
    "rejected": "#f2b48c",
    "wrong": "#c1440e",
    "crashed": "#7b3294",
    "timed_out": "#a678b8",
    "out_of_memory": "#cfa9d6",
    "unavailable": "#d4d4d4",
    SKIPPED: "#ececec",
    NOT_MEASURED: "#ffffff",
}
"""The fill of every outcome in matrices, in the order of legends."""

_RC: Final[dict[Any, Any]] = {
    "font.family": "DejaVu Sans",
    "font.size": 7,
    "axes.titlesize": 7.5,
    "axes.labelsize": 7,
    "xtick.labelsize": 6,
    "ytick.labelsize": 6.5,
    "legend.fontsize": 6.5,
    "axes.linewidth": 0.5,
    "axes.edgecolor": FAINT,
    "xtick.major.width": 0.5,
    "xtick.minor.width": 0.3,
    "xtick.major.size": 2.5,
    "xtick.minor.size": 1.5,
    "ytick.major.size": 0,
    "text.color": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "text.parse_math": False,  # a name may hold a dollar sign
    "pdf.fonttype": 42,  # embedded TrueType, as publishers ask
    "svg.fonttype": "path",
    "svg.hashsalt": "snek",  # the same records give the same file
    "figure.facecolor": "white",
    "text.hinting": "none",  # widths then scale, so one layout holds for every format
    "figure.dpi": 200,
}


class NothingToDraw(SnekError):
    """The cells hold nothing that this figure shows; the text says what is missing."""


@contextmanager
def paper() -> Iterator[None]:
    """Draw and save in the report's style, whatever the user's own settings are."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_RC)
        yield


def drawable(text: str, limit: int = 28) -> str:
    """Return `text` cut in its middle to `limit` letters, and without letters that the font cannot draw.

    >>> drawable("autograph/snek"), drawable("蛇\\n"), drawable("/a/long/path/program.py:function", 16)
    ('autograph/snek', '��', '/a/lo…y:function')
    """
    known = get_font(findfont(FontProperties(family="DejaVu Sans"))).get_charmap()
    marked = (
        letter if letter.isprintable() and ord(letter) in known else "\N{REPLACEMENT CHARACTER}" for letter in text
    )
    shown = "".join(marked)
    tail = 2 * limit // 3
    return shown if len(shown) <= limit else f"{shown[: limit - tail - 1]}…{shown[-tail:]}"


def letters_in(inches: float, size: float) -> int:
    """Return how many letters of a bold label of `size` points fit a width."""
    return max(6, int(inches * 72 / (size * 0.68)))


def panels(titles: Sequence[str], rows: Sequence[str], *, across: int = PANELS_ACROSS) -> tuple[Figure, list[Axes]]:
    """Return a figure of one panel a title; they share the row labels at the left and the x axis."""
    across = min(across, len(titles))
    down = ceil(len(titles) / across)
    room = (WIDTH - 1.3) / across
    panel_height = max(0.55, ROW * len(rows) + 0.1)
    figure = Figure(figsize=(WIDTH, down * (panel_height + 0.42) + 0.5), layout="constrained")
    grid = figure.subplots(down, across, sharex=True, sharey=True, squeeze=False)
    axes = [axis for line in grid for axis in line]
    for axis in axes[len(titles) :]:
        axis.remove()
    for axis, title in zip(axes, titles, strict=False):
        axis.set_title(drawable(title, letters_in(room, 7.5)), loc="left", fontweight="bold", pad=3)
        axis.set_ylim(len(rows) - 0.4, -0.6)
        axis.set_yticks(range(len(rows)), [drawable(row) for row in rows])
        axis.grid(axis="x", which="major", color=GRID, linewidth=0.5)
        axis.grid(axis="y", which="major", color="#f0f0f0", linewidth=0.5)
        axis.set_axisbelow(True)
        axis.spines[["top", "right", "left"]].set_visible(False)
    for axis in axes[: len(titles)][-across:]:
        axis.tick_params(axis="x", labelbottom=True)
    return figure, axes[: len(titles)]


def remark(axis: Axes, row: int, text: str) -> None:
    """Write, in a row that has nothing to draw, why."""
    axis.text(0.02, row, drawable(text), transform=axis.get_yaxis_transform(), va="center", fontsize=5.5,
              color=FAINT, style="italic", bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6})  # fmt: skip
