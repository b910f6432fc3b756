"""`snek show`: a function after each step that Snek takes with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from types import FunctionType

    from snek_strategies.staging.binding_times import BindingTimes


@click.command()
@click.argument("target", metavar="FILE.py:FUNCTION")
@click.option("--after", metavar="PASS", help="The source after this pass (`--after list` lists the passes).")
@click.option("--strategy", "-s", metavar="S", help="What this strategy receives, and what it makes of a workload.")
@click.option("--args", metavar="VALUES", help="With --strategy: arguments of FUNCTION, as Python: 'np.ones(3), 5'.")
@click.option("--operators-only", is_flag=True, help="Operator form everywhere, as staging strategies get it.")
def show(target: str, after: str | None, strategy: str | None, args: str | None, operators_only: bool) -> None:
    """Print FUNCTION of FILE.py as virtualized source, after one pass, or as a strategy sees it.

    Snek's own strategies tell static and dynamic parts apart, for a workload's arguments or those of `--args`: in
    colour on a terminal, by marks under the text elsewhere.
    """
    from types import FunctionType

    from snek_core_transform.errors import UsageError
    from snek_core_transform.load import load_function

    if after is not None and strategy is not None:
        raise UsageError("--after and --strategy ask for different things: name one of them")
    if args is not None and strategy is None:
        raise UsageError(f"--args {args!r} without --strategy; name the strategy that takes them")
    function = load_function(target)
    if not isinstance(function, FunctionType):
        raise UsageError(f"not a Python function: {target!r} is a {type(function).__name__}")
    if strategy is not None:
        _show_strategy(function, strategy, args)
        return
    from snek_core_transform.operators import PythonOperators
    from snek_core_transform.passes import PASSES
    from snek_core_transform.recording_operators import RecordingOperators
    from snek_core_transform.show import show as show_source

    if after == "list":
        click.echo("\n".join(step.__name__ for step in PASSES))
        return
    operators = RecordingOperators() if operators_only else PythonOperators()
    click.echo(show_source(function, after=after, operators=operators))


def _show_strategy(function: FunctionType, name: str, args: str | None) -> None:
    import inspect

    from snek_core_transform.bind import bind
    from snek_strategies.registry import load
    from snek_strategies.snek_strategy import SnekStrategy

    strategy = load(name)
    takes_xp = next(iter(inspect.signature(function).parameters), None) == "xp"
    program = bind(function, strategy.spelling) if takes_xp else function
    example = _example(function, args)
    reason = None if example is None else strategy.missing()
    click.echo(f"# {function.__name__} as {name} receives it")
    if example is not None and reason is None and isinstance(strategy, SnekStrategy):
        _print_marked(strategy.binding_times(program, example))
    else:
        click.echo(inspect.getsource(program).rstrip())
    if reason is not None:
        click.echo(f"\n# {name} is unavailable here: {reason}")
    elif example is not None:
        for title, text in strategy.stage(program, example).dump().items():
            click.echo(f"\n# {title}\n{text.rstrip()}")


def _example(function: FunctionType, args: str | None) -> tuple[object, ...] | None:
    """Return the arguments that the user gives or that a workload has, or None where there are neither."""
    import sys

    from snek_core_transform.errors import UsageError
    from snek_workloads.argument_sets import argument_sets
    from snek_workloads.workload import Workload

    if args is not None:
        import numpy as np

        try:
            return tuple(eval(f"({args},)", {"np": np, **function.__globals__}))  # noqa: S307 - the user's own line
        except Exception as error:
            raise UsageError(f"--args {args!r}: {type(error).__name__}: {error}; write values as in Python") from error
    workload = getattr(sys.modules[function.__module__], "WORKLOAD", None)
    if not (isinstance(workload, Workload) and workload.program is function):
        return None
    (example,) = argument_sets(workload, "tiny", seed=0, count=1)
    return example


def _print_marked(times: BindingTimes) -> None:
    """Print a staging's functions: dynamic parts in colour on a terminal, with marks under them elsewhere."""
    from rich.console import Console
    from rich.text import Text

    from snek_strategies.staging.marked_source import BOTH, DYNAMIC, LEGEND, UNMET, as_text, marked

    console = Console(highlight=False, soft_wrap=True)
    if not console.is_terminal:
        click.echo(f"{LEGEND}\n\n{as_text(times)}")
        return
    styles = {DYNAMIC: "bold magenta", BOTH: "bold yellow", UNMET: "dim strike"}
    legend = Text()
    for words, mark in ("dynamic ", DYNAMIC), ("dynamic and static ", BOTH), ("not met ", UNMET), ("static", " "):
        legend.append(words, styles.get(mark, ""))
    console.print(legend)
    for lines in marked(times):
        console.print()
        for text, marks in lines:
            line = Text(text)
            for at, mark in enumerate(marks):
                line.stylize(styles.get(mark, ""), at, at + 1)
            console.print(line)
