"""Commands as annotated functions: their parameters become what the parser of the standard library understands.

A parameter is declared once, ``name: Annotated[kind, Option(...) or Argument(...)] = default``. Only the parser of the
command that was asked for is made, and only that command's module is imported.
"""

from __future__ import annotations

import argparse
import inspect
import re
import textwrap
import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, NoReturn, get_args, get_origin, get_type_hints

from stemma.errors import InputError
from stemma.immutable import immutable

Callback = Callable[..., object]


class Leave(Exception):
    """Ends a command with this exit status."""

    def __init__(self, status: int = 0) -> None:
        super().__init__(status)
        self.status = int(status)


class Option:
    """``flags`` as they are typed, ``--on/--off`` for a switch that has two; ``then`` runs if it is switched on."""

    def __init__(
        self,
        *flags: str,
        help: str,  # noqa: A002 what argparse calls it
        metavar: str = "",
        min: float | None = None,  # noqa: A002
        max: float | None = None,  # noqa: A002
        then: Callable[[], None] | None = None,
    ) -> None:
        self.flags, self.help, self.metavar, self.then = flags, help, metavar, then
        self.min, self.max = min, max


class Argument:
    """A parameter known by its place."""

    def __init__(self, *, help: str, min: float | None = None) -> None:  # noqa: A002
        self.help, self.min, self.max = help, min, None


@immutable
class Group:
    """Commands by name, each as ``module:attribute`` of a function or of another group."""

    help: str
    commands: Mapping[str, str]

    def load(self, name: str) -> Callback | Group:
        """The command or group of that name."""
        module, _, attribute = self.commands[name].partition(":")
        found: Callback | Group = getattr(import_module(module), attribute)
        return found


@immutable
class Parameter:
    """One parameter of a command: ``kind`` without None and list, ``several`` where a list was declared."""

    name: str
    kind: type
    info: Option | Argument
    default: Any
    required: bool
    several: bool


def parameters(command: Callback) -> list[Parameter]:
    """The declared parameters of a command, in their order."""
    hints = get_type_hints(command, include_extras=True)
    found = []
    for name, parameter in inspect.signature(command).parameters.items():
        hint = hints[name]
        if get_origin(hint) is not Annotated:
            raise TypeError(f"{name} is declared without Option or Argument")
        kind, info = get_args(hint)
        if isinstance(kind, types.UnionType):
            kind = next(part for part in get_args(kind) if part is not type(None))
        several = get_origin(kind) is list
        if several:
            (kind,) = get_args(kind)
        required = parameter.default is parameter.empty
        found.append(Parameter(name, kind, info, None if required else parameter.default, required, several))
    return found


def run_command(command: Callback, path: str, words: Sequence[str]) -> object:
    """Parse ``words`` and call the command; ``path`` is what was typed before them.

    Raises:
        InputError: the words do not fit the command's parameters.
        Leave: help was asked for.
    """
    declared = parameters(command)
    parser = _Parser(prog=path, usage=_usage(path, declared), description=command.__doc__)
    fill(parser, declared)
    given = vars(parser.parse_intermixed_args(list(words)))
    for p in declared:
        if isinstance(p.info, Option) and p.info.then is not None and given[p.name]:
            p.info.then()
    return command(**{p.name: _converted(p, given[p.name]) for p in declared})


def fill(parser: argparse.ArgumentParser, declared: Iterable[Parameter]) -> None:
    """Add the declared parameters, and ``-h``."""
    arguments, options = parser.add_argument_group("Arguments"), parser.add_argument_group("Options")
    for parameter in declared:
        if isinstance(parameter.info, Argument):
            _add_argument(arguments, parameter, parameter.info)
        else:
            _add_option(options, parameter, parameter.info)
    options.add_argument("-h", "--help", action="help", help="Show this message and leave.")


def _add_argument(group: argparse._ArgumentGroup, parameter: Parameter, info: Argument) -> None:
    nargs = ("+" if parameter.required else "*") if parameter.several else None if parameter.required else "?"
    text = _help(info.help, None)
    group.add_argument(parameter.name, metavar=parameter.name.upper(), nargs=nargs, help=text, **_typed(parameter))


def _add_option(group: argparse._ArgumentGroup, parameter: Parameter, info: Option) -> None:
    name, default = parameter.name, parameter.default
    if parameter.kind is bool:
        on, _, off = info.flags[0].partition("/")
        text = _help(info.help, None)
        group.add_argument(on, *info.flags[1:], dest=name, action="store_true", default=default, help=text)
        if off:
            group.add_argument(off, dest=name, action="store_false", help="The opposite.")
    else:
        value, text = info.metavar or value_name(parameter), _help(with_choices(parameter, info.help), default)
        several = {"action": "append"} if parameter.several else {}
        typed = several | _typed(parameter)
        group.add_argument(*info.flags, dest=name, default=default, metavar=value, help=text, **typed)


def value_name(parameter: Parameter) -> str:
    """What stands for the value in help."""
    if issubclass(parameter.kind, Enum):
        return "FORMAT"
    named = {int: "N", float: "NUMBER", Path: "PATH"}
    return named.get(parameter.kind, "MODEL" if parameter.name == "base" else parameter.name.upper())


def with_choices(parameter: Parameter, text: str, mark: str = "") -> str:
    """The help of a parameter, and what it may be where that is a choice; ``mark`` stands around each."""
    if not issubclass(parameter.kind, Enum):
        return text
    return f"{text} One of {', '.join(f'{mark}{choice.value}{mark}' for choice in parameter.kind)}."


def _typed(parameter: Parameter) -> dict[str, Any]:
    if issubclass(parameter.kind, Enum):
        return {"choices": [choice.value for choice in parameter.kind]}
    if parameter.kind in (int, float):
        return {"type": partial(_within, parameter.kind, parameter.info.min, parameter.info.max)}
    return {}


def _within(kind: type, low: float | None, high: float | None, text: str) -> float:
    try:
        value: float = kind(text)
    except ValueError:
        wanted = "integer" if kind is int else "number"
        raise argparse.ArgumentTypeError(f"{text!r} is no valid {wanted}") from None
    if not (low is None or value >= low) or not (high is None or value <= high):
        least = "" if low is None else f" from {low:g}"
        most = "" if high is None else f" up to {high:g}"
        raise argparse.ArgumentTypeError(f"{text} is not in the range{least}{most}")
    return value


def _converted(parameter: Parameter, value: Any) -> Any:
    if value is None or parameter.kind is bool:
        return value
    if parameter.several:
        return [parameter.kind(item) for item in value]
    return value if isinstance(value, parameter.kind) else parameter.kind(value)


def _help(text: str, default: object) -> str:
    shown = default.value if isinstance(default, Enum) else default
    return (text if shown in (None, False) else f"{text} [default: {shown}]").replace("%", "%%")


def _usage(path: str, declared: Iterable[Parameter]) -> str:
    words = [argument_name(p) for p in declared if isinstance(p.info, Argument)]
    return " ".join([path, "[OPTIONS]", *words])


def argument_name(parameter: Parameter) -> str:
    """``NAME``, ``NAME...`` for several, ``[NAME]`` for one that may be left out."""
    shown = parameter.name.upper() + ("..." if parameter.several else "")
    return shown if parameter.required else f"[{shown}]"


def group_help(group: Group, path: str, options: Iterable[tuple[str, str]]) -> str:
    """The help of a group: its own text, its options and its commands with the first sentence of each."""
    width = _width()
    lines = [f"Usage: {path} [OPTIONS] COMMAND [ARGS]...", "", _paragraphs(group.help, width), "", "Options:"]
    lines += _table([*options, ("-h, --help", "Show this message and leave.")], width)
    described = [(name, _first_sentence(group.load(name))) for name in group.commands]
    return "\n".join([*lines, "", "Commands:", *_table(described, width)]) + "\n"


def _first_sentence(found: Callback | Group) -> str:
    text = found.help if isinstance(found, Group) else found.__doc__ or ""
    return text.strip().split("\n")[0]


def _table(rows: Sequence[tuple[str, str]], width: int) -> list[str]:
    left = max(len(name) for name, _ in rows) + 4
    return [
        textwrap.fill(text, width, initial_indent=f"  {name}".ljust(left), subsequent_indent=" " * left)
        for name, text in rows
    ]


def _width() -> int:
    import shutil

    return max(40, min(shutil.get_terminal_size().columns, 100) - 2)


def _paragraphs(text: str, width: int) -> str:
    """Paragraphs filled to the width; one that begins with ``\\b`` keeps its lines."""
    blocks = re.split(r"\n\s*\n", inspect.cleandoc(text))
    return "\n\n".join(
        textwrap.indent(block.removeprefix("\b").lstrip("\n"), "  ")
        if block.startswith("\b")
        else textwrap.fill(" ".join(block.split()), width, initial_indent="  ", subsequent_indent="  ")
        for block in blocks
    )


class _Formatter(argparse.HelpFormatter):
    """Help in the words of this program: ``Usage``, paragraphs, options in a column."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=32, width=_width())

    def add_usage(self, usage: str | None, actions: Any, groups: Any, prefix: str | None = None) -> None:
        super().add_usage(usage, actions, groups, prefix or "Usage: ")

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return _paragraphs(text, width)


class _Parser(argparse.ArgumentParser):
    """No abbreviations, and errors that are raised."""

    def __init__(self, *, prog: str, usage: str | None = None, description: str | None = None) -> None:
        super().__init__(
            prog=prog,
            usage=usage,
            description=description,
            formatter_class=_Formatter,
            add_help=False,
            allow_abbrev=False,
        )

    def error(self, message: str) -> NoReturn:
        unknown = re.fullmatch(r"unrecognized arguments: (.*)", message)
        if unknown:
            flags = [word for word in unknown[1].split() if word.startswith("-")]
            message = f"No such option: {flags[0]}" if flags else f"Too many arguments: {unknown[1]}"
        message = re.sub(r"^the following arguments are required: ", "Missing argument ", message)
        raise InputError(f"{message}.", advice=f"{self.usage and 'Usage: ' + self.usage}; see {self.prog} --help.")

    def exit(self, status: int = 0, message: str | None = None) -> NoReturn:
        raise Leave(status)
