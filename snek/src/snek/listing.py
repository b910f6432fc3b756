"""`snek list`: the strategies and the workloads, without importing a framework."""

from __future__ import annotations

import click


@click.command("list")
def list_() -> None:
    """List strategies (and what each lacks here) and workloads."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    from snek_strategies.registry import STRATEGIES
    from snek_strategies.registry import load as load_strategy
    from snek_workloads.registry import names, summary

    console = Console(highlight=False)
    table = Table("strategy", "what it does", "here", box=box.SIMPLE_HEAD, title="Strategies", title_justify="left")
    for name in STRATEGIES:
        strategy = load_strategy(name)
        what = (type(strategy).__doc__ or "").strip().splitlines()[0]
        table.add_row(name, what, strategy.missing() or "ready")
    console.print(table)
    table = Table("workload", "what it is", box=box.SIMPLE_HEAD, title="Workloads", title_justify="left")
    for name in names():
        table.add_row(name, summary(name))
    console.print(table)
