"""The page of the command line, made from the commands themselves: ``python -m stemma.cli.document docs/cli.md``."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Iterator
from enum import Enum
from pathlib import Path
from typing import Any, get_args, get_type_hints

import typer
from typer.models import ArgumentInfo, OptionInfo, ParameterInfo

from stemma.cli.main import app, main

_HEAD = """# The command line

This page is made from the commands' own help by `python -m stemma.cli.document docs/cli.md`; a test compares the two.

A MODEL is a directory, a weight file (`.safetensors`, `.gguf`, `.bin`, `.pt`, `.pth`, `.onnx`), a `.stemma`
fingerprint, `hf:org/name[@revision]`, `pkg:huggingface/org/name[@revision]` or a URL. Models of a hub are read by byte
range: headers first, then what is needed.

`stemma --install-completion` teaches bash, zsh, fish or PowerShell, whichever it is run in, to complete commands and
options; `stemma --show-completion` prints the script.
"""

_TAIL = """## Many pairs

`stemma compare --pairs FILE` reads JSON lines, one pair a line, from a file or (`-`) from standard input:

```
{"a": "./base", "b": "./suspect"}
{"a": "hf:org/base", "b": "./suspect"}
```

- It writes one result a line, in the order asked, each of them as `--format json` would write it
  ([schema](schemas/README.md)); `a` and `b` repeat the request letter for letter.
- Every model is opened and fingerprinted once, however often it is named, and several at a time (`--workers`).
- A model that cannot be read gives `"label": null` and an `"error"` on its lines; the other pairs are not touched, and
  the exit status is 0.
- Blank lines and further fields are passed over. A line that is no such object ends the run before it begins, with
  status 3 and the number of the line.
- `--format sarif` writes one SARIF log of all pairs instead.

## Exit status

| status | `compare` | `scan` | other commands |
|---|---|---|---|
| 0 | linked | a link was found | done |
| 1 | independent, and that was shown | – | – |
| 2 | no link established | no link established | – |
| 3 | bad input: usage, a model that cannot be read, a place that cannot be written | as for `compare` | as for \
`compare`; also something wrong found by `verify`, or a model that `catalog build` could not take |
| 4 | internal error: a defect in Stemma | as for `compare` | as for `compare` |
| 130 | interrupted (Ctrl-C); nothing half-written is left | as for `compare` | as for `compare` |

A reader that leaves early (`stemma compare A B | head -3`) changes no status.

## Output

Results go to standard output or to `--output`, where they appear whole or not at all. Everything else goes to standard
error: remarks, warnings, errors with what to do, and on a terminal a bar with bytes, rate and time left for anything
that takes over a second. `--quiet` leaves the result alone, `stemma -v` tells more. JSON follows the
[published schemas](schemas/README.md).

## Environment variables

| variable | meaning |
|---|---|
| `STEMMA_CACHE` | directory of the fingerprints kept between runs; default: `stemma` in the user's cache directory |
| `STEMMA_CATALOG` | directory of the catalog; default: `stemma/catalog` in the user's data directory |
| `HF_ENDPOINT` | address of the hub, for a mirror; default: `https://huggingface.co` |
| `HF_TOKEN` | token for gated and private models of the hub; default: the one that `hf auth login` stored |
| `HF_HUB_OFFLINE` | `1`: use the local cache of the hub alone, as `--offline` does |
| `NO_COLOR` | any value: no colours |
| `COLUMNS` | width of tables, where the terminal does not say |
| `STEMMA_DEBUG` | any value: show where an internal error happened |
"""


def page() -> str:
    """The whole page."""
    sections = [_section("stemma", main)]
    sections += [_section(f"stemma {path}", callback) for path, callback in commands(app)]
    return "\n".join([_HEAD, *sections, _TAIL])


def commands(group: typer.Typer, path: str = "") -> Iterator[tuple[str, Callable[..., Any]]]:
    """Every command below a group, by what is typed after ``stemma``."""
    for info in group.registered_commands:
        if info.callback is not None:
            yield f"{path}{info.name or info.callback.__name__}", info.callback
    for inner in group.registered_groups:
        if inner.typer_instance is not None:
            yield from commands(inner.typer_instance, f"{path}{inner.name} ")


def _section(command: str, callback: Callable[..., Any]) -> str:
    described = inspect.cleandoc(callback.__doc__ or "")
    text = re.sub(r"\x08\n(Examples?:)\n((?: +.*\n?)+)", _as_code, described).strip()
    rows = list(_rows(callback))
    table = ["| argument or option | meaning | default |", "|---|---|---|", *rows, ""] if rows else []
    return "\n".join([f"## `{command}`", "", text, "", *table])


def _as_code(found: re.Match[str]) -> str:
    lines = "\n".join(line.strip() for line in found[2].rstrip("\n").split("\n"))
    return f"{found[1]}\n\n```\n{lines}\n```\n"


def _rows(callback: Callable[..., Any]) -> Iterator[str]:
    hints = get_type_hints(callback, include_extras=True)
    for name, parameter in inspect.signature(callback).parameters.items():
        kind, info = get_args(hints[name])
        required = parameter.default is parameter.empty
        shown = _argument(name, kind, required) if isinstance(info, ArgumentInfo) else _option(name, kind, info)
        default = "required" if required else _default(parameter.default)
        cells = (shown, f"{info.help}{_choices(kind)}", default)
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _argument(name: str, kind: Any, required: bool) -> str:
    shown = name.upper() + ("..." if "list" in str(kind) else "")
    return f"`{shown}`" if required else f"`[{shown}]`"


def _option(name: str, kind: Any, info: ParameterInfo) -> str:
    # Annotated options carry their first spelling where a default would stand.
    spelled = [form for form in (info.default, *(info.param_decls or ())) if isinstance(form, str)]
    written = ", ".join(spelled or [f"--{name}"])
    counted = isinstance(info, OptionInfo) and info.count
    value = "" if kind is bool or counted else f" {(info.metavar or _value(name, kind)).upper()}"
    return f"`{written}{value}`"


def _value(name: str, kind: Any) -> str:
    plain = next((part for part in get_args(kind) if part is not type(None)), kind)
    if isinstance(plain, type) and issubclass(plain, Enum):
        return "FORMAT"
    words: dict[object, str] = {int: "N", float: "NUMBER", Path: "PATH", str: "MODEL" if name == "base" else name}
    return words[plain]


def _choices(kind: Any) -> str:
    if isinstance(kind, type) and issubclass(kind, Enum):
        return f" One of {', '.join(f'`{choice.value}`' for choice in kind)}."
    return ""


def _default(value: Any) -> str:
    if value is None or value is False or value == 0:
        return ""
    return "on" if value is True else f"`{value.value if isinstance(value, Enum) else value}`"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), encoding="utf-8", newline="\n")
