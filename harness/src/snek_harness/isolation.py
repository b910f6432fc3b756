"""What a fresh process does before it runs a cell: a session of its own, its own output, limits, and no orphans."""

from __future__ import annotations

import contextlib
import ctypes
import faulthandler
import os
import resource
import signal
import sys

_PR_SET_PDEATHSIG = 1
MOST_OUTPUT_BYTES = 1 << 30
"""No file that a cell writes, its output included, may grow past this."""


def isolate(output: int, parent: int) -> None:
    """Make this process a cell's own: `output` takes what it prints, and it dies with `parent`."""
    os.setsid()
    die_with(parent)
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.close(null)
    os.close(output)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _lower(resource.RLIMIT_FSIZE, MOST_OUTPUT_BYTES)
    if sys.platform == "linux":
        # Where the host runs out of memory, the kernel takes this process and not the one that keeps the journal.
        with open("/proc/self/oom_score_adj", "w") as score:
            score.write("1000")
    faulthandler.enable(2)


def die_with(parent: int) -> None:
    """Let the kernel kill this process when its parent dies; on other systems the closed channel ends it."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def kill_session(pid: int) -> None:
    """Kill a worker and everything in its session's process group."""
    for kill in (os.kill, os.killpg):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            kill(pid, signal.SIGKILL)


def _lower(which: int, limit: int) -> None:
    _, hard = resource.getrlimit(which)
    resource.setrlimit(which, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard))
