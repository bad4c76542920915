"""Completion of commands and options by the shell, through ``argcomplete``."""

from __future__ import annotations

import argparse
from pathlib import Path

from argcomplete.finders import CompletionFinder
from argcomplete.shell_integration import shellcode

from stemma.cli.main import OPTIONS, app
from stemma.cli.parser import Group, fill, parameters
from stemma.errors import InputError, StemmaError

_STARTED_BY = {"bash": ".bashrc", "zsh": ".zshrc", "fish": ".config/fish/completions/stemma.fish"}


def script(shell: str) -> str:
    """What the shell has to run.

    Raises:
        InputError: a shell that is not served.
    """
    if shell not in _STARTED_BY:
        raise InputError(
            f"There is no completion for the shell {shell!r}.", advice=f"Name one of {', '.join(_STARTED_BY)}."
        )
    return str(shellcode(["stemma"], shell=shell))


def install(shell: str) -> str:
    """Make the user's shell run it from its next start on, and say where that was written.

    Raises:
        InputError: a shell that is not served.
        StemmaError: a file could not be written.
    """
    text, home = script(shell), Path.home()
    started = home / _STARTED_BY[shell]
    kept = started if shell == "fish" else home / ".local" / "share" / "stemma" / f"completion.{shell}"
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(text, encoding="utf-8")
        line = f'source "{kept}"'
        if started != kept and line not in (started.read_text(encoding="utf-8") if started.exists() else ""):
            with started.open("a", encoding="utf-8") as stream:
                stream.write(f"\n{line}\n")
    except OSError as error:
        raise StemmaError(f"{error.filename or kept} could not be written: {error.strerror or error}.") from error
    return f"Completion for {shell} was written to {kept}; it works in the next shell."


def complete() -> None:
    """Answer the shell, which asks by environment variables, and leave."""
    CompletionFinder()(_tree())


def _tree() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="stemma")
    for flags, _ in OPTIONS:
        parser.add_argument(*flags.partition(" [")[0].split(", "), action="store_true")
    _grow(parser, app)
    return parser


def _grow(parser: argparse.ArgumentParser, group: Group) -> None:
    below = parser.add_subparsers()
    for name in group.commands:
        found = group.load(name)
        if isinstance(found, Group):
            _grow(below.add_parser(name), found)
        else:
            fill(below.add_parser(name, add_help=False), parameters(found))
