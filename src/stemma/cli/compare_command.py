"""``stemma compare``"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from stemma.cli.exits import exit_of
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
from stemma.cli.output import check_output, show, write, write_lines
from stemma.cli.parser import Argument, Leave, Option
from stemma.cli.progress import Bar
from stemma.errors import InputError

if TYPE_CHECKING:
    from stemma.publish.model import ComparisonReport
    from stemma.usecases.settings import Work


def compare(
    a: Annotated[str | None, Argument(help=MODEL_HELP)] = None,
    b: Annotated[str | None, Argument(help="The other model.")] = None,
    pairs: Annotated[
        Path | None,
        Option(
            "--pairs",
            metavar="FILE",
            help='JSON lines {"a": ..., "b": ...}, - for standard input; one JSON result a line, in this order.',
        ),
    ] = None,
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
    """Decide from the weights whether two models share provenance, how, which way, and how surely.

    \b
    Examples:
      stemma compare ./base ./suspect
      stemma compare hf:org/base ./suspect --format html -o report.html
      stemma compare ./base ./adapter --base ./base
      stemma compare --pairs pairs.jsonl > results.jsonl

    Exit status: 0 linked, 1 shown independent, 2 not established, 3 bad input, 4 internal error. With --pairs it is 0
    when every pair has its line; a model that cannot be read gives "label": null and an "error" on that line.
    """
    check_output(output)
    with Bar(quiet=quiet) as bar:
        work = work_of(bar, sample=sample, base=base, alpha=alpha, cache=cache, offline=offline, workers=workers)
        if pairs is not None:
            if a is not None:
                raise InputError("Two models and --pairs were given.", advice="Give one or the other.")
            _compare_many(pairs, work, form, output)
            return
        if a is None or b is None:
            raise InputError("Two models are needed.", advice="Write: stemma compare A B, or give --pairs FILE.")
        from stemma.usecases.compare import compare as use_case

        report = use_case(a, b, work)
    _write(report, form, output)
    if report.ruling is not None:
        raise Leave(exit_of(report.ruling))


def _write(report: ComparisonReport, form: Format, output: Path | None) -> None:
    match form:
        case Format.TABLE:
            from stemma.publish.terminal import render_comparison

            show(lambda console: render_comparison(report, console), output)
        case Format.JSON:
            from stemma.publish.canonical import to_json
            from stemma.publish.result_json import comparison_document

            write(to_json(comparison_document(report)), output)
        case Format.HTML:
            from stemma.publish.html import comparison_page

            write(comparison_page(report), output)
        case Format.SARIF:
            from stemma.publish.canonical import to_json
            from stemma.publish.sarif import comparison_sarif

            write(to_json(comparison_sarif([report])), output)


def _compare_many(pairs: Path, work: Work, form: Format, output: Path | None) -> None:
    """One JSON line a pair, in the order asked; a model that cannot be read is an error on its line, not of the run."""
    import sys

    from stemma.publish.canonical import to_json, to_line
    from stemma.publish.result_json import comparison_document
    from stemma.usecases.compare import compare_pairs, read_pairs

    if form is Format.HTML:
        raise InputError("--pairs cannot be written as one page.", advice="Use --format json (the default) or sarif.")
    asked = read_pairs(sys.stdin.read() if str(pairs) == "-" else _text(pairs))
    reports = compare_pairs(asked, work)
    if form is Format.SARIF:
        from stemma.publish.sarif import comparison_sarif

        write(to_json(comparison_sarif(list(reports))), output)
        return
    write_lines((to_line(comparison_document(report)).rstrip("\n") + "\n" for report in reports), output)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} could not be read: {error}.", advice="Give a file of JSON lines in UTF-8.") from error
