"""The command line: parse, call a use case, render. ``run`` is the entry point."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from stemma.cli import cache_commands, catalog_commands
from stemma.cli.compare_command import compare
from stemma.cli.exits import Exit
from stemma.cli.fingerprint_command import fingerprint
from stemma.cli.inspect_command import inspect
from stemma.cli.output import fail, say
from stemma.cli.scan_command import scan
from stemma.errors import StemmaError

app = typer.Typer(
    name="stemma",
    help="Says from the weights alone which AI models descend from which, and how surely.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(inspect)
app.command()(fingerprint)
app.command()(compare)
app.command()(scan)
app.add_typer(catalog_commands.app, name="catalog")
app.add_typer(cache_commands.app, name="cache")


def _version(wanted: bool) -> None:
    if wanted:
        from stemma.identity.version import VERSION

        typer.echo(f"stemma {VERSION}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and leave.")
    ] = False,
) -> None:
    """Set up what all commands share."""


def run() -> None:
    """Run the command line and leave with a documented exit status."""
    try:
        status = app(standalone_mode=False)
    except StemmaError as error:
        fail(error)
        sys.exit(Exit.BAD_INPUT)
    except KeyboardInterrupt:
        say("stemma: interrupted; nothing half-written was left behind.")
        sys.exit(130)
    except BrokenPipeError:
        # The reader of our output left; Python would complain once more while shutting down.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(Exit.OK)
    except Exception as error:  # noqa: BLE001 the last line of defence: anything here is a defect, and says so
        sys.exit(_leave(error))
    sys.exit(status if isinstance(status, int) else Exit.OK)


def _leave(error: Exception) -> int:
    """Usage errors are bad input; anything else is a defect."""
    show = getattr(error, "show", None)
    if callable(show):
        show()
        return int(Exit.BAD_INPUT)
    import traceback

    if os.environ.get("STEMMA_DEBUG"):
        traceback.print_exception(error)
    say(f"stemma: internal error ({type(error).__name__}: {error}).")
    say("        This is a defect in Stemma. Set STEMMA_DEBUG=1 to see where, and report it with the output.")
    return int(Exit.INTERNAL)
