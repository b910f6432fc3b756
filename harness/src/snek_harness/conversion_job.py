"""One long text converted by one system, in a process of its own: its processor time, and how far its memory grew.

`python -m snek_harness.conversion_job SYSTEM LINES FOLDER` prints one line of JSON.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

from snek_harness.conversion_text import FUNCTION_LINES, functions_of, load_text, text_of_functions
from snek_strategies.converters import CONVERTERS


def convert(name: str, lines: int, folder: Path) -> dict[str, float]:
    """Return the lines, processor seconds and bytes of a conversion of functions that have `lines` lines in all."""
    system = CONVERTERS[name]
    # What a first conversion imports and compiles is not the text's.
    warm_up, _ = text_of_functions(FUNCTION_LINES, 0, 2)
    with load_text(warm_up, folder, f"warm_up_{name}") as module:
        for function in functions_of(module):
            system.convert(function)
    text, length = text_of_functions(FUNCTION_LINES, 1, max(1, lines // FUNCTION_LINES))
    with load_text(text, folder, f"text_{lines}_{name}") as module:
        functions = functions_of(module)
        before = _peak_bytes()
        start = time.process_time()
        for function in functions:
            system.convert(function)
        seconds = time.process_time() - start
    return {"lines": length, "seconds": seconds, "peak_bytes": _peak_bytes() - before}


def _peak_bytes() -> int:
    """Return the most memory that this process has held; on Linux `getrusage` would count the one that started it."""
    status = Path("/proc/self/status")
    if status.exists():
        [line] = [line for line in status.read_text().splitlines() if line.startswith("VmHWM:")]
        return int(line.split()[1]) * 1024
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


if __name__ == "__main__":
    sys.stdout.write(json.dumps(convert(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))) + "\n")
