"""``stemma inspect``"""

from __future__ import annotations

from typing import Annotated

from stemma.cli.options import (
    MODEL_HELP,
    BaseOption,
    OfflineOption,
    OutputOption,
    PageFormat,
    PageFormatOption,
    QuietOption,
    work_of,
)
from stemma.cli.output import check_output, show, write
from stemma.cli.parser import Argument
from stemma.cli.progress import Bar


def inspect(
    model: Annotated[str, Argument(help=MODEL_HELP)],
    form: PageFormatOption = PageFormat.TABLE,
    output: OutputOption = None,
    base: BaseOption = None,
    offline: OfflineOption = False,
    quiet: QuietOption = False,
) -> None:
    """Show what a model is made of: formats, shards, types, roles found and missing, declared parents, warnings.

    Reads headers and small files only.

    \b
    Examples:
      stemma inspect ./my-model
      stemma inspect hf:org/name@main --format json
    """
    from stemma.usecases.inspect import inspect as use_case

    check_output(output)
    with Bar(quiet=quiet) as bar:
        report = use_case(model, work_of(bar, base=base, offline=offline))
    match form:
        case PageFormat.TABLE:
            from stemma.publish.terminal import render_inspection

            show(lambda console: render_inspection(report, console), output)
        case PageFormat.JSON:
            from stemma.publish.canonical import to_json
            from stemma.publish.result_json import inspection_document

            write(to_json(inspection_document(report)), output)
        case PageFormat.HTML:
            from stemma.publish.html import inspection_page

            write(inspection_page(report), output)
