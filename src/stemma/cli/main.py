"""The command line: parse, call a use case, render. ``run`` is the entry point."""

from __future__ import annotations

import os
import sys
from typing import Annotated, NoReturn

import typer

from stemma.cli import cache_commands, catalog_commands
from stemma.cli.compare_command import compare
from stemma.cli.exits import Exit
from stemma.cli.fingerprint_command import fingerprint
from stemma.cli.inspect_command import inspect
from stemma.cli.output import fail, leave_stdout, log_to_stderr, say
from stemma.cli.scan_command import scan
from stemma.errors import StemmaError

app = typer.Typer(
    name="stemma",
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
    verbose: Annotated[
        int, typer.Option("--verbose", "-v", count=True, help="Tell what is done on standard error; -vv tells more.")
    ] = 0,
) -> None:
    """Says from the weights alone which AI models descend from which, and how surely.

    \b
    Examples:
      stemma inspect ./model
      stemma compare ./base ./suspect
      stemma catalog add ./base && stemma scan ./suspect
    """
    log_to_stderr({0: 30, 1: 20}.get(verbose, 10))  # the levels of logging, whose import costs


def run() -> NoReturn:
    """Run the command line and leave with a documented exit status."""
    try:
        _prepare()
        status = app(prog_name="stemma", standalone_mode=False)
        sys.stdout.flush()
    except StemmaError as error:
        fail(error)
        sys.exit(Exit.BAD_INPUT)
    except KeyboardInterrupt:
        say("stemma: interrupted; nothing half-written was left behind.")
        sys.exit(Exit.INTERRUPTED)
    except BrokenPipeError:
        leave_stdout()
        sys.exit(Exit.OK)
    except Exception as error:  # noqa: BLE001 the last line of defence: anything here is a defect, and says so
        sys.exit(_leave(error))
    sys.exit(status if isinstance(status, int) else Exit.OK)


def _prepare() -> None:
    """Names out of files may hold what a terminal cannot show; Ctrl-C must reach the threads that read."""
    import signal

    from stemma.cli.progress import INTERRUPTED

    # Threads that hash and multiply need the interpreter lock for microseconds, but often: 5 ms is long to wait for it.
    sys.setswitchinterval(0.0005)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # standard streams are text files

    def interrupt(_signal: int, _frame: object) -> NoReturn:
        INTERRUPTED.set()
        raise KeyboardInterrupt

    signal.signal(signal.SIGINT, interrupt)


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
