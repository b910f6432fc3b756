"""Make run folders as the harness leaves them, with every outcome and every fault; `python recorded_run.py FOLDER`."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from snek_harness.record import Cell, CellRecord, Manifest, Record, SampleRecord, SkipRecord, StagingRecord, encode

HOSTILE = "<script>alert('x')</script> \"&\" | `code` $\\frac{1 \x1b[31m\u202e ünïcödé 蛇 =1+1"

# Milliseconds a call of the program as written on NumPy.
WORKLOADS = {
    "collatz": 2.4,
    "digits_classifier": 180.0,
    "lstm": 41.0,
    "mandelbrot": 95.0,
    "newton": 0.35,
    "power": 0.021,
    "tree_lstm": 12.0,
}
# How many times faster than eager/numpy; seconds of import, transform, stage, compile, and first call over steady.
STRATEGIES = {
    "eager/numpy": (1.0, 0.11, 0.0, 0.0, 0.0, 0.0),
    "eager/torch": (0.6, 1.9, 0.0, 0.0, 0.0, 0.0),
    "eager/tensorflow": (0.06, 3.4, 0.0, 0.0, 0.0, 0.0),
    "eager/jax": (0.03, 0.9, 0.0, 0.0, 0.0, 0.02),
    "trace/torch": (2.1, 1.9, 0.0, 0.08, 0.0, 0.05),
    "trace/tensorflow": (1.7, 3.4, 0.0, 0.3, 0.0, 0.2),
    "trace/jax": (9.0, 0.9, 0.0, 0.09, 0.21, 0.0002),
    "torchscript/torch": (1.6, 1.9, 0.0, 0.04, 0.0, 0.3),
    "autograph/tensorflow": (1.4, 3.4, 0.0, 0.9, 0.0, 0.25),
    "autograph/snek": (1.5, 3.4, 0.012, 0.4, 0.0, 0.25),
    "snek/interpret": (0.7, 0.11, 0.009, 0.015, 0.0003, 0.0004),
    "numba/njit": (60.0, 0.8, 0.0, 0.002, 1.7, 0.01),
    "dynamo/compile": (2.3, 1.9, 0.0, 0.0, 0.0, 11.0),
}
PHASES = ("import", "transform", "stage", "compile", "first_call")
# What did not come out `captured` (or `reference`): outcome, kind, reason.
FAULTS = {
    ("collatz", "trace/torch"): ("wrong", "", "argument set 2: steps: 111 expected, 97 got"),
    ("collatz", "trace/jax"): ("rejected", "TracerBoolConversionError", "Attempted boolean conversion of traced array"),
    ("collatz", "trace/tensorflow"): ("rejected", "OperatorNotAllowedInGraphError", HOSTILE),
    ("collatz", "autograph/tensorflow"): ("fallback", "", "27 calls of program code on later calls"),
    ("collatz", "dynamo/compile"): ("fallback", "", "3 graphs; 2 breaks"),
    ("lstm", "numba/njit"): ("rejected", "TypingError", "No implementation of function concat " + "long " * 900),
    ("lstm", "trace/torch"): ("wrong", "", "argument set 1: largest error 0.53 at hidden[3, 17]"),
    ("mandelbrot", "autograph/snek"): ("timed_out", "", "no answer in 60 s"),
    ("mandelbrot", "snek/interpret"): ("crashed", "", "the worker ended by signal 11 (SIGSEGV)"),
    ("newton", "trace/tensorflow"): (
        "wrong",
        "",
        "right on the first call, wrong on the second: 1.41 expected, 1.73 got",
    ),
    ("tree_lstm", "numba/njit"): ("out_of_memory", "", "more than 4 GiB"),
    ("tree_lstm", "torchscript/torch"): ("rejected", "RuntimeError", "function 'node' is called recursively"),
    ("tree_lstm", "trace/jax"): ("rejected", "RecursionError", "maximum recursion depth exceeded"),
    **{(name, "eager/jax"): ("unavailable", "", "module 'jax' is not installed") for name in ("power", "newton")},
}
DYNAMO = ("collatz", "lstm", "newton")
ENVIRONMENT = {
    "host": "9f3a",
    "python": "3.11.9",
    "platform": "Linux-6.8-x86_64",
    "cpu": {"model": "Intel(R) Xeon(R) Processor @ 2.60GHz", "cores": 2, "governor": "powersave"},
    "threads": 1,
    "calls": {"scalar": {"lantern": 2.5e-7, "jax": 8.6e-6}, "four_arrays": {"lantern": 5e-7}},
    "training": {"lantern": [1e-3, 2e-3, 1e-3], "eager/torch": [16e-3, 32e-3, 16e-3]},
    "specialisation": {
        "power": {
            "lantern": {"specialised": [1e-7, 2e-7, 1e-7], "unspecialised": [3e-7, 4e-7, 3e-7]},
            "jax": {"specialised": [1e-5] * 3, "unspecialised": HOSTILE},
        }
    },
    "limits": {"flops_per_second": 9e10, "bytes_per_second": 1.2e10},
    "blas": [{"api": "openblas", "version": "0.3.29", "threads": 1}],
    "packages": {"numpy": "2.4.6", "torch": "2.13.0", "tensorflow": None},
    "commit": "a45c3591d2",
    "dirty_files": ["core_transform/src/snek_core_transform/bind.py", HOSTILE],
    "gpu": None,
}


def write_run(
    folder: Path,
    records: Iterable[Record | bytes],
    *,
    cells: Iterable[Cell] = (),
    skipped: Iterable[SkipRecord] = (),
    environment: Mapping[str, object] = ENVIRONMENT,
) -> Path:
    """Write a run folder of those records, in that order; bytes are written as they are."""
    folder.mkdir(parents=True, exist_ok=True)
    manifest = Manifest(
        run=folder.name, created="2026-03-01T12:00:00Z", snek="0.1.0", seed=7, cells=list(cells), skipped=list(skipped),
        arguments={"size": "small", "samples": 12, "time_limit": 60, "note": HOSTILE}, environment=dict(environment),
    )  # fmt: skip
    (folder / "manifest.json").write_bytes(encode(manifest))
    lines = [record if isinstance(record, bytes) else encode(record) for record in records]
    (folder / "records.jsonl").write_bytes(b"\n".join(lines) + b"\n")
    return folder


def samples(cell: Cell, block: str, seconds: Iterable[float], *, calls: int = 1) -> list[SampleRecord]:
    """Return one sample a round, of those seconds a call."""
    return [
        SampleRecord(cell=cell, block=block, round=i, turn=0, calls=calls, seconds=one * calls)
        for i, one in enumerate(seconds)
    ]


def stagings(block: str, times: Mapping[Cell, Iterable[float]]) -> list[StagingRecord]:
    """Return what staging anew took in a block, as the harness writes it: round by round."""
    found = [
        StagingRecord(cell=cell, block=block, round=i, turn=turn, seconds=one)
        for turn, (cell, seconds) in enumerate(times.items())
        for i, one in enumerate(seconds)
    ]
    return sorted(found, key=lambda one: (one.round, one.turn))


def ended(cell: Cell, block: str, outcome: str = "", reason: str = "", **fields: object) -> CellRecord:
    """Return how a cell ended; an eager cell is a `reference`, any other `captured`, unless said otherwise."""
    outcome = outcome or ("reference" if cell.strategy.startswith("eager/") else "captured")
    evidence = {"python_calls": 0, "stagings": 1, "graphs": 1, "breaks": 0} if outcome == "captured" else {}
    return CellRecord(cell=cell, block=block, outcome=outcome, reason=reason, evidence=evidence, **fields)  # type: ignore[arg-type]


def measured(block: str, times: Mapping[Cell, Iterable[float]], **fields: object) -> list[Record]:
    """Return a block as the harness writes it: the samples of all its cells, round by round, then how each ended."""
    found = [sample for cell, seconds in times.items() for sample in samples(cell, block, seconds)]
    found.sort(key=lambda sample: sample.round)
    return [*found, *(ended(cell, block, **fields) for cell in times)]  # type: ignore[arg-type]


def whole_run(folder: Path) -> Path:
    """Write a run of seven workloads and thirteen strategies that holds every outcome and every fault of a journal."""
    random = np.random.default_rng(3)
    cells, skipped, journal = [], [], []
    for workload in WORKLOADS:
        # As the harness does, a block that was interrupted is measured again whole, under another name.
        block = f"{workload}/small/cpu/forward#{2 if workload == 'lstm' else 1}"
        live, staged = [], {}
        if workload == "lstm":
            interrupted = Cell(workload=workload, strategy="eager/numpy", size="small")
            journal += [*samples(interrupted, f"{workload}/small/cpu/forward#1", [9.0] * 3),
                        ended(interrupted, f"{workload}/small/cpu/forward#1", argument_sets=3)]  # fmt: skip
        for strategy in STRATEGIES:
            cell = Cell(workload=workload, strategy=strategy, size="small")
            if strategy == "dynamo/compile" and workload not in DYNAMO:
                skipped.append(SkipRecord(cell=cell, reason=f"limited to {', '.join(DYNAMO)}"))
                continue
            cells.append(cell)
            if (workload, strategy) == ("power", "numba/njit"):
                continue
            outcome, kind, reason = FAULTS.get((workload, strategy), ("", "", ""))
            speed, *phases = STRATEGIES[strategy]
            steady = WORKLOADS[workload] / 1e3 / (speed * float(random.lognormal(0, 0.5)) if speed != 1 else 1)
            if outcome in ("", "fallback"):
                if phases[2] and not strategy.startswith("eager/"):
                    staged[cell] = [phases[2] * (1 + 0.1 * number) for number in range(5)]
                live.append((cell, steady, 0.12 if workload == "newton" else 0.015))
                phases[-1] += steady
            known = {name: seconds for name, seconds in zip(PHASES, phases, strict=True) if seconds}
            detail = f'Traceback (most recent call last):\n  File "{workload}.py", line 7\n{reason}' if reason else ""
            journal.append(
                ended(
                    cell, block, outcome, reason, kind=kind, detail=detail, phases=known, argument_sets=3,
                    peak_memory_bytes=int(random.integers(2**26, 2**30)), largest_error=float(random.random() * 1e-6),
                    started="2026-03-01T12:00:00Z", flops=2e6 * WORKLOADS[workload],
                    bytes_moved=2e6 * WORKLOADS[workload] / (1 + 4 * list(WORKLOADS).index(workload)),
                )
            )  # fmt: skip
        journal += stagings(block, staged)
        count = 7 if workload == "tree_lstm" else 12
        for round_ in range(count):
            order = live if round_ % 2 == 0 else live[::-1]
            for turn, (cell, steady, noise) in enumerate(order):
                seconds = steady * float(random.lognormal(0, noise))
                calls = max(1, round(1e-3 / seconds))
                journal.append(
                    SampleRecord(cell=cell, block=block, round=round_, turn=turn, calls=calls, seconds=seconds * calls)
                )
    journal += samples(Cell(workload="power", strategy="numba/njit", size="small"), "power/small/cpu/forward#2", [1e-6])
    torn = encode(journal[-1])[:70]
    return write_run(folder, [*journal[:40], b'{"type":"sample"', *journal[40:], torn], cells=cells, skipped=skipped)


if __name__ == "__main__":
    print(whole_run(Path(sys.argv[1])))
