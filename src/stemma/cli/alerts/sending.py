"""``stemma alerts deliver|replay``"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from stemma.cli.exits import Exit
from stemma.cli.options import OutputOption, PlainFormat, PlainFormatOption
from stemma.cli.output import check_output, show, write
from stemma.cli.parser import Argument, Leave, Option
from stemma.cli.record.options import RegistryOption

if TYPE_CHECKING:
    from pathlib import Path

    from stemma.publish.alerts.model import DeliveryListing


def deliver(
    dry_run: Annotated[bool, Option("--dry-run", help="Send nothing: show everything that is not delivered.")] = False,
    allow_internal: Annotated[
        bool, Option("--allow-internal", help="Also send to addresses inside, and over plain http.")
    ] = False,
    limit: Annotated[int, Option("--limit", min=1, help="Send at most so many.")] = 100_000,
    form: PlainFormatOption = PlainFormat.TABLE,
    output: OutputOption = None,
    registry: RegistryOption = None,
) -> None:
    """Send what is due to subscribers, signed as Standard Webhooks; to be run every minute or so.

    What fails is due again after 5 seconds, 5 minutes, 30 minutes, 2, 5, 10, 14, 20 and 24 hours, then kept for replay.
    A resend carries the same webhook-id. Nothing is sent to internal addresses, and no redirect is followed.

    Exit status: 0 all that was due is delivered, 2 some is not, 3 bad input, 4 internal error.

    \b
    Examples:
      stemma alerts deliver
      stemma alerts deliver --dry-run --format json
      stemma alerts deliver --allow-internal --registry postgresql://stemma@db/registry
    """
    import random

    from stemma.interop.webhooks.post import Poster
    from stemma.registry.notices import DeliveryState
    from stemma.usecases.alerts.delivering import deliver_all, undelivered
    from stemma.usecases.registry import now, opened

    check_output(output)
    with opened(registry) as stores:
        if dry_run:
            listing = undelivered(stores)
        else:
            poster = Poster(allow_internal=allow_internal)
            listing = deliver_all(stores, poster.post, now=now, rng=random.SystemRandom(), limit=limit)
    _write(listing, form, output)
    if not dry_run and any(each.state is not DeliveryState.DELIVERED for each in listing.deliveries):
        raise Leave(Exit.NOT_ESTABLISHED)


def replay(
    ids: Annotated[list[str] | None, Argument(help="Ids of deliveries; default: all that were given up.")] = None,
    form: PlainFormatOption = PlainFormat.TABLE,
    output: OutputOption = None,
    registry: RegistryOption = None,
) -> None:
    """Make messages due again that were given up, or that are named, under the ids they have.

    \b
    Examples:
      stemma alerts replay && stemma alerts deliver
      stemma alerts replay 0f3a5c77e2d94b1f8a6c0d9a77e2b310
    """
    from stemma.usecases.alerts.delivering import replayed
    from stemma.usecases.registry import now, opened

    check_output(output)
    with opened(registry) as stores:
        listing = replayed(stores, ids or (), now())
    _write(listing, form, output)


def _write(listing: DeliveryListing, form: PlainFormat, output: Path | None) -> None:
    match form:
        case PlainFormat.TABLE:
            from stemma.publish.alerts.terminal import render_deliveries

            show(lambda console: render_deliveries(listing, console), output)
        case PlainFormat.JSON:
            from stemma.publish.alerts.documents import deliveries_document
            from stemma.publish.canonical import to_json

            write(to_json(deliveries_document(listing)), output)
