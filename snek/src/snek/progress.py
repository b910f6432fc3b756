"""What a run shows while it goes on: what runs, how much is done, how long it will take."""

from __future__ import annotations

from types import TracebackType

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from snek_harness.progress import Event


class LiveProgress:
    """A listener of the harness: one live line on a terminal, one plain line a finished cell elsewhere."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bar = Progress(
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[left]}  {task.description}"),
            console=console,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task("", total=None, left="")

    def __enter__(self) -> LiveProgress:
        self._bar.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.__exit__(kind, error, trace)

    def __call__(self, event: Event) -> None:
        """Show one event."""
        if event.kind == "note":
            self._console.print(escape(event.text), soft_wrap=True)
            return
        if event.kind == "ended" and event.record is not None and not self._console.is_terminal:
            record = event.record
            left = "" if event.seconds_left is None else f", about {_duration(event.seconds_left)} left"
            self._console.print(
                escape(
                    f"{event.done}/{event.total} {record.cell.workload} {record.cell.strategy}: {record.outcome}{left}"
                ),
                soft_wrap=True,
            )
        what = {
            "block": event.block,
            "cell": f"{event.cell.workload} {event.cell.strategy}" if event.cell else "",
            "phase": f"{event.cell.workload} {event.cell.strategy}: {event.phase}" if event.cell else event.phase,
            "round": f"{event.block}: round {event.round}/{event.rounds}",
            "ended": f"{event.cell.workload} {event.cell.strategy}" if event.cell else "",
        }[event.kind]
        left = "" if event.seconds_left is None else f"{_duration(event.seconds_left)} left"
        self._bar.update(self._task, total=event.total, completed=event.done, description=escape(what), left=left)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(max(0.0, seconds)), 60)
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"
