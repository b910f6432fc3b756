"""The plan of a run as data: which cells are measured, which are left out and why, and which are compared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from snek_core_transform.errors import UsageError
from snek_harness.catalogue import load_workload, select_strategies, select_workloads
from snek_harness.expert import EXPERTS, has_expert
from snek_harness.record import Cell, Mode, SkipRecord
from snek_workloads import registry
from snek_workloads.workload import SIZES

DEVICES = ("cpu", "cuda")
MODES: tuple[Mode, ...] = ("forward", "gradient")
ALL_SIZES = (*SIZES, "paper")
"""Sizes that one may ask for without naming workloads."""

LEFT_OUT: Mapping[str, frozenset[str]] = {
    "dynamo/": frozenset(registry.names()) - {"lstm", "mandelbrot", "newton"},
    "snek/numba": frozenset({"maml"}),
    "numba/njit": frozenset({"maml"}),
}
"""By the start of a strategy's name, the workloads it does not run by default: their cells compile for up to 40 s."""


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
    left_out: Mapping[str, frozenset[str]] = LEFT_OUT,
    mode: Mode = "forward",
) -> Plan:
    """Plan every chosen strategy on every chosen workload; both are names or regular expressions, empty for all.

    `left_out` maps the start of a strategy's name to the workloads it does not run; pass `{}` to run it on all.
    Workloads that nobody named are left out where they lack the size or, for mode `gradient`, an objective, and an
    expert where none was written.
    Raises UsageError for a name that does not exist, saying which do.
    """
    chosen = select_workloads(workloads)
    if device not in DEVICES:
        raise UsageError(f"unknown device {device!r}; one of {', '.join(DEVICES)}")
    for name in chosen:
        workload = load_workload(name)
        if size not in workload.sizes and (workloads or size not in ALL_SIZES):
            raise UsageError(f"unknown size {size!r}; workload {name!r} has {', '.join(workload.sizes)}")
        if mode == "gradient" and not workload.by and workloads:
            raise UsageError(f"workload {name!r} has no objective to differentiate; name one that has, or no workload")
    cells = []
    skipped = []
    for name in chosen:
        workload = load_workload(name)
        if size not in workload.sizes or (mode == "gradient" and not workload.by):
            continue
        for strategy in select_strategies(strategies):
            if strategy in EXPERTS and not has_expert(workload, strategy, mode):
                continue
            cell = Cell(workload=name, strategy=strategy, size=size, device=device, mode=mode)
            reason = _left_out(cell, left_out)
            if reason:
                skipped.append(SkipRecord(cell=cell, reason=reason))
            else:
                cells.append(cell)
    return Plan(cells=tuple(cells), skipped=tuple(skipped))


def _left_out(cell: Cell, left_out: Mapping[str, frozenset[str]]) -> str:
    for start, names in left_out.items():
        if cell.strategy.startswith(start) and cell.workload in names:
            return f"{cell.strategy} on {cell.workload} compiles for long and is left out by default"
    return ""


def blocks(cells: Iterable[Cell]) -> list[Block]:
    """Group cells into comparable blocks, in the order in which the plan first names them."""
    grouped: dict[str, list[Cell]] = {}
    for cell in cells:
        grouped.setdefault(f"{cell.workload}/{cell.size}/{cell.device}/{cell.mode}", []).append(cell)
    return [Block(name=name, cells=tuple(group)) for name, group in grouped.items()]
