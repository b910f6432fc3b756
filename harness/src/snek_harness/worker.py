"""A worker process: does one job, answers over its channel, and never lets an exception out.

Forked from a parent; or run as `python -P -m snek_harness.worker --channel FD --output FD --parent PID MODULE...`.
"""

from __future__ import annotations

import argparse
import importlib
import os
import resource
import socket
import sys
import tempfile
import traceback
from collections.abc import Sequence
from typing import NoReturn

from snek_harness.channel import Channel, ChannelError
from snek_harness.imports import import_timed
from snek_harness.isolation import isolate
from snek_harness.messages import Finished, Imported, Job, cannot_import


def run(channel_descriptor: int, output: int, parent: int, modules: Sequence[str] = ()) -> NoReturn:
    """Do the job that comes over the channel in this process, which belongs to it alone, and end the process."""
    status = 1
    try:
        isolate(output, parent)
        _serve(Channel(socket.socket(fileno=channel_descriptor)), modules)
        status = 0
    except ChannelError:
        status = 0  # the scheduler gave this worker up
    except BaseException:  # noqa: BLE001 - the outermost frame: nothing above may run in a forked child
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        # No exit handlers: they are the parent's, and frameworks hang in theirs.
        os._exit(status)


def _serve(channel: Channel, modules: Sequence[str]) -> None:
    channel.sock.set_inheritable(False)
    job = channel.receive()
    assert isinstance(job, Job), f"a worker's first message is its job, not {job!r}"
    _start_cold(job.scratch)
    if modules:
        imports, failures = import_timed(modules)
        channel.send(Imported(imports=imports, failures=failures))
        for module, trace in failures.items():
            channel.send(cannot_import(module, trace))
            return
    importlib.import_module("snek_harness.jobs").do_job(job, channel)
    channel.send(Finished(_peak_memory_bytes()))


def _start_cold(scratch: str) -> None:
    """Point the caches that frameworks keep between processes to this job's own empty folder."""
    for name in ("TORCHINDUCTOR_CACHE_DIR", "TRITON_CACHE_DIR", "NUMBA_CACHE_DIR", "SNEK_CACHE_DIR", "TMPDIR"):
        os.environ[name] = os.path.join(scratch, name.lower())
        os.makedirs(os.environ[name], mode=0o700, exist_ok=True)
    tempfile.tempdir = None


def _peak_memory_bytes() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def main(arguments: list[str]) -> NoReturn:
    """Do the job in this fresh interpreter, framework's import included."""
    parser = argparse.ArgumentParser(prog="snek_harness.worker", description=__doc__)
    for name in ("--channel", "--output", "--parent"):
        parser.add_argument(name, type=int, required=True)
    parser.add_argument("modules", nargs="*")
    options = parser.parse_args(arguments)
    run(options.channel, options.output, options.parent, options.modules)


if __name__ == "__main__":
    main(sys.argv[1:])
