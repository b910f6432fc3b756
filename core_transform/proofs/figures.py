"""Put the recorded results of the proofs, `results/proofs/*.jsonl`, into the tables of this folder's README.

`python figures.py` writes the tables; a test compares them with the records.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

# The folder is no package: what is in it is run by path.
from outcomes import Compared, read  # noqa: E402

RECORDS = HERE.parent.parent / "results" / "proofs"
BEGIN, END = "<!-- figures: made by figures.py -->\n", "<!-- end of figures -->\n"
HEAD = (
    "| proof | Python | mode | modules | with every group | tests | functions virtualized | refused | functions from "
    "which an operator fired, of those that ran | firings | excepted | different |\n"
    "|---|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n"
)
EVERY_GROUP = "read"
"""The operator that tells: no function runs without it where its group is wanted."""

FUZZ_HEAD = (
    "| proof | Python | programs | lines | forms of statement | firings | different |\n|---|---|--:|--:|--:|--:|--:|\n"
)


def tables(records: Path = RECORDS) -> str:
    """Return the figures of every record as Markdown tables: one of test suites, one of generated programs."""
    rows, generated = [], []
    for file in sorted(records.glob("*.jsonl")):
        proof = file.stem.partition("-")[0]
        if proof == "fuzz":
            generated.append(_generated(proof, [json.loads(line) for line in file.read_text().splitlines()]))
            continue
        results = read(file)
        rows += [_row(proof, mode, [one for one in results if one.mode == mode]) for mode in ("forced", "inline")]
    return HEAD + "".join(rows) + "\n" + FUZZ_HEAD + "".join(generated)


def _generated(proof: str, slices: list[dict[str, Any]]) -> str:
    python = ", ".join(sorted({one["python"] for one in slices}))
    counts = (_sum(slices, "programs"), _sum(slices, "lines"), len({form for one in slices for form in one["forms"]}))
    firings = sum(sum(one["firings"].values()) for one in slices)
    figures = " | ".join(f"{count:,}" for count in (*counts, firings, _sum(slices, "different")))
    return f"| {proof} | {python} | {figures} |\n"


def _row(proof: str, mode: str, results: list[Compared]) -> str:
    ran = [one for one in results if not one.skipped]
    functions = [one.functions for one in ran if one.functions]
    fired = f"{_sum(functions, 'fired'):,} of {_sum(functions, 'reached'):,}" if functions else "–"
    firings = f"{sum(sum(one.firings.values()) for one in ran):,}" if mode == "forced" else "–"
    python = ", ".join(sorted({one.python for one in ran}))
    every = f"{sum(EVERY_GROUP in one.firings for one in ran):,}" if mode == "forced" else "–"
    counts = (
        sum(one.tests for one in ran), sum(one.virtualized for one in ran),
        sum(len(one.refused) for one in ran),
    )  # fmt: skip
    ends = (sum(len(one.excepted) for one in ran), sum(len(one.different) for one in ran))
    middle = " | ".join(f"{count:,}" for count in counts)
    start = f"| {proof} | {python} | {mode} | {len(ran):,} | {every} | {middle}"
    return f"{start} | {fired} | {firings} | {ends[0]:,} | {ends[1]:,} |\n"


def _sum(several: list[dict[str, Any]], name: str) -> int:
    return sum(counts[name] for counts in several)


def with_tables(text: str) -> str:
    """Return the README's text with the tables of the present records."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return before + BEGIN + "\n" + tables() + "\n" + END + after


if __name__ == "__main__":
    readme = HERE / "README.md"
    readme.write_text(with_tables(readme.read_text()))
