"""The page of the command line, made from the commands themselves: ``python -m stemma.cli.document docs/cli.md``."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Iterator
from enum import Enum
from pathlib import Path
from typing import Any

from stemma.cli.main import OPTIONS, app
from stemma.cli.parser import Argument, Group, Option, Parameter, argument_name, parameters, value_name, with_choices

_HEAD = """# The command line

This page is made from the commands' own help by `python -m stemma.cli.document docs/cli.md`; a test compares the two.

A MODEL is a directory, a weight file (`.safetensors`, `.gguf`, `.bin`, `.pt`, `.pth`, `.onnx`), a `.stemma`
fingerprint, `hf:org/name[@revision]`, `pkg:huggingface/org/name[@revision]` or a URL. Models of a hub are read by byte
range: headers first, then what is needed.

`stemma --install-completion` teaches bash, zsh or fish, whichever it is run in, to complete commands and options;
`stemma --show-completion` prints the script.
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
`compare`; also something wrong found by `validate` or `catalog verify`, and a model that `catalog build` leaves out |
| 4 | internal error: a defect in Stemma | as for `compare` | as for `compare` |
| 130 | interrupted (Ctrl-C); nothing half-written is left | as for `compare` | as for `compare` |

Commands that look for findings in the joined graph say in 0 to 2 what they found, and the rest as above:

| status | `verify` | `impact` | `lineage path` | `lineage conflicts` |
|---|---|---|---|---|
| 0 | every claim holds, nothing is undeclared | nobody is reached | there is a way | none |
| 1 | a claim is contradicted, or an undeclared ancestor shown | somebody is affected | – | some |
| 2 | neither, but not everything was established | somebody is possibly affected, nobody surely | there is none | – |

`stemma alerts deliver` leaves with 2 where something that was due is not delivered; `stemma watch check` with 1 where
something changed, and with 2 where nothing did but not everything could be looked at.

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
| `STEMMA_REGISTRY` | the registry; default: `records` in the working directory |
| `HF_ENDPOINT` | address of the hub, for a mirror; default: `https://huggingface.co` |
| `HF_TOKEN` | token for gated and private models of the hub; default: the one that `hf auth login` stored |
| `KAGGLE_USERNAME`, `KAGGLE_KEY` | the account with which `stemma index kaggle` lists |
| `HF_HUB_OFFLINE` | `1`: use the local cache of the hub alone, as `--offline` does |
| `NO_COLOR` | any value: no colours |
| `COLUMNS` | width of tables, where the terminal does not say |
| `STEMMA_DEBUG` | any value: show where an internal error happened |
"""


def page() -> str:
    """The whole page."""
    own = [f"| `{flags}` | {text} |  |" for flags, text in OPTIONS]
    sections = [_section("stemma", app.help, own)]
    for path, command in commands(app):
        rows = [_row(parameter) for parameter in parameters(command)]
        sections.append(_section(f"stemma {path}", command.__doc__ or "", rows))
    return "\n".join([_HEAD, *sections, _TAIL])


def commands(group: Group, path: str = "") -> Iterator[tuple[str, Callable[..., Any]]]:
    """Every command below a group, by what is typed after ``stemma``."""
    for name in group.commands:
        found = group.load(name)
        if isinstance(found, Group):
            yield from commands(found, f"{path}{name} ")
        else:
            yield f"{path}{name}", found


def _section(command: str, help_text: str, rows: list[str]) -> str:
    described = inspect.cleandoc(help_text)
    text = re.sub(r"\x08\n(Examples?:)\n((?: +.*\n?)+)", _as_code, described).strip()
    table = ["| argument or option | meaning | default |", "|---|---|---|", *rows, ""] if rows else []
    return "\n".join([f"## `{command}`", "", text, "", *table])


def _as_code(found: re.Match[str]) -> str:
    lines = "\n".join(line.strip() for line in found[2].rstrip("\n").split("\n"))
    return f"{found[1]}\n\n```\n{lines}\n```\n"


def _row(parameter: Parameter) -> str:
    info = parameter.info
    shown = f"`{argument_name(parameter)}`" if isinstance(info, Argument) else _option(parameter, info)
    default = "required" if parameter.required else _default(parameter.default)
    cells = (shown, with_choices(parameter, info.help, "`"), default)
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _option(parameter: Parameter, info: Option) -> str:
    value = "" if parameter.kind is bool else f" {info.metavar or value_name(parameter)}"
    return f"`{', '.join(info.flags)}{value}`"


def _default(value: Any) -> str:
    if value is None or value is False or value == 0:
        return ""
    return "on" if value is True else f"`{value.value if isinstance(value, Enum) else value}`"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), encoding="utf-8", newline="\n")
