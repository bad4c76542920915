"""``stemma advisory ...``"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from stemma.advisories.risks import RiskKind, Severity
from stemma.cli.exits import Exit
from stemma.cli.options import OutputOption, PlainFormat, PlainFormatOption, QuietOption
from stemma.cli.output import check_output, say, show, write
from stemma.cli.parser import Argument, Group, Leave, Option
from stemma.cli.record.options import RegistryOption
from stemma.cli.server import ServerOption, asking

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stemma.publish.lineage.model import AdvisoryListing
    from stemma.usecases.alerts.raising import Kept

app = Group(
    help="""Write and keep advisories: warnings about models and data, in the shape of OSV.

    An id begins with x_ (x_ACME-2026-0001), or with the prefix of a database that OSV knows.

    \b
    Examples:
      stemma advisory new x_ACME-2026-0001 --record laion-5b --risk harmful-content --summary "Abuse in the data."
      stemma advisory import advisories/
      stemma advisory list
    """,
    commands={
        "new": "stemma.cli.advisory_commands:new",
        "import": "stemma.cli.advisory_commands:import_",
        "list": "stemma.cli.advisory_commands:list_",
        "show": "stemma.cli.advisory_commands:show_",
        "withdraw": "stemma.cli.advisory_commands:withdraw",
        "validate": "stemma.cli.advisory_commands:validate",
    },
)

IdArgument = Annotated[str, Argument(help="Id of an advisory.")]
FilesArgument = Annotated[list[Path], Argument(help="JSON files, or directories of them.")]


def _several(flag: str, metavar: str, text: str) -> Option:
    return Option(flag, metavar=metavar, help=f"{text}; may be given several times.")


def new(
    identifier: IdArgument,
    records: Annotated[list[str] | None, _several("--record", "NAME", "A record that it is about")] = None,
    introduced: Annotated[str, Option("--introduced", metavar="VERSION", help="First affected version.")] = "0",
    fixed: Annotated[str, Option("--fixed", metavar="VERSION", help="First version that is mended.")] = "",
    versions: Annotated[list[str] | None, _several("--version", "VERSION", "One affected version")] = None,
    digests: Annotated[list[str] | None, _several("--digest", "DIGEST", "A file or weights, sha256:...")] = None,
    repositories: Annotated[list[str] | None, _several("--repository", "URL", "A repository on a hub")] = None,
    risks: Annotated[list[RiskKind] | None, _several("--risk", "KIND", f"One of {', '.join(RiskKind)}")] = None,
    severity: Annotated[
        Severity, Option("--severity", metavar="LEVEL", help=f"One of {', '.join(Severity)}.")
    ] = Severity.UNKNOWN,
    summary: Annotated[str, Option("--summary", metavar="TEXT", help="What is wrong, in one line.")] = "",
    references: Annotated[list[str] | None, _several("--reference", "URL", "Where more is told")] = None,
    atlas: Annotated[list[str] | None, _several("--atlas", "ID", "A technique of MITRE ATLAS, AML.T...")] = None,
    avid: Annotated[list[str] | None, _several("--avid", "ID", "A report of AVID")] = None,
    registry: RegistryOption = None,
    quiet: QuietOption = False,
) -> None:
    """Make an advisory and put it into the registry; the document goes to standard output.

    \b
    Examples:
      stemma advisory new x_ACME-2026-0001 --record laion-5b --risk harmful-content --severity critical
      stemma advisory new x_ACME-2026-0002 --record base --fixed 1.2.0 --risk backdoor --atlas AML.T0018
      stemma advisory new x_ACME-2026-0003 --digest sha256:... --risk malicious-file
    """
    from datetime import UTC, datetime

    from stemma.advisories import (
        advisory_text,
        affected_digests,
        affected_record,
        affected_repository,
        new_advisory,
    )
    from stemma.errors import InputError
    from stemma.usecases.lineage.keeping import add_advisory

    affected = [
        *(affected_record(n, introduced=introduced, fixed=fixed, versions=versions or ()) for n in records or ()),
        *([affected_digests(digests)] if digests else []),
        *(affected_repository(address) for address in repositories or ()),
    ]
    if not affected or not risks:
        advice = "Name --record, --digest or --repository, and at least one --risk."
        raise InputError("An advisory has to say what is affected, and by which risk.", advice=advice)
    made = new_advisory(
        identifier,
        datetime.now(UTC),
        summary=summary,
        risks=risks,
        affected=affected,
        severity=severity,
        references=references or (),
        atlas=atlas or (),
        avid=avid or (),
    )
    _tell([add_advisory(made, registry)], quiet=quiet)
    write(advisory_text(made), None)


def import_(paths: FilesArgument, registry: RegistryOption = None, quiet: QuietOption = False) -> None:
    """Take over advisories from JSON files in the shape of OSV, all of them or none.

    A later version of an advisory that is there becomes the newest; an older one is kept beside it.

    \b
    Examples:
      stemma advisory import x_ACME-2026-0001.json
      stemma advisory import advisories/ --registry records
    """
    from stemma.usecases.lineage.keeping import import_advisories

    taken = import_advisories(paths, registry)
    _tell(taken, quiet=quiet)
    write("\n".join(each.advisory.id for each in taken), None)


def list_(
    withdrawn: Annotated[bool, Option("--withdrawn", help="Those that were taken back as well.")] = False,
    form: PlainFormatOption = PlainFormat.TABLE,
    output: OutputOption = None,
    registry: RegistryOption = None,
    server: ServerOption = None,
) -> None:
    """List the advisories of the registry.

    \b
    Examples:
      stemma advisory list
      stemma advisory list --withdrawn --format json
      stemma advisory list --server https://models.example.org
    """
    check_output(output)
    listing = _listed(registry, server, withdrawn=withdrawn)
    match form:
        case PlainFormat.TABLE:
            from stemma.publish.lineage.terminal import render_advisories

            show(lambda console: render_advisories(listing, console), output)
        case PlainFormat.JSON:
            from stemma.publish.canonical import to_json
            from stemma.publish.lineage.documents import advisories_document

            write(to_json(advisories_document(listing)), output)


def _listed(registry: str | None, server: str | None, *, withdrawn: bool) -> AdvisoryListing:
    if server is not None:
        from stemma.client.reports import advisories_of

        with asking(server, registry=registry) as ask:
            return advisories_of(ask, withdrawn=withdrawn)
    from stemma.usecases.lineage.keeping import list_advisories

    return list_advisories(registry, withdrawn=withdrawn)


def show_(identifier: IdArgument, output: OutputOption = None, registry: RegistryOption = None) -> None:
    """Print an advisory as the OSV document that it is.

    \b
    Examples:
      stemma advisory show x_ACME-2026-0001
    """
    from stemma.advisories import advisory_text
    from stemma.usecases.lineage.keeping import get_advisory

    check_output(output)
    write(advisory_text(get_advisory(identifier, registry)), output)


def withdraw(identifier: IdArgument, registry: RegistryOption = None, quiet: QuietOption = False) -> None:
    """Take an advisory back: it stays in the registry, and reaches nobody any more.

    \b
    Examples:
      stemma advisory withdraw x_ACME-2026-0001
    """
    from datetime import UTC, datetime

    from stemma.usecases.lineage.keeping import withdraw as use_case

    taken = use_case(identifier, registry, datetime.now(UTC))
    if not quiet:
        say(f"{taken.advisory.id} was withdrawn at {taken.advisory.withdrawn}.")


def validate(paths: FilesArgument, form: PlainFormatOption = PlainFormat.TABLE, output: OutputOption = None) -> None:
    """Check advisories; every problem is told with file, line and column. The exit status is 3 where there is one.

    \b
    Examples:
      stemma advisory validate advisories/
      stemma advisory validate x_ACME-2026-0001.json --format json
    """
    from stemma.usecases.lineage.keeping import check_files

    check_output(output)
    checked = check_files(paths)
    match form:
        case PlainFormat.TABLE:
            from stemma.publish.lineage.terminal import render_advisory_problems

            show(lambda console: render_advisory_problems(checked.files, checked.problems, console), output)
        case PlainFormat.JSON:
            from stemma.publish.canonical import to_json
            from stemma.publish.lineage.documents import advisory_problems_document

            write(to_json(advisory_problems_document(checked.files, checked.ids, checked.problems)), output)
    if checked.problems:
        raise Leave(Exit.BAD_INPUT)


def _tell(taken: Sequence[Kept], *, quiet: bool) -> None:
    if quiet:
        return
    for each in taken:
        say(f"{each.advisory.id}: {'now the newest version' if each.fresh else 'known already, or older'}.")
        if each.raised.told or each.raised.resolved:
            say(f"  alerts: {each.raised.told} told, {each.raised.resolved} of them over.")
