"""Write the static page: one HTML file that opens from disk and asks no network for anything."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from snek_reports.environment import flatten
from snek_reports.estimate import CONFIDENCE, RESAMPLES, SEED
from snek_reports.figures.matrix import ink_on
from snek_reports.figures.style import OUTCOME_COLOURS
from snek_reports.kinds import SKIPPED, is_sneks
from snek_reports.run import Run
from snek_reports.table import SETTING, each, fastest
from snek_reports.tables import VIEW, first_line
from snek_reports.wording import duration, outcome_word, printable, ratio, ratio_with_interval

_LONGEST_DETAIL = 20_000


@dataclass(frozen=True)
class Picture:
    """One drawn figure with its files, or why there is none."""

    name: str
    title: str
    caption: str
    setting: str
    files: tuple[Path, ...]
    absent: str


def write_page(
    path: Path, run: Run, table: pd.DataFrame, means: pd.DataFrame, doubts: list[str], pictures: list[Picture]
) -> None:
    """Write the page, with every text of a record escaped and every picture inside the file."""
    environment = Environment(
        loader=PackageLoader("snek_reports", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_readable,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    text = environment.get_template("page.html.j2").render(
        manifest=run.manifest,
        colours=[(outcome, fill, ink_on(fill)) for outcome, fill in OUTCOME_COLOURS.items()],
        counts=[(outcome, int((table["outcome"] == outcome).sum())) for outcome in OUTCOME_COLOURS],
        word=outcome_word,
        doubts=doubts,
        settings=[_setting(cells, means, pictures) for _, cells in table.groupby(SETTING, sort=False)],
        headings=list(VIEW),
        rows=[(cell.outcome, [show(cell) for show in VIEW.values()]) for cell in each(table)],
        reasons=_reasons(run),
        measured=_how_it_was_measured(run, table),
        environment=flatten(run.manifest.environment),
    )
    path.write_text(text, encoding="utf-8")


def _readable(value: Any) -> Any:
    return printable(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _setting(cells: pd.DataFrame, means: pd.DataFrame, pictures: list[Picture]) -> dict[str, object]:
    first = cells.iloc[0]
    name = ", ".join(str(first[column]) for column in SETTING)
    workloads = list(cells["workload"].unique())
    grid = {(cell.strategy, cell.workload): cell for cell in each(cells)}
    own = means[(means[SETTING] == first[SETTING]).all(axis=1)]
    return {
        "name": name,
        "workloads": workloads,
        "matrix": [
            (strategy, is_sneks(strategy), [_field(grid.get((strategy, workload))) for workload in workloads])
            for strategy in cells["strategy"].unique()
        ],
        "best": [_best(workload, group) for workload, group in cells.groupby("workload", sort=False)],
        "means": [
            (row.strategy, is_sneks(row.strategy), ratio(row.speedup), row.right, row.workloads) for row in each(own)
        ],
        "pictures": [_picture(picture) for picture in pictures if picture.setting == name],
    }


def _field(cell: Any) -> dict[str, str] | None:
    if cell is None:
        return None
    return {
        "outcome": cell.outcome,
        "time": duration(cell.seconds_per_call),
        "title": first_line(cell.reason),
        "link": _anchor(cell) if cell.reason else "",
    }


def _anchor(cell: Any) -> str:
    return "-".join(["why", cell.workload, cell.strategy, cell.size, cell.device, cell.mode])


def _best(workload: object, cells: pd.DataFrame) -> dict[str, str]:
    best, own = fastest(cells), fastest(cells[cells["built_on_snek"]])
    line = {
        "workload": str(workload),
        "strategy": "",
        "time": "",
        "speedup": "",
        "sneks": "",
        "over_rival": "",
        "rival": "",
    }
    if best:
        line |= {
            "strategy": best.strategy,
            "time": duration(best.seconds_per_call),
            "speedup": ratio_with_interval(best.speedup, best.speedup_low, best.speedup_high),
        }
    if own:
        over = ratio_with_interval(own.rival_speedup, own.rival_speedup_low, own.rival_speedup_high)
        line |= {"sneks": own.strategy, "over_rival": over, "rival": own.rival}
    return line


def _picture(picture: Picture) -> dict[str, object]:
    drawn = {path.suffix.removeprefix("."): path for path in picture.files}
    image = base64.b64encode(drawn["svg"].read_bytes()).decode("ascii") if drawn else ""
    return {
        "name": picture.name,
        "title": picture.title,
        "caption": picture.caption,
        "absent": picture.absent,
        "source": f"data:image/svg+xml;base64,{image}",
        "files": [(suffix.upper(), path.name) for suffix, path in drawn.items()],
    }


def _reasons(run: Run) -> list[dict[str, str]]:
    """Return what is known about every cell that has a reason or a remark, the wrong ones first."""
    found = []
    for cell in run.cells:
        record = run.verdicts.get(cell)
        skipped = run.skipped.get(cell, "") if record is None else ""
        reason, detail = (record.reason, record.detail) if record else (skipped, "")
        text = "\n\n".join(part for part in (reason, detail) if part)
        if not text:
            continue
        left_out = len(text) - _LONGEST_DETAIL
        found.append(
            {
                "anchor": _anchor(cell),
                "cell": f"{cell.workload} × {cell.strategy}",
                "setting": f"{cell.size}, {cell.device}, {cell.mode}",
                "outcome": record.outcome if record else SKIPPED,
                "kind": record.kind if record else "",
                "line": first_line(text),
                "text": text[:_LONGEST_DETAIL]
                + (f"\n… {left_out} more letters in records.jsonl" if left_out > 0 else ""),
                "evidence": ", ".join(f"{name} {number}" for name, number in record.evidence.items()) if record else "",
            }
        )
    order = list(OUTCOME_COLOURS)
    grave = ["wrong", "crashed", "timed_out", "out_of_memory", "rejected", "fallback"]
    return sorted(found, key=lambda one: [*grave, *(o for o in order if o not in grave)].index(one["outcome"]))


def _how_it_was_measured(run: Run, table: pd.DataFrame) -> dict[str, str]:
    timed = [sample for cell in run.verdicts.values() for sample in run.timed(cell.cell, cell.block)]
    samples = table.loc[table["samples"] > 0, "samples"]
    checked = table["argument_sets"].dropna()
    return {
        "plan": f"{len(run.manifest.cells)} cells, {len(run.manifest.skipped)} left out on purpose",
        "seed": str(run.manifest.seed),
        **flatten(run.manifest.arguments),
        "comparable blocks": str(len({sample.block for sample in timed})),
        "interleaved rounds": str(max((sample.round for sample in timed), default=-1) + 1),
        "samples a timed cell": _range(samples),
        "calls a sample": _range(pd.Series([sample.calls for sample in timed], dtype="int64")),
        "argument sets checked a cell": _range(checked),
        "statistics": f"medians; ratios are formed round by round within a block, then their median; {CONFIDENCE:.0%} "
        f"percentile bootstrap intervals, {RESAMPLES:,} resamples, seed {SEED}",
        "break-even": "calls after which staging pays: (transform + stage + compile + first call) / (time a call of "
        "eager/numpy − time a call), steady medians; imports left out",
        "rivals": "every strategy not built on Snek's core, eager ones too",
    }


def _range(values: pd.Series[Any]) -> str:
    if values.empty:
        return "none"
    low, high = int(values.min()), int(values.max())
    return str(low) if low == high else f"{low} to {high}"
