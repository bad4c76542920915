"""``stemma tree``"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from stemma.cli.options import (
    MODEL_HELP,
    AlphaOption,
    CacheOption,
    OfflineOption,
    OutputOption,
    QuietOption,
    SampleOption,
    WorkersOption,
    work_of,
)
from stemma.cli.output import check_output, show, write
from stemma.cli.parser import Argument, Option
from stemma.cli.progress import Bar


class TreeFormat(StrEnum):
    """How a family graph is written."""

    TABLE = "table"
    JSON = "json"
    DOT = "dot"
    SVG = "svg"
    HTML = "html"


def tree(
    models: Annotated[list[str], Argument(help=MODEL_HELP)],
    form: Annotated[TreeFormat, Option("--format", "-f", help="How to write the result.")] = TreeFormat.TABLE,
    output: OutputOption = None,
    sample: SampleOption = False,
    alpha: AlphaOption = 1e-6,
    cache: CacheOption = True,
    offline: OfflineOption = False,
    workers: WorkersOption = None,
    quiet: QuietOption = False,
) -> None:
    """Recover the family graph of a set of models: who was made of whom, how, and how surely.

    Copies are grouped, merges hang on all their parents, siblings are joined through the ancestor that is among the
    models. An edge without an arrow is one whose way nothing shows.

    \b
    Examples:
      stemma tree ./base ./tuned ./merged
      stemma tree fingerprints/*.stemma --format svg -o tree.svg
    """
    from stemma.usecases.tree import tree as use_case

    check_output(output)
    with Bar(quiet=quiet) as bar:
        work = work_of(bar, sample=sample, alpha=alpha, cache=cache, offline=offline, workers=workers)
        report = use_case(models, work)
    match form:
        case TreeFormat.TABLE:
            from stemma.publish.tree_terminal import render_tree

            show(lambda console: render_tree(report, console), output)
        case TreeFormat.JSON:
            from stemma.publish.canonical import to_json
            from stemma.publish.tree_json import tree_document

            write(to_json(tree_document(report)), output)
        case TreeFormat.DOT:
            from stemma.publish.tree_graph import tree_dot

            write(tree_dot(report), output)
        case TreeFormat.SVG:
            from stemma.publish.tree_graph import tree_svg

            write(tree_svg(report), output)
        case TreeFormat.HTML:
            from stemma.publish.tree_graph import tree_page

            write(tree_page(report), output)
