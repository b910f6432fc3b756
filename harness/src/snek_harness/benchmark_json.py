"""A run in pytest-benchmark's own format, so that `pytest-benchmark compare` reads it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime

import pytest_benchmark
from pytest_benchmark.stats import Stats

from snek_harness.record import TIMED_OUTCOMES, Cell, CellRecord, Manifest, Record, SampleRecord


def benchmark_json(manifest: Manifest, records: Iterable[Record]) -> bytes:
    """Return the JSON of one pytest-benchmark run: a benchmark for every cell that has a time, grouped by block."""
    records = list(records)
    last = {record.cell: record for record in records if isinstance(record, CellRecord)}
    taken: dict[Cell, list[SampleRecord]] = {}
    for sample in records:
        if isinstance(sample, SampleRecord):
            record = last.get(sample.cell)
            if record and record.outcome in TIMED_OUTCOMES and record.block == sample.block:
                taken.setdefault(sample.cell, []).append(sample)
    environment = manifest.environment
    run = {
        "machine_info": _machine_info(environment),
        "commit_info": {
            "id": environment.get("commit"),
            "dirty": bool(environment.get("dirty_files")),
            "project": "snek",
        },
        "benchmarks": [_benchmark(last[cell], samples) for cell, samples in taken.items()],
        "datetime": datetime.fromisoformat(manifest.created).isoformat(),
        "version": pytest_benchmark.__version__,
    }
    return json.dumps(run, indent=1).encode()


def _benchmark(record: CellRecord, samples: list[SampleRecord]) -> dict[str, object]:
    cell = record.cell
    stats = Stats()
    for sample in samples:
        stats.update(sample.seconds / sample.calls)
    params = {"workload": cell.workload, "strategy": cell.strategy, "size": cell.size, "device": cell.device}
    mode = "" if cell.mode == "forward" else f"-{cell.mode}"
    name = f"test_cell[{cell.workload}-{cell.strategy}-{cell.size}-{cell.device}{mode}]"
    return {
        "group": record.block,
        "name": name,
        "fullname": f"harness/benchmarks/test_cells.py::{name}",
        "params": params,
        "param": "-".join(params.values()),
        "extra_info": {"outcome": record.outcome, "mode": cell.mode},
        "options": {"timer": "perf_counter", "disable_gc": True, "min_rounds": len(samples), "warmup": True},
        "stats": {**stats.as_dict(), "data": stats.data, "iterations": samples[0].calls},
    }


def _machine_info(environment: Mapping[str, object]) -> dict[str, object]:
    platform, python, cpu = (environment[name] for name in ("platform", "python", "cpu"))
    assert isinstance(platform, Mapping)
    assert isinstance(python, Mapping)
    assert isinstance(cpu, Mapping)
    return {
        "node": environment["host"],
        "machine": platform["machine"],
        "system": platform["system"],
        "release": platform["release"],
        "python_implementation": python["implementation"],
        "python_version": python["version"],
        "cpu": {"brand_raw": cpu["model"], "count": cpu["threads"]},
    }
