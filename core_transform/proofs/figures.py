"""Put the recorded results of the proofs, `results/proofs/*.jsonl`, into the table of this folder's README.

`python figures.py` writes the table; a test compares it with the records.
"""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

# The folder is no package: what is in it is run by path.
from outcomes import Compared, read  # noqa: E402

RECORDS = HERE.parent.parent / "results" / "proofs"
BEGIN, END = "<!-- figures: made by figures.py -->\n", "<!-- end of figures -->\n"
HEAD = (
    "| proof | Python | mode | modules | tests | functions virtualized | refused | functions from which an operator "
    "fired, of those that ran | firings | excepted | different |\n"
    "|---|---|---|--:|--:|--:|--:|--:|--:|--:|--:|\n"
)


def table(records: Path = RECORDS) -> str:
    """Return the figures of every record as a Markdown table."""
    rows = []
    for file in sorted(records.glob("*.jsonl")):
        results = read(file)
        for mode in ("forced", "inline"):
            rows.append(_row(file.stem.partition("-")[0], mode, [one for one in results if one.mode == mode]))
    return HEAD + "".join(rows)


def _row(proof: str, mode: str, results: list[Compared]) -> str:
    ran = [one for one in results if not one.skipped]
    functions = [one.functions for one in ran if one.functions]
    fired = f"{_sum(functions, 'fired'):,} of {_sum(functions, 'reached'):,}" if functions else "–"
    firings = f"{sum(sum(one.firings.values()) for one in ran):,}" if mode == "forced" else "–"
    python = ", ".join(sorted({one.python for one in ran}))
    counts = (
        len(ran), sum(one.tests for one in ran), sum(one.virtualized for one in ran),
        sum(len(one.refused) for one in ran),
    )  # fmt: skip
    ends = (sum(len(one.excepted) for one in ran), sum(len(one.different) for one in ran))
    middle = " | ".join(f"{count:,}" for count in counts)
    return f"| {proof} | {python} | {mode} | {middle} | {fired} | {firings} | {ends[0]:,} | {ends[1]:,} |\n"


def _sum(several: list[dict[str, int]], name: str) -> int:
    return sum(counts[name] for counts in several)


def with_table(text: str) -> str:
    """Return the README's text with the table of the present records."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return before + BEGIN + "\n" + table() + "\n" + END + after


if __name__ == "__main__":
    readme = HERE / "README.md"
    readme.write_text(with_table(readme.read_text()))
