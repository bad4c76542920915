"""``stemma verify``"""

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
    SampleOption,
    WorkersOption,
    work_of,
)
from stemma.cli.output import check_output, say, show, write
from stemma.cli.parser import Argument, Leave, Option
from stemma.cli.progress import Bar
from stemma.cli.record.options import RegistryOption
from stemma.errors import InputError

if TYPE_CHECKING:
    from stemma.publish.lineage.model import VerifyReport


def verify(
    subject: Annotated[
        str, Argument(help="A YAML file, NAME or NAME@RANGE of the registry, or a model whose files declare something.")
    ],
    weights: Annotated[
        list[str] | None,
        Option("--weights", "-w", metavar="NAME=MODEL", help="Where the weights of a record are; several times."),
    ] = None,
    keep: Annotated[bool, Option("--keep", help="Put the rulings and fingerprint digests into the registry.")] = False,
    limit: Annotated[int, Option("--limit", "-n", min=1, max=1000, help="How many candidates to rule on.")] = 10,
    form: FindingFormatOption = FindingFormat.TABLE,
    output: OutputOption = None,
    registry: RegistryOption = None,
    catalog: CatalogOption = None,
    sample: SampleOption = False,
    alpha: AlphaOption = 1e-6,
    cache: CacheOption = True,
    offline: OfflineOption = False,
    workers: WorkersOption = None,
    quiet: QuietOption = False,
) -> None:
    """Hold every declared weight edge against the weights, and look for ancestors that are not declared.

    Each edge holds, is contradicted, or is not established. Weights are taken from --weights, from a fingerprint of
    the catalog, or from the hub by range, in this order; the report says which. With --keep what was found becomes
    part of the joined graph: advisories travel along it.

    Exit status: 0 every claim holds and nothing is undeclared, 1 a claim is contradicted or an undeclared ancestor
    shown, 2 neither, but not everything could be established, 3 bad input, 4 internal error.

    \b
    Examples:
      stemma verify my-model --weights my-model=./my-model --weights base=./base
      stemma verify ./downloaded-model --registry records --keep
      stemma verify my-model@1.2.0 --format sarif -o verify.sarif
    """
    from stemma.usecases.lineage.verify import Asked
    from stemma.usecases.lineage.verify import verify as use_case
    from stemma.usecases.registry import now

    check_output(output)
    how = Asked(registry, catalog, _named(weights or []), keep, limit, now())
    with Bar(quiet=quiet) as bar:
        work = work_of(bar, sample=sample, alpha=alpha, cache=cache, offline=offline, workers=workers)
        report = use_case(subject, how, work)
    match form:
        case FindingFormat.TABLE:
            from stemma.publish.lineage.terminal import render_verification

            show(lambda console: render_verification(report, console), output)
        case FindingFormat.JSON:
            from stemma.publish.canonical import to_json
            from stemma.publish.lineage.documents import verification_document

            write(to_json(verification_document(report)), output)
        case FindingFormat.SARIF:
            from stemma.publish.canonical import to_json
            from stemma.publish.lineage.sarif import verification_sarif

            write(to_json(verification_sarif(report)), output)
    if keep and not quiet:
        say("What was found is kept in the registry." if report.kept else "There is nothing to keep.")
    raise Leave(_exit(report))


def _named(given: list[str]) -> dict[str, str]:
    named = {}
    for each in given:
        name, sign, reference = each.partition("=")
        if not (name and sign and reference):
            raise InputError(f"--weights {each}: expected NAME=MODEL.", advice="Such as --weights base=./base.")
        named[name] = reference
    return named


def _exit(report: VerifyReport) -> Exit:
    from stemma.lineage import Verdict

    found = report.verification
    if found.contradicted or found.silent:
        return Exit.FOUND
    settled = all(claim.verdict is Verdict.HOLDS for claim in found.claims)
    return Exit.OK if settled and not found.undeclared and isinstance(found.searched, int) else Exit.NOT_ESTABLISHED
