"""The command line: parse, call a use case, render. ``run`` is the entry point."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from stemma.cli.exits import Exit
from stemma.cli.output import fail, leave_stdout, log_to_stderr, say, write
from stemma.cli.parser import Group, Leave, group_help, run_command
from stemma.errors import InputError, StemmaError

app = Group(
    help="""Says from the weights alone which AI models descend from which, and how surely.

    \b
    Examples:
      stemma inspect ./model
      stemma compare ./base ./suspect
      stemma catalog add ./base && stemma scan ./suspect
    """,
    commands={
        "inspect": "stemma.cli.inspect_command:inspect",
        "fingerprint": "stemma.cli.fingerprint_command:fingerprint",
        "compare": "stemma.cli.compare_command:compare",
        "scan": "stemma.cli.scan_command:scan",
        "tree": "stemma.cli.tree_command:tree",
        "catalog": "stemma.cli.catalog_commands:app",
        "record": "stemma.cli.record:app",
        "verify": "stemma.cli.lineage.verify_command:verify",
        "lineage": "stemma.cli.lineage:app",
        "advisory": "stemma.cli.advisory_commands:app",
        "impact": "stemma.cli.lineage.impact_command:impact",
        "registry": "stemma.cli.registry_commands:app",
        "index": "stemma.cli.index_command:index",
        "watch": "stemma.cli.alerts:watch",
        "alerts": "stemma.cli.alerts:app",
        "cache": "stemma.cli.cache_commands:app",
        "publish": "stemma.cli.publish_command:publish",
        "site": "stemma.cli.site_command:app",
        "serve": "stemma.cli.serve_command:serve",
        "token": "stemma.cli.token_commands:app",
    },
)
OPTIONS = (
    ("--version", "Print the version and leave."),
    ("-v, --verbose", "Tell what is done on standard error; -vv tells more."),
    ("--install-completion [SHELL]", "Teach bash, zsh or fish to complete commands; default: the shell in $SHELL."),
    ("--show-completion [SHELL]", "Print what would teach it."),
)
"""What may stand before the command."""
_HELP = ("-h", "--help")


def dispatch(words: Sequence[str]) -> None:
    """Run the command that ``words`` name.

    Raises:
        InputError: no such command or option.
        Leave: with the exit status of the command.
    """
    rest, verbose = list(words), 0
    while rest and rest[0].startswith("-"):
        flag = rest.pop(0)
        if flag in ("-v", "-vv", "-vvv", "--verbose"):
            verbose += flag.count("v") if not flag.startswith("--") else 1
        else:
            _alone(flag, rest)
            return
    log_to_stderr({0: 30, 1: 20}.get(verbose, 10))  # the levels of logging, whose import costs
    _descend(app, "stemma", rest)


def _alone(flag: str, rest: Sequence[str]) -> None:
    """Options that do one thing and leave."""
    if flag == "--version":
        from stemma.identity.version import VERSION

        write(f"stemma {VERSION}", None)
    elif flag in _HELP:
        write(group_help(app, "stemma", OPTIONS), None)
    elif flag in ("--install-completion", "--show-completion"):
        from stemma.cli.completion import install, script

        shell = rest[0] if rest else os.environ.get("SHELL", "").rpartition("/")[2]
        write(install(shell) if flag == "--install-completion" else script(shell), None)
    else:
        raise InputError(f"No such option: {flag}.", advice="See: stemma --help")


def _descend(group: Group, path: str, words: Sequence[str]) -> None:
    """Follow the words down the groups to a command, and run it."""
    options = OPTIONS if group is app else ()
    if not words:
        say(group_help(group, path, options))
        raise Leave(Exit.BAD_INPUT)
    name, rest = words[0], words[1:]
    if name in _HELP:
        write(group_help(group, path, options), None)
        return
    if name not in group.commands:
        raise _unknown(name, group, path)
    found = group.load(name)
    if isinstance(found, Group):
        _descend(found, f"{path} {name}", rest)
    else:
        run_command(found, f"{path} {name}", rest)


def _unknown(name: str, group: Group, path: str) -> InputError:
    from difflib import get_close_matches

    near = get_close_matches(name, group.commands, 1)
    meant = f"Did you mean {near[0]}? " if near else ""
    kind = "option" if name.startswith("-") else "command"
    return InputError(f"No such {kind}: {name}.", advice=f"{meant}See: {path} --help")


def run() -> NoReturn:
    """Run the command line and leave with a documented exit status."""
    try:
        _prepare()
        if "_ARGCOMPLETE" in os.environ:
            from stemma.cli.completion import complete

            complete()
        dispatch(sys.argv[1:])
        sys.stdout.flush()
    except Leave as left:
        sys.exit(left.status)
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
    sys.exit(Exit.OK)


def _prepare() -> None:
    """Names out of files may hold what a terminal cannot show; Ctrl-C must reach the threads that read."""
    import signal

    from stemma.cli.progress import INTERRUPTED

    # Threads that hash and multiply need the interpreter lock for microseconds, but often: 5 ms is long to wait for it.
    sys.setswitchinterval(0.0005)
    # Modules, headers and vocabularies are many objects that stay: to look among them for cycles, again and again and
    # once more when the process ends, is a twentieth of the work.
    gc.set_threshold(200_000, 20, 20)
    atexit.register(gc.freeze)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # standard streams are text files

    def interrupt(_signal: int, _frame: object) -> NoReturn:
        INTERRUPTED.set()
        raise KeyboardInterrupt

    signal.signal(signal.SIGINT, interrupt)


def _leave(error: Exception) -> int:
    """Anything that is no error of Stemma's own is a defect."""
    import traceback

    if os.environ.get("STEMMA_DEBUG"):
        traceback.print_exception(error)
    say(f"stemma: internal error ({type(error).__name__}: {error}).")
    say("        This is a defect in Stemma. Set STEMMA_DEBUG=1 to see where, and report it with the output.")
    return int(Exit.INTERNAL)
