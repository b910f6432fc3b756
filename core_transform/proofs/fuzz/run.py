"""The proof on generated programs: each runs plain, forced and inline, and must be the same in all that can be seen."""

from __future__ import annotations

import argparse
import json
import platform
import resource
import sys
import time
import warnings
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))

# The folder is no package: what is in it is run by path.
from compare import Difference, Virtualize, compare
from generate import Writer
from shorten import shortened

from snek_core_transform.groups import OPERATORS
from snek_core_transform.virtualize import virtualize

SLICE = 1_000
"""Programs a slice: what an interrupted run has to do again at most."""
SHOWN = 3
"""Differences that are made short; all are printed and counted."""
MEMORY = 4 << 30
"""Bytes that the proof may take: a program that is made short loses what keeps its numbers small."""


@dataclass
class Slice:
    """What came of the programs of one seed."""

    seed: int
    python: str = ".".join(platform.python_version_tuple()[:2])
    programs: int = 0
    lines: int = 0
    different: int = 0
    seconds: float = 0.0
    forms: dict[str, int] = field(default_factory=dict)
    """In how many programs each form of statement stands."""
    firings: dict[str, int] = field(default_factory=dict)


def run_slice(number: int, programs: int, virtualize_: Virtualize) -> tuple[Slice, list[Difference]]:
    """Write and compare so many programs of one seed."""
    done, differences = Slice(number), []
    forms, firings = Counter[str](), Counter[str]()
    start = time.perf_counter()

    @seed(number)
    @settings(
        max_examples=programs, deadline=None, database=None, phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(st.integers(0, 2**48), st.integers(2, 10))
    def check(drawn: int, size: int) -> None:
        # Hypothesis likes small numbers: without its own, one slice would write programs of another.
        writer = Writer(drawn + (number << 49), size)
        text = writer.text()
        try:
            firings.update(compare(text, virtualize_))
        except Difference as found:
            differences.append(found)
            print(found, flush=True)
        forms.update(set(writer.forms))
        done.programs += 1
        done.lines += len(writer.lines)

    check()
    done.seconds = round(time.perf_counter() - start)
    done.different, done.forms, done.firings = len(differences), dict(forms), dict(firings)
    return done, differences


def known(file: Path | None) -> list[Slice]:
    """Return the slices that a file has; one with differences runs again."""
    if file is None or not file.exists():
        return []
    slices = [Slice(**json.loads(line)) for line in file.read_text().splitlines()]
    return [one for one in slices if not one.different]


def differs(text: str, kind: str) -> bool:
    """Tell whether a program shows a kind of difference."""
    try:
        compare(text)
    except Difference as found:
        return found.kind == kind
    except Exception:  # noqa: BLE001 - what was left out was needed: it is no program for the proof
        return False
    return False


def report(slices: list[Slice], differences: list[Difference]) -> bool:
    """Print what was found, and tell whether it holds."""
    firings, forms = Counter[str](), Counter[str]()
    for one in slices:
        firings.update(one.firings)
        forms.update(one.forms)
    programs, lines = sum(one.programs for one in slices), sum(one.lines for one in slices)
    for found in differences[:SHOWN]:
        if found.found:
            print(found.kind, shortened(found.text, lambda text, kind=found.kind: differs(text, kind)), "", sep="\n")
    seconds = sum(one.seconds for one in slices)
    print(f"{programs} programs, {lines} lines, {len(differences)} different, in {seconds:.0f} s")
    print("programs with each form:", ", ".join(f"{form} {count}" for form, count in sorted(forms.items())))
    print("firings:", ", ".join(f"{name} {firings[name]}" for name in OPERATORS))
    silent = [name for name in OPERATORS if not firings[name]]
    if silent and programs >= 1_000:
        print("operators that never fired:", ", ".join(silent))
        return False
    return not differences


def main() -> int:
    """Run as the options say; 1 where a program differs or an operator never fired."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--programs", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=0, help="of the first slice; the others follow")
    parser.add_argument("--out", type=Path, help="add each slice to this file as it ends; go on where it stands")
    parser.add_argument("--identity", action="store_true", help="virtualize nothing: the proof must fail")
    options = parser.parse_args()
    virtualize_: Virtualize = (lambda function, _: function) if options.identity else virtualize
    warnings.simplefilter("ignore")
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    # What a generator raises as it is collected goes nowhere in plain Python either.
    sys.unraisablehook = lambda _: None
    slices, differences = known(options.out), list[Difference]()
    if options.out is not None:
        options.out.write_text("".join(json.dumps(asdict(one)) + "\n" for one in slices))
    seeds = {one.seed for one in slices}
    for index, start in enumerate(range(0, options.programs, SLICE)):
        if options.seed + index in seeds:
            continue
        done, found = run_slice(options.seed + index, min(SLICE, options.programs - start), virtualize_)
        slices.append(done)
        differences += found
        if options.out is not None:
            with options.out.open("a") as stream:
                stream.write(json.dumps(asdict(done)) + "\n")
    return 0 if report(slices, differences) else 1


if __name__ == "__main__":
    sys.exit(main())
