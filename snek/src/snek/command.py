"""The `snek` command: reads arguments, calls the package that does the work, maps errors to exit codes."""

from __future__ import annotations

import sys

import click

EXIT_USAGE = 2
EXIT_NOTHING_MEASURED = 3
EXIT_TOOL_MISSING = 5
EXIT_INTERRUPTED = 130

COMMANDS = {
    "bench": "snek.bench:bench",
    "report": "snek.report:report",
    "show": "snek.show:show",
    "list": "snek.listing:list_",
    "doctor": "snek.doctor:doctor",
    "cache": "snek.cache:cache",
}


class _LazyGroup(click.Group):
    """A group whose commands are imported when they are used, so that `--help` is quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's
        if cmd_name not in COMMANDS:
            return None
        import importlib

        module, _, attribute = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and args[0] not in COMMANDS:
            raise click.UsageError(f"unknown command {args[0]!r}; one of {', '.join(COMMANDS)}", ctx)
        return super().resolve_command(ctx, args)


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="snek", prog_name="snek")
def cli() -> None:
    """What happens to a Python program when it is staged: captured, right, how fast, and when it pays off.

    \b
    Exit codes: 0 every cell has an outcome and Snek's own strategies have no "wrong"
                1 a Snek strategy was wrong
                2 usage, including a folder that cannot be written
                3 nothing was measured
                4 some cells crashed, timed out or ran out of memory
                5 a needed tool is missing
                130 interrupted
    """


def main() -> None:
    """Run the command and exit with its code; an error on purpose is one line on standard error."""
    from snek_core_transform.errors import SnekError

    try:
        code = cli.main(standalone_mode=False)
    except click.exceptions.Abort:
        click.echo("interrupted", err=True)
        sys.exit(EXIT_INTERRUPTED)
    except KeyboardInterrupt:
        click.echo("interrupted", err=True)
        sys.exit(EXIT_INTERRUPTED)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except SnekError as error:
        if isinstance(error, SyntaxError):
            import traceback

            click.echo("".join(traceback.format_exception_only(error)).rstrip(), err=True)
        else:
            click.echo(f"snek: {error}", err=True)
        sys.exit(getattr(error, "exit_code", EXIT_USAGE))
    sys.exit(code if isinstance(code, int) else 0)
