"""`snek cache`: the programs that Lantern has compiled and kept, with their functions, and how to be rid of them."""

from __future__ import annotations

import click


@click.group("cache", invoke_without_command=True)
@click.pass_context
def cache(context: click.Context) -> None:
    """List the compiled programs that are kept between processes; `snek cache clear` removes them."""
    if context.invoked_subcommand is not None:
        return
    import time

    from snek_strategies.backends.lantern.cache import MOST_BYTES, entries, folder

    where = folder()
    total = 0
    for path in entries(where):
        found = path.stat()
        total += found.st_size
        minutes = max(0.0, time.time() - found.st_mtime) / 60
        click.echo(f"{path.name[:12]}  {found.st_size / 1024:8.0f} KiB  used {minutes:.0f} min ago")
    click.echo(f"{where}: {total / 2**20:.1f} of at most {MOST_BYTES / 2**20:.0f} MiB")


@cache.command("clear")
def clear() -> None:
    """Remove every compiled program; the next call of each compiles it again."""
    from snek_strategies.backends.lantern import cache as kept

    where = kept.folder()
    click.echo(f"{where}: removed {kept.clear(where)} programs")
