"""``stemma lineage show``, ``ancestors``, ``descendants``, ``path`` and ``conflicts``"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from stemma.cli.exits import Exit
from stemma.cli.lineage.options import NodeArgument
from stemma.cli.options import OutputOption, PlainFormat, PlainFormatOption
from stemma.cli.output import check_output, show, write
from stemma.cli.parser import Argument, Leave, Option
from stemma.cli.record.options import RegistryOption
from stemma.cli.server import ServerOption, asking
from stemma.vocabulary import RelationKind

if TYPE_CHECKING:
    from stemma.publish.lineage.model import ConflictReport, LineageReport

KindsOption = Annotated[
    list[RelationKind] | None,
    Option("--kind", metavar="KIND", help="Follow relations of this kind alone; may be given several times."),
]
DepthOption = Annotated[int | None, Option("--depth", "-d", min=1, max=1000, help="At most so many steps.")]


def show_(
    node: NodeArgument,
    form: PlainFormatOption = PlainFormat.TABLE,
    output: OutputOption = None,
    registry: RegistryOption = None,
    server: ServerOption = None,
) -> None:
    """Show the edges of a node, declared and measured, with the sources of each side by side.

    \b
    Examples:
      stemma lineage show plip
      stemma lineage show plip@1.0.0 --format json
      stemma lineage show plip --server https://models.example.org
    """
    check_output(output)
    if server is not None:
        with asking(server, registry=registry) as ask:
            _write(ask.lineage_report("show", node), form, output)
            return
    from stemma.usecases.lineage.walk import show_node

    _write(show_node(node, registry), form, output)


def ancestors(
    node: NodeArgument,
    kinds: KindsOption = None,
    depth: DepthOption = None,
    form: PlainFormatOption = PlainFormat.TABLE,
    output: OutputOption = None,
    registry: RegistryOption = None,
    server: ServerOption = None,
) -> None:
    """List everything that a node was made of, near before far, with a shortest path to each.

    \b
    Examples:
      stemma lineage ancestors plip
      stemma lineage ancestors my-model --kind finetuned-from --kind quantised-from
    """
    check_output(output)
    _write(_walked("ancestors", node, kinds, depth, registry, server), form, output)


def descendants(
    node: NodeArgument,
    kinds: KindsOption = None,
    depth: DepthOption = None,
    form: PlainFormatOption = PlainFormat.TABLE,
    output: OutputOption = None,
    registry: RegistryOption = None,
    server: ServerOption = None,
) -> None:
    """List everything that was made of a node, near before far, with a shortest path to each.

    \b
    Examples:
      stemma lineage descendants laion-5b
      stemma lineage descendants llama2-7b --depth 1 --format json
    """
    check_output(output)
    _write(_walked("descendants", node, kinds, depth, registry, server), form, output)


def _walked(
    what: Literal["ancestors", "descendants"],
    node: str,
    kinds: list[RelationKind] | None,
    depth: int | None,
    registry: str | None,
    server: str | None,
) -> LineageReport:
    if server is not None:
        with asking(server, registry=registry) as ask:
            return ask.lineage_report(what, node, kinds=kinds or (), depth=depth)
    from stemma.usecases.lineage.walk import walk

    return walk(node, what, registry, kinds=kinds, depth=depth)


def path(
    upstream: NodeArgument,
    downstream: NodeArgument,
    every: Annotated[bool, Option("--all", help="All ways, not only a shortest one.")] = False,
    limit: Annotated[int, Option("--limit", min=1, max=10_000, help="At most so many ways.")] = 100,
    form: PlainFormatOption = PlainFormat.TABLE,
    output: OutputOption = None,
    registry: RegistryOption = None,
    server: ServerOption = None,
) -> None:
    """Show the ways that lead from one node down to another.

    Exit status: 0 there is one, 2 there is none, 3 bad input, 4 internal error.

    \b
    Examples:
      stemma lineage path laion-5b plip
      stemma lineage path llama2-7b my-merge --all
    """
    check_output(output)
    if server is not None:
        with asking(server, registry=registry) as ask:
            report = ask.paths_report(upstream, downstream, every=every, limit=limit)
    else:
        from stemma.usecases.lineage.walk import find_paths

        report = find_paths(upstream, downstream, registry, every=every, limit=limit)
    _write(report, form, output)
    if not report.paths:
        raise Leave(Exit.NOT_ESTABLISHED)


def conflicts(
    names: Annotated[list[str] | None, Argument(help="Records to look at; default: the whole registry.")] = None,
    form: PlainFormatOption = PlainFormat.TABLE,
    output: OutputOption = None,
    registry: RegistryOption = None,
    server: ServerOption = None,
) -> None:
    """List where declarations and weights disagree, circles, and names that look alike.

    Exit status: 0 there are none, 1 there are some, 3 bad input, 4 internal error.

    \b
    Examples:
      stemma lineage conflicts
      stemma lineage conflicts my-model --format json
      stemma lineage conflicts my-model --server https://models.example.org
    """
    check_output(output)
    report = _conflicts(names or [], registry, server)
    match form:
        case PlainFormat.TABLE:
            from stemma.publish.lineage.terminal import render_conflicts

            show(lambda console: render_conflicts(report, console), output)
        case PlainFormat.JSON:
            from stemma.publish.canonical import to_json
            from stemma.publish.lineage.documents import conflicts_document

            write(to_json(conflicts_document(report)), output)
    if report.conflicts:
        raise Leave(Exit.FOUND)


def _conflicts(names: list[str], registry: str | None, server: str | None) -> ConflictReport:
    if server is not None:
        from stemma.client.reports import conflicts_of

        with asking(server, registry=registry) as ask:
            return conflicts_of(ask, names)
    from stemma.usecases.lineage.walk import list_conflicts

    return list_conflicts(names, registry)


def _write(report: LineageReport, form: PlainFormat, output: Path | None) -> None:
    match form:
        case PlainFormat.TABLE:
            from stemma.publish.lineage.terminal import render_lineage

            show(lambda console: render_lineage(report, console), output)
        case PlainFormat.JSON:
            from stemma.publish.canonical import to_json
            from stemma.publish.lineage.documents import lineage_document

            write(to_json(lineage_document(report)), output)
