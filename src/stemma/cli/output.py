"""Where results go: standard output or a file, as text; remarks and errors go to standard error.

A file appears whole or not at all. A reader that leaves early (``| head``) ends the writing, not the command: its exit
status stays the one of the result.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from stemma.errors import InputError, StemmaError

if TYPE_CHECKING:
    from rich.console import Console


def check_output(output: Path | None) -> None:
    """Before hours of work: whether there is a place for the result.

    Raises:
        InputError: the folder is not there or may not be written to, or the name is one of a folder.
    """
    if output is None:
        return
    if output.is_dir():
        raise InputError(f"{output} is a directory.", advice="Name a file in it with --output.")
    if not output.parent.is_dir():
        raise InputError(f"There is no directory {output.parent}.", advice="Make it first, or choose another --output.")
    if not os.access(output if output.exists() else output.parent, os.W_OK):
        raise InputError(f"{output} may not be written.", advice="Choose another --output.")


def write(text: str, output: Path | None) -> None:
    """Write ``text`` whole to ``output``, or to standard output.

    Raises:
        StemmaError: the file could not be written; one that was there is as it was.
    """
    write_lines([text if text.endswith("\n") else text + "\n"], output)


def write_lines(lines: Iterable[str], output: Path | None) -> None:
    """Write pieces of text as they come; a file appears when the last of them is there. Raises as :func:`write`."""
    if output is None:
        _to_stdout(lines)
        return
    _to_file((line.encode("utf-8", "backslashreplace") for line in lines), output)


def write_bytes(data: bytes, output: Path | None) -> None:
    """Write what is no text whole to ``output``, or to standard output where that is no terminal.

    Raises:
        InputError: standard output is a terminal.
        StemmaError: the file could not be written; one that was there is as it was.
    """
    if output is not None:
        _to_file([data], output)
        return
    if sys.stdout.isatty():
        raise InputError("This is no text for a terminal.", advice="Name a file with --output.")
    try:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        leave_stdout()


def show(render: Callable[[Console], None], output: Path | None) -> None:
    """Render for a terminal, or as plain text into ``output``."""
    from io import StringIO

    from rich.console import Console

    if output is None:
        console = Console(no_color=_no_color())
        with console.capture() as captured:
            render(console)
        write(captured.get(), None)
        return
    buffer = StringIO()
    render(Console(file=buffer, width=120, no_color=True, force_terminal=False))
    write(buffer.getvalue(), output)


def say(text: str) -> None:
    """A remark for people, on standard error."""
    with suppress(OSError):  # nobody is listening
        sys.stderr.write(text + "\n")


def fail(error: StemmaError) -> None:
    """An error with its advice, on standard error; names out of files cannot steer the terminal."""
    from stemma.publish.figures import visible

    say(f"stemma: {visible(error.message)}")
    if error.advice:
        say(f"        {visible(error.advice)}")


def log_to_stderr(level: int) -> None:
    """Show what the library logs from ``level`` up, each remark on one line."""
    import logging

    from stemma.publish.figures import visible

    class OneLine(logging.Formatter):
        def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 logging's own name
            return f"stemma: {visible(record.message)}"

    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(OneLine())
    logging.basicConfig(level=level, handlers=[handler])


def leave_stdout() -> None:
    """Nobody reads standard output any more; Python would complain once more while shutting down."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _to_stdout(lines: Iterable[str]) -> None:
    for line in lines:
        try:
            sys.stdout.write(line)
            sys.stdout.flush()
        except BrokenPipeError:
            leave_stdout()
            return
        except OSError as error:
            leave_stdout()
            raise StemmaError(
                f"Standard output could not be written: {error.strerror or error}.", advice="Give it room."
            ) from error


def _to_file(pieces: Iterable[bytes], output: Path) -> None:
    try:
        if output.exists() and not output.is_file():  # a terminal, a pipe, /dev/null
            with output.open("wb") as stream:
                stream.writelines(pieces)
        else:
            _replace(pieces, output.resolve())
    except OSError as error:
        raise StemmaError(
            f"{output} could not be written: {error.strerror or error}.", advice="Choose another --output."
        ) from error


def _replace(pieces: Iterable[bytes], target: Path) -> None:
    temporary = target.with_name(f".{target.name}.{os.urandom(4).hex()}")
    try:
        with temporary.open("xb") as stream:
            stream.writelines(pieces)
        if target.exists():
            temporary.chmod(target.stat().st_mode & 0o777)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def _no_color() -> bool:
    return bool(os.environ.get("NO_COLOR"))
