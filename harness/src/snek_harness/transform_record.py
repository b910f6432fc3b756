"""What the transform suite writes down, and what follows from it: a line a program and system, ratios by pairs."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field

SCHEMA = 2
PLAIN = "plain"


@dataclass(frozen=True)
class TransformRecord:
    """One program, or one text to convert, with one system.

    `seconds` are of one call, one a round; the systems of a program are sampled in the same rounds. `lines` is the
    length of a text that was converted, and 0 where a program was run; `peak_bytes` how far the memory of the process
    grew that converted it, where it had one of its own. Without an outcome of `right` there are none.
    """

    kind: str
    program: str
    system: str
    outcome: str
    seconds: tuple[float, ...] = ()
    lines: int = 0
    reason: str = ""
    firings: Mapping[str, int] = field(default_factory=dict)
    peak_bytes: int = 0
    schema: int = SCHEMA

    def encode(self) -> bytes:
        """Return the record as one line of JSON."""
        return json.dumps(asdict(self)).encode() + b"\n"


def ratio(record: TransformRecord, records: Iterable[TransformRecord]) -> float | None:
    """Return the median over the rounds of a run's time over plain Python's in the same round."""
    plain = [other for other in records if (other.kind, other.program, other.system) == ("run", record.program, PLAIN)]
    if not record.seconds or not plain or record.kind != "run":
        return None
    return statistics.median(mine / its for mine, its in zip(record.seconds, plain[0].seconds, strict=True))


def table(records: Sequence[TransformRecord]) -> list[list[str]]:
    """Return rows for people: the programs by systems, their geometric means and worst, and lines converted a second.

    A mean over fewer programs than there are says how many.
    """
    systems = list(dict.fromkeys(record.system for record in records))
    programs = list(dict.fromkeys(record.program for record in records if record.kind == "run"))
    ratios = {
        (record.program, record.system): found
        for record in records
        if record.kind == "run" and (found := ratio(record, records)) is not None
    }
    outcomes = {(record.program, record.system): record.outcome for record in records}
    rows = [["over plain Python", *systems]]
    for program in programs:
        cells = [ratios.get((program, system)) for system in systems]
        shown = [
            outcomes.get((program, system), "") if cell is None else f"{cell:.2f}x"
            for cell, system in zip(cells, systems, strict=True)
        ]
        rows.append([program, *shown])
    by_system = {
        system: [ratios[program, system] for program in programs if (program, system) in ratios] for system in systems
    }

    def over(values: list[float], value: float) -> str:
        return f"{value:.2f}x" + ("" if len(values) == len(programs) else f" of {len(values)}")

    rows.append([
        "geometric mean",
        *(over(found, statistics.geometric_mean(found)) if found else "-" for found in by_system.values()),
    ])  # fmt: skip
    rows.append(["worst", *(over(found, max(found)) if found else "-" for found in by_system.values())])
    texts = list(dict.fromkeys(record.program for record in records if record.kind != "run"))
    for text in texts:
        of_text = [record for record in records if record.program == text and record.kind != "run"]
        speeds = {
            record.system: f"{record.lines / statistics.median(record.seconds):,.0f}"
            for record in of_text
            if record.seconds
        }
        peaks = {record.system: f"{record.peak_bytes / 2**20:,.0f}" for record in of_text if record.peak_bytes}
        rows.append([f"{text}, lines/s", *(speeds.get(system, "-") for system in systems)])
        if peaks:
            rows.append([f"{text}, MiB", *(peaks.get(system, "-") for system in systems)])
    return rows
