"""``stemma alerts list|ack|feed|refresh``"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from stemma.cli.alerts.options import TermsArgument
from stemma.cli.lineage.options import FindingFormat, FindingFormatOption
from stemma.cli.options import OutputOption, QuietOption
from stemma.cli.output import check_output, say, show, write
from stemma.cli.parser import Argument, Option
from stemma.cli.record.options import RegistryOption
from stemma.cli.server import ServerOption, asking

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stemma.publish.alerts.model import AlertListing
    from stemma.registry.notices import Alert, AlertState


def list_(
    terms: TermsArgument = None,
    state: Annotated[
        list[str] | None, Option("--state", help="open, acknowledged or resolved; may be given several times.")
    ] = None,
    limit: Annotated[int, Option("--limit", min=1, help="Show at most so many, the newest.")] = 100,
    form: FindingFormatOption = FindingFormat.TABLE,
    output: OutputOption = None,
    registry: RegistryOption = None,
    server: ServerOption = None,
) -> None:
    """List alerts with the paths that explain them, the newest first; without --state those that are not over.

    \b
    Examples:
      stemma alerts list
      stemma alerts list owner=acme severity=high --state open
      stemma alerts list advisory=x_ACME-2026-0001 --format json
      stemma alerts list --format sarif -o alerts.sarif
      stemma alerts list --server https://models.example.org
    """
    from stemma.registry.notices import AlertState

    check_output(output)
    states = [_state(each) for each in state] if state else [AlertState.OPEN, AlertState.ACKNOWLEDGED]
    listing = _listed(terms or (), states, limit, registry, server)
    match form:
        case FindingFormat.TABLE:
            from stemma.publish.alerts.terminal import render_alerts

            show(lambda console: render_alerts(listing, console), output)
        case FindingFormat.JSON:
            from stemma.publish.alerts.documents import alerts_document
            from stemma.publish.canonical import to_json

            write(to_json(alerts_document(listing)), output)
        case FindingFormat.SARIF:
            from stemma.publish.alerts.sarif import alerts_sarif
            from stemma.publish.canonical import to_json

            write(to_json(alerts_sarif(listing)), output)


def _listed(
    terms: Sequence[str], states: list[AlertState], limit: int, registry: str | None, server: str | None
) -> AlertListing:
    if server is not None:
        from stemma.client.reports import alerts_of

        with asking(server, registry=registry) as ask:
            return alerts_of(ask, terms, states=states, limit=limit)
    from stemma.usecases.alerts.listing import list_alerts
    from stemma.usecases.registry import opened

    with opened(registry) as stores:
        return list_alerts(stores, terms, states=states, limit=limit)


def _state(word: str) -> AlertState:
    from stemma.errors import InputError
    from stemma.registry.notices import AlertState

    known = {each.value: each for each in AlertState}
    if word not in known:
        raise InputError(f"Got the state {word[:40]!r}.", advice=f"Known are: {', '.join(known)}.")
    return known[word]


def ack(
    ids: Annotated[list[str], Argument(help="Ids of alerts, or how they begin (six characters or more).")],
    by: Annotated[str, Option("--by", metavar="NAME", help="Who knows of them; default: the account.")] = "",
    registry: RegistryOption = None,
    quiet: QuietOption = False,
    server: ServerOption = None,
) -> None:
    """Acknowledge alerts: they stay so until their advisory gets worse, or they come back.

    A server takes the name from the token.

    \b
    Examples:
      stemma alerts ack 3f1c0d9a77e2
      stemma alerts ack 3f1c0d9a77e2 88aa01c4 --by "Ann Example"
      stemma alerts ack 3f1c0d9a77e2 --server https://models.example.org
    """
    known = _acknowledged(ids, by, registry, server)
    if not quiet:
        for alert in known:
            who = f" by {alert.acknowledged_by}" if alert.acknowledged_by else ""
            say(f"{alert.id[:12]} {alert.subject}: {alert.state}{who}.")


def _acknowledged(ids: Sequence[str], by: str, registry: str | None, server: str | None) -> list[Alert]:
    if server is not None:
        from stemma.client.reports import acknowledge as acknowledge_there
        from stemma.errors import InputError

        if by:
            raise InputError("Got both --by and --server.", advice="A server takes the name from the token.")
        with asking(server, registry=registry) as ask:
            return acknowledge_there(ask, ids)
    from stemma.usecases.alerts.listing import acknowledge
    from stemma.usecases.registry import actor, now, opened

    with opened(registry) as stores:
        return acknowledge(stores, ids, by or actor(), now())


def feed(
    terms: TermsArgument = None,
    limit: Annotated[int, Option("--limit", min=1, max=10_000, help="At most so many entries, the newest.")] = 100,
    address: Annotated[str, Option("--address", metavar="URL", help="Where the feed will be published.")] = "",
    output: OutputOption = None,
    registry: RegistryOption = None,
) -> None:
    """Write alerts as an Atom feed: of a model, an owner, an advisory, a query, or of everything.

    Each alert is one entry with an id that never changes; the same alerts give the same bytes.

    \b
    Examples:
      stemma alerts feed model=plip -o plip.atom
      stemma alerts feed owner=acme --address https://example.org/acme.atom -o acme.atom
      stemma alerts feed advisory=x_ACME-2026-0001
      stemma alerts feed "query=medical clip"
    """
    from stemma.publish.alerts.atom import alerts_feed
    from stemma.usecases.alerts.listing import list_alerts
    from stemma.usecases.registry import opened

    check_output(output)
    with opened(registry) as stores:
        write(alerts_feed(list_alerts(stores, terms or (), limit=limit), address), output)


def refresh(registry: RegistryOption = None, quiet: QuietOption = False) -> None:
    """Bring all alerts up to date, after records were changed by other means than Stemma, such as Git.

    \b
    Examples:
      stemma alerts refresh
      stemma alerts refresh --registry records   # after git pull
    """
    from stemma.usecases.alerts.raising import refresh as use_case
    from stemma.usecases.registry import now, opened

    with opened(registry) as stores:
        raised = use_case(stores, now())
    if not quiet:
        say(f"{raised.told} told, {raised.changed} changed, {raised.resolved} over; {raised.deliveries} to be sent.")
