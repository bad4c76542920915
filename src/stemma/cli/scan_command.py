"""``stemma scan``"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from stemma.cli.exits import Exit
from stemma.cli.options import (
    MODEL_HELP,
    AlphaOption,
    BaseOption,
    CacheOption,
    Format,
    FormatOption,
    OfflineOption,
    OutputOption,
    QuietOption,
    SampleOption,
    WorkersOption,
    work_of,
)
from stemma.cli.output import check_output, show, write
from stemma.cli.parser import Argument, Leave, Option
from stemma.cli.progress import Bar

CatalogOption = Annotated[
    Path | None,
    Option("--catalog", "-c", help="Directory of the catalog; default: $STEMMA_CATALOG or the user's own."),
]


def scan(
    model: Annotated[str, Argument(help=MODEL_HELP)],
    catalog: CatalogOption = None,
    limit: Annotated[int, Option("--limit", "-n", min=1, max=1000, help="How many candidates to rule on.")] = 10,
    form: FormatOption = Format.TABLE,
    output: OutputOption = None,
    sample: SampleOption = False,
    base: BaseOption = None,
    alpha: AlphaOption = 1e-6,
    cache: CacheOption = True,
    offline: OfflineOption = False,
    workers: WorkersOption = None,
    quiet: QuietOption = False,
) -> None:
    """Find a model's relatives in a catalog of fingerprints, ranked, with the evidence for each.

    Exit status: 0 a link was found, 2 none was established, 3 bad input, 4 internal error.

    \b
    Examples:
      stemma scan ./suspect
      stemma scan ./suspect --catalog ./catalog --format json
    """
    from stemma.catalog import Catalog
    from stemma.usecases.catalogs import default_catalog
    from stemma.usecases.scan import scan as use_case

    check_output(output)
    with Bar(quiet=quiet) as bar:
        work = work_of(bar, sample=sample, base=base, alpha=alpha, cache=cache, offline=offline, workers=workers)
        report = use_case(model, Catalog(catalog or default_catalog()), work, shortlist=limit)
    match form:
        case Format.TABLE:
            from stemma.publish.terminal import render_scan

            show(lambda console: render_scan(report, console), output)
        case Format.JSON:
            from stemma.publish.canonical import to_json
            from stemma.publish.result_json import scan_document

            write(to_json(scan_document(report)), output)
        case Format.HTML:
            from stemma.publish.html import scan_page

            write(scan_page(report), output)
        case Format.SARIF:
            from stemma.publish.canonical import to_json
            from stemma.publish.sarif import scan_sarif

            write(to_json(scan_sarif(report)), output)
    found = any(c.ruling is not None and c.ruling.label == "linked" for c in report.candidates)
    raise Leave(Exit.LINKED if found else Exit.NOT_ESTABLISHED)
