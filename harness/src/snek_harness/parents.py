"""The framework's parent processes as the scheduler sees them: started when first needed, ended together."""

from __future__ import annotations

import contextlib
import selectors
import socket
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from time import monotonic
from typing import TypeVar

from snek_core_transform.errors import SnekError
from snek_harness.channel import Channel, ChannelError
from snek_harness.messages import Ended, Fork, Imported, Ready, Started
from snek_harness.pinning import pinned_environment
from snek_harness.settings import Settings

T = TypeVar("T")

_IMPORT_SECONDS = 180.0
"""A framework's import reads hundreds of megabytes from the disk; it is nobody's fault but the host's."""
_START_SECONDS = 30.0
_EXIT_SECONDS = 5.0


class ParentError(SnekError):
    """A framework's parent process ended, or did not get through its imports in time."""


class Parent:
    """One framework's parent process."""

    def __init__(self, framework: str, modules: Iterable[str], device: str, settings: Settings, scratch: Path) -> None:
        self.framework = framework
        self._errors = scratch / f"{framework}-{device}.stderr"
        self.spawns = settings.spawn or device == "cuda"
        ours, theirs = socket.socketpair()
        self.control = Channel(ours)
        self.ended: dict[int, int] = {}
        """The wait statuses of workers that are gone."""
        command = [
            sys.executable, "-P", "-m", "snek_harness.parent", "--control", str(theirs.fileno()),
            *(["--spawn"] if self.spawns else []), *modules,
        ]  # fmt: skip
        with theirs, self._errors.open("wb") as errors:
            self.process = subprocess.Popen(  # noqa: S603 - this interpreter, our own module
                command,
                env=pinned_environment(settings.threads, device),
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                # Ctrl-C is the scheduler's to handle.
                start_new_session=True,
            )
        try:
            ready = self._wait_for(Ready, _IMPORT_SECONDS)
        except BaseException:
            self.close()
            raise
        self.imports = ready.imports
        self.failures = ready.failures

    def fork(self, channel: socket.socket, output: int) -> int:
        """Start a worker on its end of a channel; return its process. Raises ParentError where the parent is gone."""
        try:
            self.control.send(Fork(), (channel.fileno(), output))
        except ChannelError as error:
            raise self._lost("ended") from error
        return self._wait_for(Started, _START_SECONDS).pid

    def note(self, imported: Imported) -> None:
        """Keep what a spawned worker's own imports took."""
        self.imports = imported.imports
        self.failures = imported.failures

    def read(self) -> None:
        """Read what the parent says of workers that ended; call when the control channel is readable."""
        try:
            self.control.read()
        except ChannelError as error:
            raise self._lost("ended") from error
        while (message := self.control.pending()) is not None:
            assert isinstance(message, Ended), f"the parent said {message!r} unasked"
            self.ended[message.pid] = message.status

    def wait_ended(self, pid: int, seconds: float = _EXIT_SECONDS) -> int | None:
        """Return a worker's wait status once the parent has reaped it, or None after `seconds`."""
        deadline = monotonic() + seconds
        while pid not in self.ended:
            if not _readable(self.control, deadline - monotonic()):
                return None
            self.read()
        return self.ended[pid]

    def close(self) -> None:
        """End the parent and with it all its workers."""
        self.control.close()
        try:
            self.process.wait(_EXIT_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _wait_for(self, kind: type[T], seconds: float) -> T:
        deadline = monotonic() + seconds
        while True:
            message = self.control.pending()
            if isinstance(message, Ended):
                self.ended[message.pid] = message.status
            elif isinstance(message, kind):
                return message
            elif not _readable(self.control, deadline - monotonic()):
                raise self._lost(f"did not answer within {seconds:g} s")
            else:
                with contextlib.suppress(ChannelError):
                    self.control.read()
                    continue
                raise self._lost("ended")

    def _lost(self, what: str) -> ParentError:
        self.process.kill()
        self.process.wait()
        last = " ".join(self._errors.read_text(errors="replace").split()[-60:])
        return ParentError(
            f"the parent process of {self.framework!r} {what}: exit status {self.process.returncode}: {last}"
        )


def _readable(channel: Channel, seconds: float) -> bool:
    with selectors.DefaultSelector() as selector:
        selector.register(channel, selectors.EVENT_READ)
        return bool(selector.select(max(seconds, 0.0)))


class Parents:
    """The parents of a run, by framework and device. A context manager: it ends them all on the way out."""

    def __init__(self, modules: Mapping[str, Iterable[str]], settings: Settings, scratch: Path) -> None:
        self._modules = modules
        self._settings = settings
        self._scratch = scratch
        self._running: dict[tuple[str, str], Parent] = {}
        self._failed: dict[tuple[str, str], ParentError] = {}

    def is_running(self, framework: str, device: str) -> bool:
        """Tell whether the framework's parent is there already, so that nothing is imported any more."""
        parent = self._running.get((framework, device))
        return parent is not None and parent.process.poll() is None

    def get(self, framework: str, device: str) -> Parent:
        """Return the framework's parent, starting it where there is none yet, or none any more."""
        if self.is_running(framework, device):
            return self._running[framework, device]
        if (framework, device) in self._running:
            self._running[framework, device].close()
        if (framework, device) in self._failed:
            # Imports that failed or hung once would do so for every cell.
            raise self._failed[framework, device]
        modules = self._modules.get(framework, ())
        try:
            parent = Parent(framework, modules, device, self._settings, self._scratch)
        except ParentError as error:
            self._failed[framework, device] = error
            raise
        self._running[framework, device] = parent
        return parent

    def __enter__(self) -> Parents:
        return self

    def __exit__(self, *_: object) -> None:
        for parent in self._running.values():
            parent.close()
