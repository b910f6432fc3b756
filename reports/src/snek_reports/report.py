"""Write a run's report beside its records: figures, tables and one page."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from rich.console import Group

from snek_core_transform.errors import UsageError
from snek_reports.doubts import doubts
from snek_reports.figures.registry import FIGURES
from snek_reports.figures.style import NothingToDraw, paper
from snek_reports.page import Picture, write_page
from snek_reports.rivals import write_rivals
from snek_reports.run import read_run
from snek_reports.staging import write_staging
from snek_reports.table import SETTING, cell_table, geometric_means
from snek_reports.tables import write_csv, write_markdown
from snek_reports.terminal import terminal_summary

FORMATS: Mapping[str, Mapping[str, object]] = {
    # No dates inside, so that the same records give the same files.
    "pdf": {"CreationDate": None},
    "png": {},
    "svg": {"Date": None},
}


@dataclass(frozen=True)
class ReportPaths:
    """Where the parts of a report are, and what a terminal shows of it."""

    folder: Path
    page: Path
    markdown: Path
    csv: Path
    figures: tuple[Path, ...]
    terminal: Group
    """Renderable by a rich console: the short table, and where the page is."""


def write_report(run_folder: Path) -> ReportPaths:
    """Write `<run_folder>/report/` from the records alone, replacing an earlier report.

    Raises UsageError where the folder holds no run or cannot be written, NothingMeasured where the run holds no
    outcome.
    """
    run = read_run(run_folder)
    table = cell_table(run)
    means = geometric_means(table)
    found = doubts(run, table)
    folder = run_folder / "report"
    try:
        folder.mkdir(exist_ok=True)
        for earlier in (path for name in FIGURES for path in folder.glob(f"{name}_*")):
            earlier.unlink()  # a figure that this run does not have must not look like its own
        pictures = _draw_all(table, folder)
        write_csv(table, folder / "cells.csv")
        write_markdown(table, means, folder / "cells.md")
        write_staging(table, run.manifest.environment, folder / "staging.md")
        write_rivals(table, run.manifest.environment, folder / "rivals.md")
        write_page(folder / "index.html", run, table, means, found, pictures)
    except OSError as error:
        raise UsageError(
            f"the report cannot be written: {str(folder)!r} ({error.strerror}); make the folder writable"
        ) from error
    return ReportPaths(
        folder=folder,
        page=folder / "index.html",
        markdown=folder / "cells.md",
        csv=folder / "cells.csv",
        figures=tuple(path for picture in pictures for path in picture.files),
        terminal=terminal_summary(table, folder / "index.html", found),
    )


def _draw_all(table: pd.DataFrame, folder: Path) -> list[Picture]:
    pictures = []
    taken: set[str] = set()
    for setting, cells in table.groupby(SETTING, sort=False):
        words = [str(part) for part in setting]
        for name, drawing in FIGURES.items():
            stem = _free_stem([name, *words], taken)
            with paper():
                try:
                    figure = drawing.draw(cells)
                except NothingToDraw as why:
                    pictures.append(Picture(name, drawing.title, drawing.caption, ", ".join(words), (), str(why)))
                    continue
                figure.draw_without_rendering()
                figure.set_layout_engine("none")  # it is laid out now, and need not be again for each format
                for suffix, metadata in FORMATS.items():
                    figure.savefig(folder / f"{stem}.{suffix}", metadata=dict(metadata))
            files = tuple(folder / f"{stem}.{suffix}" for suffix in FORMATS)
            pictures.append(Picture(name, drawing.title, drawing.caption, ", ".join(words), files, ""))
    return pictures


def _free_stem(words: list[str], taken: set[str]) -> str:
    """Return a file name without an ending; a size that a record names may hold anything, slashes too."""
    plain = "_".join(re.sub(r"[^a-z0-9_]+", "-", word.lower())[:40] for word in words)
    stem = next(stem for stem in (plain, *(f"{plain}_{number}" for number in range(2, 10_000))) if stem not in taken)
    taken.add(stem)
    return stem
