from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from snek_harness.plan import make_plan
from snek_harness.progress import Event
from snek_harness.record import CellRecord, Record
from snek_harness.run_folder import RunFolder, create_run
from snek_harness.scheduler import run
from snek_harness.settings import Settings

PLANTED = Path(__file__).parent / "planted"


@dataclasses.dataclass
class Ran:
    """A run that has ended: its folder, its records, and what it told on the way."""

    folder: RunFolder
    records: list[Record]
    events: list[Event]

    def cell(self, strategy: str) -> CellRecord:
        return next(r for r in self.records if isinstance(r, CellRecord) and r.cell.strategy == strategy)


@pytest.fixture(scope="session")
def plants(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Make the planted strategies importable, here and in the processes that runs start; give their folder."""
    broken = tmp_path_factory.mktemp("broken")
    (broken / "planted_broken_module.py").write_text("raise OSError('planted: a library is missing')\n")
    (broken / "planted_deadly_module.py").write_text("import os; os.abort()\n")
    with pytest.MonkeyPatch.context() as patch:
        for place in (broken, PLANTED):
            patch.syspath_prepend(str(place))
        patch.setenv(
            "PYTHONPATH", os.pathsep.join(filter(None, [str(PLANTED), str(broken), os.environ.get("PYTHONPATH")]))
        )
        yield PLANTED


RunPlan = Callable[..., Ran]


@pytest.fixture(scope="session")
def run_plan() -> RunPlan:
    """Give a function that measures cells at size tiny, quickly."""

    def run_it(
        results: Path, workloads: Sequence[str], strategies: Sequence[str], settings: Settings | None = None
    ) -> Ran:
        events: list[Event] = []
        folder = create_run(results)
        plan = make_plan(workloads, strategies, "tiny")
        quick = settings or Settings(samples=2, steady_seconds=0.0, min_sample_seconds=0.0005)
        return Ran(folder, run(plan, folder, settings=quick, progress=events.append), events)

    return run_it
