"""What the scheduler, a parent and a worker say to each other: JSON lines, no pickles."""

from __future__ import annotations

from typing import Literal

import msgspec

from snek_harness.record import Mode, Outcome, Phase

JobKind = Literal["prepare", "reference", "cell"]


class Job(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Scheduler to worker, first of all: what to do. `expected` is empty where the job makes the expectation."""

    kind: JobKind
    workload: str
    strategy: str = ""
    size: str
    device: str
    seed: int
    argument_sets: int
    threads: int
    folder: str
    """The block's folder: argument sets, oracle and references as `.npz` files."""
    scratch: str
    """A folder for this job alone: the caches of compilers start cold in it."""
    expected: str = ""
    """The file in `folder` to compare with."""
    exact_dtype: bool = True
    mode: Mode = "forward"


class Do(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Scheduler to a checked worker: the next step."""

    what: Literal["stage", "warm_up", "sample", "recheck", "finish"]
    calls: int = 1
    min_seconds: float = 0.0


class Fork(msgspec.Struct, frozen=True, tag=True):
    """Scheduler to parent, with the worker's socket and its output file as descriptors: start a worker."""


class Ready(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Parent to scheduler, once: the seconds each import took, and the imports that failed."""

    imports: dict[str, float]
    failures: dict[str, str]


class Started(msgspec.Struct, frozen=True, tag=True):
    """Parent to scheduler: the worker's process."""

    pid: int


class Ended(msgspec.Struct, frozen=True, tag=True):
    """Parent to scheduler: a worker is gone; `status` is as of `os.waitpid`."""

    pid: int
    status: int


class Imported(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Spawned worker to scheduler: what its own imports took, and those that failed."""

    imports: dict[str, float]
    failures: dict[str, str]


class Began(msgspec.Struct, frozen=True, tag=True):
    """Worker to scheduler: a phase begins."""

    phase: str


class Prepared(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Worker to scheduler: the expectation is written; `difference` says where it misses the oracle or witness."""

    difference: str = ""
    flops: float | None = None
    bytes_moved: float | None = None


class Checked(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Worker to scheduler: the program is staged and was compared with the expectation."""

    outcome: Outcome
    reason: str
    phases: dict[Phase, float]
    largest_error: float | None
    argument_sets: int
    evidence: dict[str, int]


class WarmedUp(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Worker to scheduler: the calls that a sample needs, and the seconds that finding out took."""

    calls: int
    seconds: float


class Sampled(msgspec.Struct, frozen=True, tag=True):
    """Worker to scheduler: the seconds of one sample."""

    seconds: float


class Rechecked(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Worker to scheduler: the comparison after timing, and the evidence looked at again."""

    difference: str
    doubt: str
    largest_error: float | None


class Failed(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Worker to scheduler: an exception ended the job."""

    outcome: Outcome
    reason: str
    error: str
    detail: str
    phases: dict[Phase, float]


def cannot_import(module: str, trace: str) -> Failed:
    """Return the message for a module that is installed but breaks when it is imported."""
    last = trace.strip().rpartition("\n")[2]
    reason = f"module {module!r} cannot be imported: {last}; repair its installation"
    return Failed(outcome="unavailable", reason=reason, error=last.partition(":")[0], detail=trace, phases={})


class Finished(msgspec.Struct, frozen=True, tag=True):
    """Worker to scheduler, last of all: the most memory it ever held."""

    peak_memory_bytes: int


Message = (
    Job
    | Do
    | Fork
    | Ready
    | Started
    | Ended
    | Imported
    | Began
    | Prepared
    | Checked
    | WarmedUp
    | Sampled
    | Rechecked
    | Failed
    | Finished
)
