"""``stemma cache ...``"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from stemma.cli.exits import Exit
from stemma.cli.output import say

if TYPE_CHECKING:
    from stemma.cache import FeatureCache

app = typer.Typer(help="Look after the fingerprints kept between runs.", no_args_is_help=True, rich_markup_mode=None)


def _open() -> FeatureCache:
    from stemma.cache import FeatureCache, default_directory

    return FeatureCache(default_directory())


@app.command()
def info() -> None:
    """Say where the cache is, how much it holds, and how much it may."""
    stats = _open().stats()
    say(f"{stats.directory}: {stats.entries} entries, {stats.size / 1e6:.1f} of at most {stats.limit / 1e6:.0f} MB")


@app.command()
def clear() -> None:
    """Forget everything."""
    say(f"{_open().clear()} entries removed")


@app.command()
def trim(megabytes: Annotated[int, typer.Argument(min=0, help="Keep at most this many megabytes.")]) -> None:
    """Drop what was not used for longest."""
    say(f"{_open().trim(megabytes * 1_000_000)} bytes freed")


@app.command()
def verify() -> None:
    """Check every entry against its digest; damaged ones are dropped. Exit status: 0 sound, 3 some were damaged."""
    damaged = _open().verify()
    for damage in damaged:
        say(f"dropped: {damage}")
    if damaged:
        raise typer.Exit(Exit.BAD_INPUT)
