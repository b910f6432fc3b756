"""What a reader should doubt about a run: each finding is one sentence with its numbers."""

from __future__ import annotations

from collections.abc import Iterable
from math import isnan

import numpy as np
import pandas as pd

from snek_harness.record import TIMED_OUTCOMES, Cell
from snek_reports.environment import find
from snek_reports.kinds import NOT_MEASURED, baselines
from snek_reports.run import Run
from snek_reports.table import each
from snek_reports.wording import count

FEWEST_SAMPLES = 10
WIDEST_INTERVAL = 0.2
"""Intervals wider than this share of their median are called wide."""
WIDEST_SPREAD = 0.1
"""Cells whose samples spread (interquartile range over median) more than this are called noisy."""
_NAMED = 6
_WITH_INTERVALS = {
    "seconds_per_call": "steady time",
    "speedup": "speed-up over the program as written",
    "rival_speedup": "best-rival speed-up",
}


def doubts(run: Run, table: pd.DataFrame) -> list[str]:
    """Return everything that makes this run's numbers less sure, the gravest first; an empty list means none known."""
    return [
        *_about_the_journal(run, table),
        *_about_the_ratios(table),
        *_about_the_samples(run, table),
        *_about_the_environment(run),
    ]


def _about_the_journal(run: Run, table: pd.DataFrame) -> list[str]:
    found = [
        f"records.jsonl line {line.number} cannot be read and is left out: {line.why}" for line in run.torn[:_NAMED]
    ]
    if len(run.torn) > _NAMED:
        others = ", ".join(str(line.number) for line in run.torn[_NAMED:])
        found.append(f"{count(len(run.torn) - _NAMED, 'more line')} cannot be read and are left out: {others}")
    missing = _cells(table[table["outcome"] == NOT_MEASURED])
    if missing:
        found.append(f"{len(missing)} of {count(len(table), 'planned cell')} not measured: {_names(missing)}")
    begun = {cell for cell, _ in run.samples if cell not in run.verdicts}
    if begun:
        found.append(
            f"{count(len(begun), 'interrupted cell')}, whose samples do not count: {_names(sorted(map(_label, begun)))}"
        )
    if run.measured_again:
        again = map(_label, run.measured_again)
        found.append(
            f"{count(len(run.measured_again), 'cell')} measured more than once; the last counts: {_names(again)}"
        )
    if run.unplanned:
        found.append(f"{count(len(run.unplanned), 'cell')} not in the plan: {_names(map(_label, run.unplanned))}")
    return found


def _about_the_ratios(table: pd.DataFrame) -> list[str]:
    found = []
    without = [
        group.iloc[0]
        for _, group in table.groupby(["workload", "size", "device", "mode"], sort=False)
        if group["seconds_per_call"].notna().any() and not (group["speedup"].notna()).any()
    ]
    if without:
        written, where = baselines(row.device for row in without), _names(row.workload for row in without)
        found.append(f"{written} has no time for {where}: no speed-up over it can be given there")
    refused = table[table["refused"] != ""]
    if len(refused):
        reasons = "; ".join(dict.fromkeys(refused["refused"]))
        found.append(
            f"{count(len(refused), 'cell')} without a ratio, because not measured in one comparable block: {reasons}"
        )
    for column, what in _WITH_INTERVALS.items():
        width = (table[f"{column}_high"] - table[f"{column}_low"]) / table[column]
        wide = _cells(table[width > WIDEST_INTERVAL])
        if wide:
            found.append(
                f"95 % intervals wider than {WIDEST_INTERVAL:.0%} of the median for {count(len(wide), what)}: "
                f"{_names(wide)}"
            )
    return found


def _about_the_samples(run: Run, table: pd.DataFrame) -> list[str]:
    found = []
    right = table[table["outcome"].isin(TIMED_OUTCOMES)]
    few = _cells(right[right["samples"] < FEWEST_SAMPLES])
    if few:
        found.append(
            f"fewer than {FEWEST_SAMPLES} samples in {count(len(few), 'cell')} that came out right: {_names(few)}"
        )
    spreads = {cell: _spread(run, cell) for cell in run.cells}
    measured = [cell for cell, spread in spreads.items() if not isnan(spread)]
    noisy = [_label(cell) for cell in measured if spreads[cell] > WIDEST_SPREAD]
    if noisy:
        found.append(
            f"the host was noisy: in {len(noisy)} of {len(measured)} timed cells the samples spread "
            f"(interquartile range) over more than {WIDEST_SPREAD:.0%} of the median: {_names(noisy)}"
        )
    return found


def _about_the_environment(run: Run) -> list[str]:
    facts = run.manifest.environment
    found = []
    dirty = [str(name) for value in find(facts, "dirty_files") if isinstance(value, list | tuple) for name in value]
    if dirty:
        found.append(f"the checkout was dirty, so the commit alone does not reproduce this run: {_names(dirty)}")
    governors = [str(value) for value in find(facts, "governor") if value not in (None, "", "performance")]
    if governors:
        found.append(
            f"the CPU governor was {_names(governors)}, not performance: clocks may have changed between cells"
        )
    if not any(find(facts, "governor")):
        found.append("the CPU governor is unknown: clocks may have changed between cells")
    return found


def _spread(run: Run, cell: Cell) -> float:
    record = run.verdicts.get(cell)
    times = [sample.seconds / sample.calls for sample in run.timed(cell, record.block)] if record else []
    if not times:
        return float("nan")
    low, middle, high = np.quantile(times, [0.25, 0.5, 0.75])
    return float((high - low) / middle)


def _cells(table: pd.DataFrame) -> list[str]:
    return [f"{row.workload} × {row.strategy}" for row in each(table)]


def _label(cell: Cell) -> str:
    return f"{cell.workload} × {cell.strategy}"


def _names(names: Iterable[str]) -> str:
    distinct = list(dict.fromkeys(names))
    more = f" and {len(distinct) - _NAMED} more" if len(distinct) > _NAMED else ""
    return ", ".join(distinct[:_NAMED]) + more
