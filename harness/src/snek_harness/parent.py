"""A framework's parent process: imports its modules once, then forks one worker for each cell.

Run as `python -P -m snek_harness.parent --control FD MODULE...`; with `--spawn` it imports nothing and starts a fresh
interpreter for each cell.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import importlib
import os
import selectors
import signal
import socket
import sys
from collections.abc import Callable

from snek_harness import worker
from snek_harness.channel import Channel, ChannelError
from snek_harness.imports import import_timed
from snek_harness.isolation import kill_session
from snek_harness.messages import Ended, Ready, Started

Start = Callable[[int, int], int]
"""Start a worker on a channel and an output descriptor; return its process."""


def main(arguments: list[str]) -> None:
    """Import, say so, and serve until the scheduler's end of the control socket closes."""
    parser = argparse.ArgumentParser(prog="snek_harness.parent", description=__doc__)
    parser.add_argument("--control", type=int, required=True)
    parser.add_argument("--spawn", action="store_true")
    parser.add_argument("modules", nargs="*")
    options = parser.parse_args(arguments)
    os.set_inheritable(options.control, False)
    control = Channel(socket.socket(fileno=options.control))
    with contextlib.suppress(ChannelError):
        if options.spawn:
            control.send(Ready(imports={}, failures={}))
            serve(control, lambda channel, output: _spawned(channel, output, options.modules))
        else:
            imports, failures = import_timed(options.modules)
            # Loaded after the framework, so that NumPy's import is the framework's; forked workers find it there.
            importlib.import_module("snek_harness.jobs")
            # Workers' collectors leave the framework's objects alone, whose pages would be copied for nothing.
            gc.collect()
            gc.freeze()
            control.send(Ready(imports=imports, failures=failures))
            serve(control, _forked)


def serve(control: Channel, start: Start) -> None:
    """Start a worker for each request and report each that ends; once the control socket closes, kill all of them."""
    workers: set[int] = set()
    woken, waker = os.pipe()
    os.set_blocking(woken, False)
    os.set_blocking(waker, False)
    # A worker's death wakes the selector through this pipe; the handler itself has nothing to do.
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
    try:
        with selectors.DefaultSelector() as selector:
            selector.register(control, selectors.EVENT_READ)
            selector.register(woken, selectors.EVENT_READ)
            while True:
                ready = {key.fd for key, _ in selector.select()}
                if woken in ready:
                    os.read(woken, 4096)
                    _reap(workers, control)
                if control.fileno() in ready:
                    _, (channel, output) = control.receive_descriptors(2)
                    pid = start(channel, output)
                    workers.add(pid)
                    os.close(channel)
                    os.close(output)
                    control.send(Started(pid))
    finally:
        for pid in workers:
            kill_session(pid)


def _reap(workers: set[int], control: Channel) -> None:
    while workers:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == 0:
            return
        workers.discard(pid)
        # What the worker itself started must not outlive it.
        kill_session(pid)
        control.send(Ended(pid, status))


def _forked(channel: int, output: int) -> int:
    parent = os.getpid()
    pid = os.fork()
    if pid == 0:
        worker.run(channel, output, parent)
    return pid


def _spawned(channel: int, output: int, modules: list[str]) -> int:
    for descriptor in (channel, output):
        os.set_inheritable(descriptor, True)
    command = [
        sys.executable, "-P", "-m", "snek_harness.worker",
        "--channel", str(channel), "--output", str(output), "--parent", str(os.getpid()), *modules,
    ]  # fmt: skip
    return os.posix_spawn(sys.executable, command, os.environ)


if __name__ == "__main__":
    main(sys.argv[1:])
