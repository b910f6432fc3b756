"""The table that every figure, page and file is drawn from: one row a cell."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, isnan, nan
from typing import Any

import pandas as pd
from msgspec.structs import replace

from snek_harness.record import Cell, CellRecord, Phase
from snek_reports.estimate import Estimate, NotComparable, geometric_mean, median_seconds, seconds_per_call, speedup
from snek_reports.kinds import (
    BY_HAND,
    NOT_MEASURED,
    SKIPPED,
    TRACING,
    TRACING_ELSEWHERE,
    baseline,
    is_expert,
    is_sneks,
)
from snek_reports.run import Run
from snek_reports.wording import ratio_with_interval

PHASES: tuple[Phase, ...] = ("import", "transform", "stage", "compile", "first_call", "warm_up")
SETTING = ["size", "device", "mode"]
NUMBERS = [
    "samples", "seconds_per_call", "seconds_per_call_low", "seconds_per_call_high",
    "speedup", "speedup_low", "speedup_high",
    "rival_speedup", "rival_speedup_low", "rival_speedup_high", "break_even_calls",
    "stagings", "staging_seconds", "staging_speedup", "staging_speedup_low", "staging_speedup_high",
    "hand_speedup", "hand_speedup_low", "hand_speedup_high",
    *(f"{phase}_seconds" for phase in PHASES), "peak_memory_bytes", "largest_error", "argument_sets",
    "flops", "bytes_moved", "flops_per_second", "bytes_per_second",
]  # fmt: skip
TEXTS = [
    "workload",
    "strategy",
    *SETTING,
    "built_on_snek",
    "outcome",
    "reason",
    "kind",
    "block",
    "rival",
    "experts",
    "staging_rival",
    "by_hand",
    "refused",
]
COLUMNS = [*TEXTS, *NUMBERS]


@dataclass(frozen=True)
class Comparison:
    """One ratio, or why it was refused."""

    name: str = ""
    ratio: Estimate | None = None
    refused: str = ""


def cell_table(run: Run) -> pd.DataFrame:
    """Return one row for every cell of a run, in the order of the plan; a number that does not exist is NaN.

    Columns are `COLUMNS`. Times are in seconds, `speedup` is over `eager/numpy`, `rival_speedup` (Snek's strategies
    only) over the fastest rival of the same comparable block, experts apart, and `experts` has the ratio over each of
    them. `staging_seconds` is what staging anew took where a run measured it, `staging_speedup` how many times faster
    that is than `staging_rival`, and `hand_speedup` is over `by_hand`, the fastest program that people write for the
    same system (see `kinds`). `break_even_calls` is infinite where staging never pays, and `refused` says why a ratio
    is missing although both cells have a time. `flops_per_second` and `bytes_per_second` are the host's limits, where
    they were measured.
    """
    return pd.DataFrame([_row(run, cell) for cell in run.cells], columns=pd.Index(COLUMNS))


def geometric_means(table: pd.DataFrame) -> pd.DataFrame:
    """Return each strategy's geometric mean speed-up over workloads, by setting, with how many workloads it is over.

    Columns: size, device, mode, strategy, speedup, right (cells with a ratio), workloads (cells planned).
    """
    groups = table.groupby([*SETTING, "strategy"], sort=False)
    rows = [
        [*names, geometric_mean([float(ratio) for ratio in group["speedup"].dropna()]), int(group["speedup"].count()),
         len(group)]
        for names, group in groups
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=pd.Index([*SETTING, "strategy", "speedup", "right", "workloads"]))


def each(table: pd.DataFrame) -> list[Any]:
    """Return the rows of a table, with its columns as attributes."""
    return list(table.itertuples(index=False))


def fastest(table: pd.DataFrame) -> Any | None:
    """Return the row with the smallest time a call, or None where no cell has a time."""
    timed = [cell for cell in each(table) if not isnan(cell.seconds_per_call)]
    return min(timed, key=lambda cell: float(cell.seconds_per_call), default=None)


def _row(run: Run, cell: Cell) -> dict[str, object]:
    record = run.verdicts.get(cell)
    row: dict[str, object] = {
        **dict.fromkeys(NUMBERS, nan),
        **dict.fromkeys(TEXTS, ""),
        "workload": cell.workload,
        "strategy": cell.strategy,
        "size": cell.size,
        "device": cell.device,
        "mode": cell.mode,
        "built_on_snek": is_sneks(cell.strategy),
        "samples": 0,
        "stagings": 0,
    }
    if record is None:
        skipped = run.skipped.get(cell)
        return row | {"outcome": NOT_MEASURED if skipped is None else SKIPPED, "reason": skipped or ""}
    row |= {
        "outcome": record.outcome,
        "reason": record.reason,
        "kind": record.kind,
        "block": record.block,
        "peak_memory_bytes": nan if record.peak_memory_bytes is None else record.peak_memory_bytes,
        "largest_error": nan if record.largest_error is None else record.largest_error,
        "argument_sets": record.argument_sets,
        **{f"{phase}_seconds": seconds for phase, seconds in record.phases.items()},
        "flops": nan if record.flops is None else record.flops,
        "bytes_moved": nan if record.bytes_moved is None else record.bytes_moved,
        **_limits(run),
    }
    row |= _staging(run, cell, record.block)
    samples = run.timed(cell, record.block)
    if not samples:
        return row
    steady = seconds_per_call(samples)
    over_written = _compare(run, cell, record.block, _as_written(cell))
    over_rival = _over_best_rival(run, cell, record.block) if is_sneks(cell.strategy) else Comparison()
    over_hand = _over_hand(run, cell, record.block)
    return row | {
        "samples": steady.count,
        **_spread("seconds_per_call", steady),
        **_spread("speedup", over_written.ratio),
        **_spread("rival_speedup", over_rival.ratio),
        **_spread("hand_speedup", over_hand.ratio),
        "rival": over_rival.name,
        "by_hand": over_hand.name,
        "experts": _over_experts(run, cell, record.block) if is_sneks(cell.strategy) else "",
        "refused": "; ".join(dict.fromkeys(text for text in (over_written.refused, over_rival.refused) if text)),
        "break_even_calls": _break_even(run, cell, record, steady.value),
    }


def _staging(run: Run, cell: Cell, block: str) -> dict[str, object]:
    """Return what staging anew took, and how many times faster that is than the rival's, round by round."""
    stagings = run.staged(cell, block)
    if not stagings:
        return {}
    found: dict[str, object] = {"stagings": len(stagings), "staging_seconds": median_seconds(stagings)}
    if not is_sneks(cell.strategy):
        return found
    for strategy in TRACING.get(cell.strategy, TRACING_ELSEWHERE):
        if theirs := run.staged(replace(cell, strategy=strategy), block):
            over = speedup(stagings, over=theirs)
            return {**found, **_spread("staging_speedup", over), "staging_rival": strategy}
    return found


def _over_hand(run: Run, cell: Cell, block: str) -> Comparison:
    """Compare with the fastest program that people write for the system of the cell's strategy."""
    beside = [replace(cell, strategy=strategy) for strategy in BY_HAND.get(cell.strategy, ())]
    here = {other: median_seconds(run.timed(other, block)) for other in beside if run.timed(other, block)}
    return _compare(run, cell, block, min(here, key=here.__getitem__)) if here else Comparison()


def _as_written(cell: Cell) -> Cell:
    return replace(cell, strategy=baseline(cell.device))


def _spread(name: str, estimate: Estimate | None) -> dict[str, float]:
    value, low, high = (estimate.value, estimate.low, estimate.high) if estimate else (nan, nan, nan)
    return {name: value, f"{name}_low": low, f"{name}_high": high}


def _compare(run: Run, cell: Cell, block: str, other: Cell) -> Comparison:
    """Divide within `block`; a rival cell that is right only in another block is refused, not divided by."""
    samples = run.timed(other, block)
    if not samples:
        elsewhere = [at for (candidate, at) in run.records if candidate == other and run.timed(other, at)]
        if elsewhere:
            return Comparison(
                refused=f"{other.strategy} has a time in block {', '.join(elsewhere)} only, not in {block}"
            )
        return Comparison()
    try:
        return Comparison(other.strategy, speedup(run.timed(cell, block), over=samples))
    except NotComparable as error:
        return Comparison(refused=str(error))


def _limits(run: Run) -> dict[str, float]:
    limits = run.manifest.environment.get("limits")
    return {name: float(value) for name, value in limits.items()} if isinstance(limits, dict) else {}


def _beside(run: Run, cell: Cell) -> list[Cell]:
    """Return the cells of the same workload, size, device and mode."""
    return [other for other in run.cells if _as_written(other) == _as_written(cell)]


def _over_experts(run: Run, cell: Cell, block: str) -> str:
    """Return the ratio over each expert, for people: `expert/jax 1.32× (1.25–1.4×), …`."""
    found = {}
    for other in _beside(run, cell):
        if is_expert(other.strategy) and (ratio := _compare(run, cell, block, other).ratio):
            found[other.strategy] = ratio_with_interval(ratio.value, ratio.low, ratio.high)
    return ", ".join(f"{name} {over}" for name, over in found.items())


def _over_best_rival(run: Run, cell: Cell, block: str) -> Comparison:
    beside = _beside(run, cell)
    rivals = [other for other in beside if not is_sneks(other.strategy) and not is_expert(other.strategy)]
    here = {other: median_seconds(run.timed(other, block)) for other in rivals if run.timed(other, block)}
    if here:
        return _compare(run, cell, block, min(here, key=here.__getitem__))
    comparisons = [_compare(run, cell, block, other) for other in rivals]
    return Comparison(refused="; ".join(comparison.refused for comparison in comparisons if comparison.refused))


def _break_even(run: Run, cell: Cell, record: CellRecord, steady: float) -> float:
    """After how many calls what staging cost is earned back: cost / (seconds as written - seconds staged)."""
    as_written = run.timed(_as_written(cell), record.block)
    if not as_written or cell.strategy.startswith("eager/"):
        return nan
    saved = median_seconds(as_written) - steady
    cost = sum(record.phases.get(phase, 0.0) for phase in ("transform", "stage", "compile", "first_call"))
    return cost / saved if saved > 0 else inf
