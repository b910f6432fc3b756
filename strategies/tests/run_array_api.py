"""Run the Array API's programs on one back-end and print what came out as JSON: `python -P run_array_api.py jax`.

What the table expects to be right is compiled sixteen programs at a time; where such a batch is not right, and for
what the table expects to be refused, each program stands alone.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))
from array_api_programs import PROGRAMS
from run_backends import verdict
from strict_backend import strictly

TABLE = Path(__file__).parents[2] / "results/expected/array_api.json"
BATCH = 16


def together(names: list[str], backend: str) -> str:
    """Say what becomes of several programs as one."""
    functions = tuple(PROGRAMS[name][0] for name in names)

    def batch(given):
        answers = []
        for function, arguments in zip(functions, given, strict=True):
            answers.append(function(*arguments))  # noqa: PERF401 - a comprehension is not virtualized
        return answers

    return verdict(batch, [(tuple(PROGRAMS[name][1] for name in names),)], backend)


def main(backend: str, *chosen: str) -> None:
    """Print all verdicts by name."""
    strictly(backend)
    refused = json.loads(TABLE.read_text()).get(backend, [])
    answers: dict[str, str] = {}
    pending = [name for name in chosen or PROGRAMS if name not in refused]
    alone = [name for name in chosen or PROGRAMS if name in refused]
    for first in range(0, len(pending), BATCH):
        names = pending[first : first + BATCH]
        if together(names, backend) == "right":
            answers.update(dict.fromkeys(names, "right"))
        else:
            alone += names
    answers.update((name, verdict(*_row(name), backend)) for name in alone)
    json.dump(answers, sys.stdout)


def _row(name: str) -> tuple[object, list[tuple[object, ...]]]:
    function, arguments = PROGRAMS[name]
    return function, [arguments]


if __name__ == "__main__":
    main(*sys.argv[1:])
