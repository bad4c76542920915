"""``stemma cache ...``"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from stemma.cli.exits import Exit
from stemma.cli.options import PlainFormat, PlainFormatOption
from stemma.cli.output import say, write
from stemma.cli.parser import Argument, Group, Leave

if TYPE_CHECKING:
    from stemma.cache import FeatureCache

app = Group(
    help="Look after the fingerprints kept between runs.",
    commands={
        "info": "stemma.cli.cache_commands:info",
        "clear": "stemma.cli.cache_commands:clear",
        "trim": "stemma.cli.cache_commands:trim",
        "verify": "stemma.cli.cache_commands:verify",
    },
)


def _open() -> FeatureCache:
    from stemma.cache import FeatureCache, default_directory

    return FeatureCache(default_directory())


def info(form: PlainFormatOption = PlainFormat.TABLE) -> None:
    """Say where the cache is, how much it holds, and how much it may.

    \b
    Examples:
      stemma cache info
      stemma cache info --format json
    """
    stats = _open().stats()
    if form is PlainFormat.JSON:
        from stemma.publish.canonical import Json, to_json

        held: dict[str, Json] = {
            "directory": str(stats.directory),
            "entries": stats.entries,
            "size": stats.size,
            "limit": stats.limit,
        }
        write(to_json(held), None)
        return
    write(
        f"{stats.directory}: {stats.entries} entries, {_megabytes(stats.size)} of at most {_megabytes(stats.limit)}",
        None,
    )


def clear() -> None:
    """Forget everything.

    \b
    Example:
      stemma cache clear
    """
    say(f"{_megabytes(_open().clear())} freed")


def trim(megabytes: Annotated[int, Argument(min=0, help="Keep at most this many megabytes.")]) -> None:
    """Drop what was not used for longest.

    \b
    Example:
      stemma cache trim 500
    """
    say(f"{_megabytes(_open().trim(megabytes * 1_000_000))} freed")


def verify() -> None:
    """Check every entry against its digest; damaged ones are dropped. Exit status: 0 sound, 3 some were damaged.

    \b
    Example:
      stemma cache verify
    """
    damaged = _open().verify()
    for damage in damaged:
        say(f"dropped: {damage.file}: {damage.reason}")
    if damaged:
        raise Leave(Exit.BAD_INPUT)


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"
