"""Options that the commands over the joined graph share."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

from stemma.cli.parser import Argument, Option

NodeArgument = Annotated[str, Argument(help="NAME or NAME@RANGE of a record, or model:REFERENCE.")]
CatalogOption = Annotated[
    Path | None,
    Option("--catalog", "-c", help="Directory of the catalog; default: $STEMMA_CATALOG or the user's own."),
]


class FindingFormat(StrEnum):
    """How a result with findings and without a page is written."""

    TABLE = "table"
    JSON = "json"
    SARIF = "sarif"


FindingFormatOption = Annotated[FindingFormat, Option("--format", "-f", help="How to write the result.")]
