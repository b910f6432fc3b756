"""`snek report`: a recorded run's tables, figures and page, from its records alone."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("run", required=False)
@click.option("--results", type=click.Path(path_type=Path), metavar="DIR", help="Where runs are kept.")
def report(run: str | None, results: Path | None) -> int:
    """Write the report of RUN (a folder or a run's name; the newest run where none is named)."""
    from rich.console import Console

    from snek_core_transform.errors import UsageError
    from snek_harness.run_folder import open_run, runs_folder
    from snek_reports.report import write_report

    if run is None:
        folder = runs_folder(results)
        found = sorted(path.parent.name for path in folder.glob("*/manifest.json"))
        if not found:
            raise UsageError(f"no run in {str(folder)!r}; make one with: snek bench")
        run = found[-1]
    Console(highlight=False).print(write_report(open_run(run, results).path).terminal)
    return 0
