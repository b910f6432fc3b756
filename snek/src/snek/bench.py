"""`snek bench`: the experiment, then its report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from snek_harness.plan import Plan
    from snek_harness.record import Mode
    from snek_harness.settings import Settings


def _megabytes(_context: click.Context, _option: click.Parameter, value: int | None) -> int | None:
    return None if value is None else value << 20


@click.command()
@click.option(
    "-w", "--workload", "workloads", multiple=True, metavar="RE", help="Workloads: a name, a pattern, a file."
)
@click.option(
    "-s",
    "--strategy",
    "strategies",
    multiple=True,
    metavar="RE",
    help="Strategies: a name, a pattern, or module:Class.",
)
@click.option("--size", default="small", show_default=True, help="tiny, small, medium, paper, or a workload's own.")
@click.option("--mode", type=click.Choice(["forward", "gradient"]), default="forward", show_default=True,
              help="Programs as they are, or objectives with their gradients.")  # fmt: skip
@click.option("--device", default="cpu", show_default=True, help="cpu or cuda.")
@click.option("--all-cells", is_flag=True, help="Also the cells that the default leaves out for their compile time.")
@click.option("--samples", type=int, help="Steady samples a cell at least.  [default: 10]")
@click.option("--threads", type=int, help="Threads that a framework may compute with.  [default: 1]")
@click.option("--time-limit", type=float, metavar="S", help="Seconds that a step of one cell may take.  [default: 60]")
@click.option("--memory-limit", "memory_limit_bytes", type=int, metavar="MB", callback=_megabytes,
              help="Resident memory of one cell.  [default: 4096]")  # fmt: skip
@click.option("--seed", type=int, help="What the argument sets are drawn from.  [default: 0]")
@click.option("--results", type=click.Path(path_type=Path), metavar="DIR", help="Where runs are kept.")
@click.option("--suite", type=click.Choice(["transform", "lantern", "staging"]),
              help="transform: instead of cells, what virtualizing costs beside plain Python, AutoGraph and "
              "diastatic-malt; -s picks systems. lantern: every strategy and what experts wrote by hand, forward and "
              "with gradients, at one --size or at all but tiny. staging: Snek on other systems beside those systems, "
              "what staging anew takes, and whether specialising pays.")  # fmt: skip
@click.option("--resume", metavar="RUN", help="Go on with an interrupted run.")
@click.option("--dry-run", is_flag=True, help="Print the plan and measure nothing.")
@click.pass_context
def bench(
    context: click.Context,
    /,
    workloads: tuple[str, ...],
    strategies: tuple[str, ...],
    size: str,
    mode: Mode,
    device: str,
    all_cells: bool,
    suite: str | None,
    results: Path | None,
    resume: str | None,
    dry_run: bool,
    **effort: float | None,
) -> int:
    """Check and time every strategy on every workload, and write the report."""
    given = {name for name in context.params if context.get_parameter_source(name) == _COMMAND_LINE}
    if suite is not None and resume is None and (extra := sorted(given & _NO_USE[suite])):
        raise click.UsageError(f"--suite {suite} has no use for {', '.join(extra)}; leave it out")
    if suite == "transform":
        return _transform_suite(strategies, size, int(effort["samples"] or 10), results)
    from rich.console import Console

    from snek.progress import LiveProgress
    from snek_harness.exit_code import exit_code
    from snek_harness.plan import LEFT_OUT, make_plan
    from snek_harness.run_folder import create_run, open_run
    from snek_harness.scheduler import resume as resume_run
    from snek_harness.scheduler import run
    from snek_harness.settings import Settings
    from snek_harness.suites import SUITES
    from snek_reports.report import write_report

    if resume is not None:
        extra = sorted(given - {"resume", "results", "dry_run"})
        if extra:
            raise click.UsageError(f"--resume goes on with the run's own plan; leave out {', '.join(extra)}")
        folder = open_run(resume, results)
        plan, settings = resume_run(folder)
    else:
        left_out = {} if all_cells else LEFT_OUT
        if suite is not None:
            plan = SUITES[suite].plan(workloads, strategies, size if "size" in given else None, left_out)
        else:
            plan = make_plan(workloads, strategies, size, device, left_out, mode)
        asked = {} if suite is None else SUITES[suite].settings
        given_efforts = {name: value for name, value in effort.items() if value is not None}
        settings = Settings(**{**asked, **given_efforts})  # type: ignore[arg-type]
    console = Console(highlight=False)
    if dry_run:
        _print_plan(plan, settings)
        return 0
    if resume is None:
        folder = create_run(results)
    console.print(f"run {folder.name}: {len(plan.cells)} cells, {len(plan.skipped)} left out", soft_wrap=True)
    try:
        with LiveProgress(console) as progress:
            beside = {} if suite is None else SUITES[suite].beside(plan)
            records = run(plan, folder, settings=settings, progress=progress, beside=beside)
    except KeyboardInterrupt:
        console.print(f"interrupted; nothing is lost, go on with: snek bench --resume {folder.path}", soft_wrap=True)
        raise
    code = exit_code(records)
    report = write_report(folder.path)
    console.print(report.terminal)
    if suite is not None:
        table = {"lantern": "rivals.md", "staging": "staging.md"}[suite]
        console.print(f"{suite}: {report.folder / table}", soft_wrap=True)
    return code


_COMMAND_LINE = click.core.ParameterSource.COMMANDLINE
_NO_USE = {
    "transform": {
        "workloads",
        "mode",
        "device",
        "all_cells",
        "threads",
        "time_limit",
        "memory_limit_bytes",
        "seed",
        "dry_run",
    },
    "lantern": {"mode", "device"},
    "staging": {"mode", "device"},
}
"""What each suite decides by itself."""


def _transform_suite(systems: tuple[str, ...], size: str, rounds: int, results: Path | None) -> int:
    """Run the transform suite and print its table; 1 where a system of Snek's own is not right."""
    from rich.console import Console
    from rich.table import Table

    from snek_harness.run_folder import create_run
    from snek_harness.transform_record import table
    from snek_harness.transform_suite import chosen_systems, run_transform_suite

    chosen_systems(systems)
    console = Console(highlight=False)
    folder = create_run(results)
    console.print(f"run {folder.name}: suite transform", soft_wrap=True)
    records = run_transform_suite(folder, systems, size, rounds, lambda step: console.print(f"  {step}"))
    head, *rows = table(records)
    shown = Table(*head)
    for row in rows:
        shown.add_row(*row)
    console.print(shown)
    for record in records:
        if record.reason:
            said = f"{record.program}  {record.system}  {record.outcome}: {record.reason}"
            console.print(said, soft_wrap=True, markup=False)
    return int(any(record.outcome != "right" for record in records if record.system.startswith("snek")))


def _print_plan(plan: Plan, settings: Settings) -> None:
    for cell in plan.cells:
        click.echo(f"{cell.workload}  {cell.strategy}  {cell.size}  {cell.device}  {cell.mode}")
    for skipped in plan.skipped:
        click.echo(f"left out: {skipped.cell.workload}  {skipped.cell.strategy}: {skipped.reason}")
    click.echo(f"{len(plan.cells)} cells, {len(plan.skipped)} left out, at least {settings.samples} samples a cell")
