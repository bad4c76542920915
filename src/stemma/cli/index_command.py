"""``stemma index``"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from stemma.cli.options import OutputOption, PlainFormat, PlainFormatOption, QuietOption
from stemma.cli.output import check_output, say, show, write
from stemma.cli.parser import Argument, Option
from stemma.cli.record.options import RegistryOption

if TYPE_CHECKING:
    from stemma.interop.listings import Listing
    from stemma.usecases.records.index import IndexNames


class Hub(StrEnum):
    """Whose listing is gone through."""

    HUGGINGFACE = "huggingface"
    KAGGLE = "kaggle"


def index(
    hub: Annotated[Hub, Argument(help="huggingface or kaggle.")],
    owner: Annotated[str, Option("--owner", help="Only models of this account.")] = "",
    search: Annotated[str, Option("--search", metavar="WORDS", help="Only models that the hub finds for this.")] = "",
    pages: Annotated[int | None, Option("--pages", min=1, help="Go through so many pages of 100 at most.")] = None,
    pause: Annotated[float, Option("--pause", min=0, metavar="SECONDS", help="Seconds between two pages.")] = 1.0,
    state: Annotated[
        Path | None,
        Option("--state", help="File that holds where to go on; default: one in the user's data directory."),
    ] = None,
    restart: Annotated[bool, Option("--restart", help="Begin at the first page.")] = False,
    endpoint: Annotated[str, Option("--endpoint", metavar="URL", help="Another address of the hub.")] = "",
    form: PlainFormatOption = PlainFormat.TABLE,
    output: OutputOption = None,
    registry: RegistryOption = None,
    quiet: QuietOption = False,
) -> None:
    """Go through the listing of a hub, and write a draft of a record for every model that has none.

    Parents, data and licences that the listing declares become relations and fields, each with its source. One request
    a page, no file of a model; a server's Retry-After is obeyed. A run that was stopped goes on where it was. Records
    that come under an advisory raise its alerts.

    \b
    Examples:
      stemma index huggingface --owner acme
      stemma index huggingface --pages 50 --registry sqlite:///registry.db
      stemma index kaggle --search "llama" --restart
    """
    from stemma.interop.crawl import Manners
    from stemma.usecases.records.index import IndexNames, default_state
    from stemma.usecases.records.index import index as use_case
    from stemma.usecases.registry import now, opened, registry_place

    check_output(output)
    with opened(registry) as stores:
        listing = _listing(hub, IndexNames(stores), owner, search, endpoint)
        report = use_case(
            stores,
            listing,
            state or default_state(str(registry_place(registry)), listing.source),
            now=now,
            pages=pages,
            restart=restart,
            manners=Manners(pause=pause),
            tell=lambda done, written: None if quiet else say(f"{done} pages, {written} records."),
        )
    match form:
        case PlainFormat.TABLE:
            from stemma.publish.alerts.terminal import render_index

            show(lambda console: render_index(report, console), output)
        case PlainFormat.JSON:
            from stemma.publish.alerts.documents import index_document
            from stemma.publish.canonical import to_json

            write(to_json(index_document(report)), output)


def _listing(hub: Hub, names: IndexNames, owner: str, search: str, endpoint: str) -> Listing:
    from stemma.interop.listings import KAGGLE, HubListing, KaggleListing
    from stemma.interop.network import Network

    match hub:
        case Hub.HUGGINGFACE:
            return HubListing(Network(endpoint=endpoint or None), names, author=owner, search=search)
        case Hub.KAGGLE:
            return KaggleListing(Network(), names, owner=owner, search=search, endpoint=endpoint or KAGGLE)
