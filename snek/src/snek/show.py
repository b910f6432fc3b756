"""`snek show`: a function after each step that Snek takes with it."""

from __future__ import annotations

import click


@click.command()
@click.argument("target", metavar="FILE.py:FUNCTION")
@click.option("--after", metavar="PASS", help="The source after this pass (`--after list` lists the passes).")
@click.option("--strategy", "-s", metavar="S", help="What this strategy receives, and what it makes of a workload.")
@click.option("--operators-only", is_flag=True, help="Operator form everywhere, as staging strategies get it.")
def show(target: str, after: str | None, strategy: str | None, operators_only: bool) -> None:
    """Print FUNCTION of FILE.py as virtualized source, after one pass, or as a strategy sees it."""
    from types import FunctionType

    from snek_core_transform.errors import UsageError
    from snek_core_transform.load import load_function

    if after is not None and strategy is not None:
        raise UsageError("--after and --strategy ask for different things: name one of them")
    function = load_function(target)
    if not isinstance(function, FunctionType):
        raise UsageError(f"not a Python function: {target!r} is a {type(function).__name__}")
    if strategy is not None:
        _show_strategy(function, strategy)
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


def _show_strategy(function: object, name: str) -> None:
    import inspect
    import sys
    from types import FunctionType

    from snek_core_transform.bind import bind
    from snek_strategies.registry import load
    from snek_workloads.argument_sets import argument_sets
    from snek_workloads.workload import Workload

    assert isinstance(function, FunctionType)
    strategy = load(name)
    takes_xp = next(iter(inspect.signature(function).parameters), None) == "xp"
    program = bind(function, strategy.spelling) if takes_xp else function
    click.echo(f"# {function.__name__} as {name} receives it\n{inspect.getsource(program).rstrip()}")
    workload = getattr(sys.modules[function.__module__], "WORKLOAD", None)
    if not (isinstance(workload, Workload) and workload.program is function):
        return
    reason = strategy.missing()
    if reason is not None:
        click.echo(f"\n# {name} is unavailable here: {reason}")
        return
    (example,) = argument_sets(workload, "tiny", seed=0, count=1)
    for title, text in strategy.stage(program, example).dump().items():
        click.echo(f"\n# {title}\n{text.rstrip()}")
