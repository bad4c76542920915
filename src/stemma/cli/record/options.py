"""Options that the commands on records share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from stemma.cli.parser import Argument, Option

RECORD_HELP = "A YAML file, or NAME or NAME@RANGE of the registry."

RecordArgument = Annotated[str, Argument(help=RECORD_HELP)]
PathsArgument = Annotated[list[Path], Argument(help="Record files, or directories of records.")]
RegistryOption = Annotated[
    str | None,
    Option(
        "--registry",
        "-r",
        metavar="PLACE",
        help="A directory, FILE.db or postgresql://...; default: $STEMMA_REGISTRY, else ./records.",
    ),
]
