"""The plan of a run as data: which cells are measured, which are left out and why, and which are compared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from snek_core_transform.errors import UsageError
from snek_harness.catalogue import load_workload, select_strategies, select_workloads
from snek_harness.record import Cell, SkipRecord
from snek_workloads.workload import SIZES

DEVICES = ("cpu", "cuda")

LIMITED: Mapping[str, tuple[str, ...]] = {"dynamo/": ("lstm", "mandelbrot", "newton")}
"""By the start of a strategy's name, the only workloads it runs by default: a dynamo cell compiles for up to 40 s."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """The cells of a run, and the cells that it leaves out on purpose."""

    cells: tuple[Cell, ...]
    skipped: tuple[SkipRecord, ...] = ()


class Block(msgspec.Struct, frozen=True, kw_only=True):
    """The cells that are compared with each other: one workload, size, device and mode."""

    name: str
    cells: tuple[Cell, ...]


def make_plan(
    workloads: Sequence[str] = (),
    strategies: Sequence[str] = (),
    size: str = "small",
    device: str = "cpu",
    limited: Mapping[str, tuple[str, ...]] = LIMITED,
) -> Plan:
    """Plan every chosen strategy on every chosen workload; both are names or regular expressions, empty for all.

    `limited` maps the start of a strategy's name to the only workloads it runs; pass `{}` to run it on all.
    Raises UsageError for a name that does not exist, saying which do.
    """
    chosen = select_workloads(workloads)
    if device not in DEVICES:
        raise UsageError(f"unknown device {device!r}; one of {', '.join(DEVICES)}")
    for name in chosen:
        known = load_workload(name).sizes if size not in SIZES else SIZES
        if size not in known:
            raise UsageError(f"unknown size {size!r}; workload {name!r} has {', '.join(known)}")
    cells = []
    skipped = []
    for workload in chosen:
        for strategy in select_strategies(strategies):
            cell = Cell(workload=workload, strategy=strategy, size=size, device=device)
            reason = _left_out(cell, limited)
            if reason:
                skipped.append(SkipRecord(cell=cell, reason=reason))
            else:
                cells.append(cell)
    return Plan(cells=tuple(cells), skipped=tuple(skipped))


def _left_out(cell: Cell, limited: Mapping[str, tuple[str, ...]]) -> str:
    for start, only in limited.items():
        if cell.strategy.startswith(start) and cell.workload not in only:
            return f"{start}* is limited to {', '.join(only)} by default, because each of its cells compiles for long"
    return ""


def blocks(cells: Iterable[Cell]) -> list[Block]:
    """Group cells into comparable blocks, in the order in which the plan first names them."""
    grouped: dict[str, list[Cell]] = {}
    for cell in cells:
        grouped.setdefault(f"{cell.workload}/{cell.size}/{cell.device}/{cell.mode}", []).append(cell)
    return [Block(name=name, cells=tuple(group)) for name, group in grouped.items()]
