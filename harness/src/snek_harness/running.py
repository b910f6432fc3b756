"""A worker as the scheduler sees it: messages within limits of time and memory, or the outcome that ended it."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import socket
from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import TypeVar

from snek_core_transform.errors import SnekError
from snek_harness.channel import Channel, ChannelError
from snek_harness.failure import shorten
from snek_harness.isolation import kill_session
from snek_harness.memory import resident_bytes
from snek_harness.messages import Began, Failed, Imported, Job, Message
from snek_harness.parents import Parent, ParentError
from snek_harness.record import Outcome, Phase
from snek_harness.settings import Settings

T = TypeVar("T")

_WATCH_SECONDS = 0.1
"""How often memory is looked at while a worker computes; short answers are never disturbed by it."""
_STAGING = frozenset({"transform", "stage", "compile", "first_call"})
LONGEST_OUTPUT = 4000


class WorkerError(SnekError):
    """A worker did not live to answer, or answered that it failed."""

    def __init__(self, outcome: Outcome, reason: str, detail: str = "", error: str = "") -> None:
        super().__init__(reason)
        self.outcome = outcome
        self.reason = reason
        self.detail = detail
        self.error = error
        self.phases: dict[Phase, float] = {}


class Worker:
    """One worker process, alive until it ends, breaks a limit, or is closed."""

    def __init__(self, parent: Parent, job: Job, settings: Settings, on_phase: Callable[[str], None]) -> None:
        self.job = job
        self._parent = parent
        self._settings = settings
        self._on_phase = on_phase
        self._phase = "start"
        self._output = Path(job.scratch) / "output"
        ours, theirs = socket.socketpair()
        self._channel = Channel(ours)
        with theirs, self._output.open("wb") as output:
            try:
                self.pid = parent.fork(theirs, output.fileno())
            except ParentError as error:
                ours.close()
                raise WorkerError("crashed", str(error)) from error
        with contextlib.suppress(ChannelError):
            self._channel.send(job)

    def ask(self, message: Message, kind: type[T]) -> T:
        """Send a message and return the answer. Raises WorkerError as `receive` does."""
        with contextlib.suppress(ChannelError):  # the answer, or rather its absence, says why
            self._channel.send(message)
        return self.receive(kind)

    def receive(self, kind: type[T]) -> T:
        """Return the next message of that kind, phases told on the way. Raises WorkerError instead, with an outcome."""
        deadline = monotonic() + self._settings.time_limit
        while True:
            message = self._channel.pending()
            if isinstance(message, kind):
                return message
            match message:
                case None:
                    self._wait(deadline)
                case Began(phase):
                    # Staging has one limit for its four phases; every other phase has its own.
                    if not {phase, self._phase} <= _STAGING:
                        deadline = monotonic() + self._settings.time_limit
                    self._phase = phase
                    self._on_phase(phase)
                case Imported():
                    self._parent.note(message)
                case Failed():
                    lost = WorkerError(message.outcome, message.reason, message.detail, message.error)
                    lost.phases = message.phases
                    raise lost
                case _:
                    raise AssertionError(f"the worker said {message!r} where {kind.__name__} was due")

    def check_memory(self) -> None:
        """Raise WorkerError where the worker holds more memory than it may."""
        held = resident_bytes(self.pid)
        if held > self._settings.memory_limit_bytes:
            self.kill()
            raise WorkerError(
                "out_of_memory",
                f"at {self._where}: {held / 2**20:.0f} MiB resident, over the limit of "
                f"{self._settings.memory_limit_bytes / 2**20:.0f} MiB",
                self.output(),
            )

    def output(self) -> str:
        """Return the end of what the worker printed."""
        with self._output.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - 4 * LONGEST_OUTPUT))
            return shorten(file.read().decode(errors="replace").strip(), LONGEST_OUTPUT)

    def kill(self) -> None:
        """Kill the worker and what it started, and wait until it is gone."""
        kill_session(self.pid)
        with contextlib.suppress(ParentError):
            self._parent.wait_ended(self.pid)

    def close(self) -> None:
        """End the worker, if it has not ended by itself."""
        self._channel.close()
        if self.pid not in self._parent.ended:
            self.kill()

    @property
    def _where(self) -> str:
        return self._phase.replace("_", " ")

    def _wait(self, deadline: float) -> None:
        """Wait until there is more to read, looking at memory now and then."""
        while True:
            left = deadline - monotonic()
            if left <= 0:
                self.kill()
                limit = self._settings.time_limit
                raise WorkerError("timed_out", f"at {self._where}: no end within {limit:g} s", self.output())
            with selectors.DefaultSelector() as selector:
                selector.register(self._channel, selectors.EVENT_READ)
                selector.register(self._parent.control, selectors.EVENT_READ)
                ready = {key.fileobj for key, _ in selector.select(min(left, _WATCH_SECONDS))}
            if self._channel in ready:
                try:
                    self._channel.read()
                except ChannelError:
                    raise self._died() from None
                return
            if self._parent.control in ready:
                try:
                    self._parent.read()
                except ParentError as error:
                    raise WorkerError("crashed", str(error), self.output()) from error
                if self.pid in self._parent.ended:
                    raise self._died()
            if not ready:
                self.check_memory()

    def _died(self) -> WorkerError:
        try:
            status = self._parent.wait_ended(self.pid)
        except ParentError as error:
            return WorkerError("crashed", str(error), self.output())
        return WorkerError("crashed", f"at {self._where}: {describe_end(status)}", self.output())


def describe_end(status: int | None) -> str:
    """Say how a process ended, given its wait status.

    >>> describe_end(11)
    'the process was killed by SIGSEGV'
    >>> describe_end(3 << 8)
    'the process ended with exit status 3'
    """
    if status is None:
        return "the process closed its channel and hung"
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        name = signal.Signals(number).name if number in set(signal.Signals) else f"signal {number}"
        hint = " (by the kernel, perhaps, for want of memory)" if name == "SIGKILL" else ""
        return f"the process was killed by {name}{hint}"
    return f"the process ended with exit status {os.waitstatus_to_exitcode(status)}"
