"""``stemma fingerprint``"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from stemma.cli.options import (
    MODEL_HELP,
    BaseOption,
    CacheOption,
    OfflineOption,
    PlainFormat,
    PlainFormatOption,
    QuietOption,
    SampleOption,
    WorkersOption,
    work_of,
)
from stemma.cli.output import show, write
from stemma.cli.parser import Argument, Option
from stemma.cli.progress import Bar


def fingerprint(
    models: Annotated[list[str], Argument(help=MODEL_HELP)],
    output: Annotated[
        Path | None,
        Option("--output", "-o", help="A file, or a directory for several models. Default: NAME.stemma here."),
    ] = None,
    form: PlainFormatOption = PlainFormat.TABLE,
    sample: SampleOption = False,
    base: BaseOption = None,
    cache: CacheOption = True,
    offline: OfflineOption = False,
    workers: WorkersOption = None,
    quiet: QuietOption = False,
) -> None:
    """Write one small fingerprint file per model; it is all that compare and scan need.

    \b
    Examples:
      stemma fingerprint ./my-model
      stemma fingerprint ./my-model -o my-model.stemma
      stemma fingerprint hf:org/base hf:org/tuned -o fingerprints/
    """
    from stemma.usecases.fingerprints import write_fingerprint

    for model in models:
        with Bar(quiet=quiet) as bar:
            work = work_of(bar, sample=sample, base=base, cache=cache, offline=offline, workers=workers)
            report = write_fingerprint(model, output, several=len(models) > 1, work=work)
        if form is PlainFormat.JSON:
            from stemma.publish.canonical import to_line
            from stemma.publish.result_json import fingerprint_document

            write(to_line(fingerprint_document(report)), None)
        elif not quiet:
            from functools import partial

            from stemma.publish.terminal import render_fingerprint

            show(partial(render_fingerprint, report), None)
