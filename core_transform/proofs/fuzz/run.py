"""The proof on generated programs: each runs plain, forced and inline, and must be the same in all that can be seen."""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from collections import Counter
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))

from compare import Difference, compare
from generate import Writer

from snek_core_transform.groups import OPERATORS
from snek_core_transform.virtualize import virtualize


def main() -> int:
    """Run as the options say; 1 where a program differs or an operator never fired."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--programs", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--identity", action="store_true", help="virtualize nothing: the proof must fail")
    options = parser.parse_args()
    forms: Counter[str] = Counter()
    firings: Counter[str] = Counter()
    counts: Counter[str] = Counter()

    @seed(options.seed)
    @settings(
        max_examples=options.programs, deadline=None, database=None, phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(st.integers(0, 2**48), st.integers(4, 24))
    def check(number: int, size: int) -> None:
        writer = Writer(number, size)
        text = writer.text()
        operators = compare(text, (lambda function, _: function) if options.identity else virtualize)
        forms.update(form for form in writer.forms)
        firings.update(operators.firings)
        counts["programs"] += 1
        counts["lines"] += len(writer.lines)

    warnings.simplefilter("ignore")
    start = time.perf_counter()
    try:
        check()
    except Difference as difference:
        print(difference)
        return 1
    took = time.perf_counter() - start
    print(f"{counts['programs']} programs, {counts['lines']} lines, 0 different, in {took:.0f} s")
    print("programs with each form:", ", ".join(f"{form} {count}" for form, count in sorted(forms.items())))
    print("firings:", ", ".join(f"{name} {firings[name]}" for name in OPERATORS))
    silent = [name for name in OPERATORS if not firings[name]]
    if silent and options.programs >= 1_000:
        print("operators that never fired:", ", ".join(silent))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
