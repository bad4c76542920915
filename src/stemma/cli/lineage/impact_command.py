"""``stemma impact``"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from stemma.cli.exits import Exit
from stemma.cli.lineage.options import CatalogOption, FindingFormat, FindingFormatOption
from stemma.cli.options import (
    AlphaOption,
    CacheOption,
    OfflineOption,
    OutputOption,
    QuietOption,
    WorkersOption,
    work_of,
)
from stemma.cli.output import check_output, show, write
from stemma.cli.parser import Argument, Leave, Option
from stemma.cli.progress import Bar
from stemma.cli.record.options import RegistryOption
from stemma.cli.server import ServerOption, asking

if TYPE_CHECKING:
    from stemma.publish.lineage.model import ImpactReport

SUBJECT_HELP = "An advisory (its id or a JSON file), a record, a model, or a directory of weights without a record."


def impact(
    subject: Annotated[str, Argument(help=SUBJECT_HELP)],
    framework: Annotated[
        str | None, Option("--framework", metavar="NAME", help="Also map findings onto it, such as eu-ai-act.")
    ] = None,
    form: FindingFormatOption = FindingFormat.TABLE,
    output: OutputOption = None,
    registry: RegistryOption = None,
    catalog: CatalogOption = None,
    alpha: AlphaOption = 1e-6,
    cache: CacheOption = True,
    offline: OfflineOption = False,
    workers: WorkersOption = None,
    quiet: QuietOption = False,
    server: ServerOption = None,
) -> None:
    """Say whom an advisory reaches, or which advisories reach a record or a model, each with the path that explains it.

    A risk travels along the relations that carry it: harmful data through training, a licence through weights, code in
    a file only with its bytes, a backdoor fading but never silently gone. Weights that have no record are scanned
    against the catalog, and get the advisories of what they descend from.

    Exit status: 0 nobody is reached, 1 somebody surely, 2 somebody possibly and nobody surely, 3 bad input, 4 internal
    error. What an advisory names counts as reached.

    \b
    Examples:
      stemma impact x_ACME-2026-0001
      stemma impact plip --framework eu-ai-act
      stemma impact ./downloaded-model --format sarif -o impact.sarif
      stemma impact plip --server https://models.example.org
    """
    check_output(output)
    if server is not None:
        report = _asked(server, registry, subject, framework)
    else:
        from stemma.usecases.lineage.impact import impact as use_case
        from stemma.usecases.registry import now

        with Bar(quiet=quiet) as bar:
            work = work_of(bar, alpha=alpha, cache=cache, offline=offline, workers=workers)
            report = use_case(subject, registry=registry, catalog=catalog, framework=framework, work=work, when=now())
    match form:
        case FindingFormat.TABLE:
            from stemma.publish.lineage.terminal import render_impact

            show(lambda console: render_impact(report, console), output)
        case FindingFormat.JSON:
            from stemma.publish.canonical import to_json
            from stemma.publish.lineage.documents import impact_document

            write(to_json(impact_document(report)), output)
        case FindingFormat.SARIF:
            from stemma.publish.canonical import to_json
            from stemma.publish.lineage.sarif import impact_sarif

            write(to_json(impact_sarif(report)), output)
    raise Leave(_exit(report))


def _asked(server: str, registry: str | None, subject: str, framework: str | None) -> ImpactReport:
    """What a server says of an advisory or a record; weights stay here, and so does the mapping."""
    from stemma.client.reports import impact_of
    from stemma.usecases.lineage.impact import find_framework, mapped_onto

    chosen = None if framework is None else find_framework(framework)
    with asking(server, registry=registry) as ask:
        report = impact_of(ask, subject)
    return report if chosen is None else mapped_onto(chosen, report)


def _exit(report: ImpactReport) -> Exit:
    from stemma.registry.notices import Certainty

    if Certainty.AFFECTED in report.certainties:
        return Exit.FOUND
    return Exit.NOT_ESTABLISHED if report.certainties else Exit.OK
