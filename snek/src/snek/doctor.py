"""`snek doctor`: what this machine has, and what it lacks for a trustworthy run."""

from __future__ import annotations

import click


@click.command()
def doctor() -> None:
    """Say what is here: Python, frameworks, compiler, processor settings that disturb timings."""
    from rich.console import Console

    from snek_harness.environment import capture, doubts
    from snek_strategies.registry import STRATEGIES, load

    console = Console(highlight=False)
    for key, value in capture().items():
        console.print(f"[bold]{key}[/bold]: {value}", soft_wrap=True)
    for name in STRATEGIES:
        reason = load(name).missing()
        if reason is not None:
            console.print(f"[yellow]unavailable[/yellow] {name}: {reason}", soft_wrap=True)
    for doubt in doubts():
        console.print(f"[yellow]doubt[/yellow] {doubt}", soft_wrap=True)
