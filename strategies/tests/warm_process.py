"""Import modules once; then run each script that comes in on a line of its own in a process forked from here.

A framework's import takes as long as many programs do. As in the harness, the parent only imports: what a script does
stays in its own process. `python -P warm_process.py torch`, then lines `[script, words, output, errors]` as JSON.
"""

from __future__ import annotations

import importlib
import json
import os
import runpy
import sys
import traceback


def run(script: str, words: list[str], output: str, errors: str) -> None:
    """Run a script in this forked process with its output in files, and end the process."""
    status = 1
    try:
        for stream, path in ((sys.stdin, os.devnull), (sys.stdout, output), (sys.stderr, errors)):
            opened = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
            os.dup2(opened, stream.fileno())
            os.close(opened)
        sys.argv[:] = [script, *words]
        runpy.run_path(script, run_name="__main__")
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def main(*modules: str) -> None:
    """Answer each line with the exit code of its script, until there are no more."""
    for module in modules:
        importlib.import_module(module)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            run(*json.loads(line))
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
