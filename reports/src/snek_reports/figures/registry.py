"""The figures by name: one literal dict, in the order of the page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd
from matplotlib.figure import Figure

from snek_reports.figures import best_rival, matrix, phases, roofline, speedup, staging


@dataclass(frozen=True)
class Drawing:
    """One figure: what draws it from the cells of one setting, its title and its caption.

    `draw` raises NothingToDraw where the cells hold nothing that the figure shows.
    """

    draw: Callable[[pd.DataFrame], Figure]
    title: str
    caption: str


FIGURES: dict[str, Drawing] = {
    "matrix": Drawing(matrix.draw, matrix.TITLE, matrix.CAPTION),
    "speedup": Drawing(speedup.draw, speedup.TITLE, speedup.CAPTION),
    "best_rival": Drawing(best_rival.draw, best_rival.TITLE, best_rival.CAPTION),
    "staging": Drawing(staging.draw, staging.TITLE, staging.CAPTION),
    "roofline": Drawing(roofline.draw, roofline.TITLE, roofline.CAPTION),
    "phases": Drawing(phases.draw, phases.TITLE, phases.CAPTION),
}
