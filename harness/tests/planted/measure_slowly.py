"""A real run of slow cells in a process of its own, to be interrupted: `measure_slowly.py RESULTS [RUN]`."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from snek_harness.plan import make_plan
from snek_harness.progress import Event
from snek_harness.run_folder import create_run, open_run
from snek_harness.scheduler import resume, run
from snek_harness.settings import Settings

HERE = Path(__file__).parent


def tell(event: Event) -> None:
    where = event.cell.strategy if event.cell else event.block
    print(event.kind, where, event.phase or event.round, event.text, flush=True)


def main(results: str, earlier: str | None = None) -> None:
    if earlier:
        folder = open_run(earlier, Path(results))
        plan, settings = resume(folder)
    else:
        folder = create_run(Path(results))
        strategies = ["eager/numpy", "plants:RaisesAtStage", "plants:Sleeps"]
        plan = make_plan([str(HERE / "plain.py"), "power"], strategies, "tiny")
        settings = Settings(samples=4, steady_seconds=0.0)
    print("run", folder.name, flush=True)
    try:
        run(plan, folder, settings=settings, progress=tell)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
    main(*sys.argv[1:])
