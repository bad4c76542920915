"""``stemma watch ...``"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from stemma.cli.alerts.options import TERMS_HELP, NameArgument
from stemma.cli.exits import Exit
from stemma.cli.options import OutputOption, PlainFormat, PlainFormatOption, QuietOption
from stemma.cli.output import check_output, say, show, write
from stemma.cli.parser import Argument, Leave, Option
from stemma.cli.record.options import RegistryOption

if TYPE_CHECKING:
    from stemma.publish.alerts.model import SubscriptionListing


def add(
    terms: Annotated[list[str], Argument(help=TERMS_HELP)],
    url: Annotated[str, Option("--url", help="The webhook to send to; without it the subscription is a feed's.")] = "",
    name: Annotated[str, Option("--name", help="What to call it; default: a random name.")] = "",
    secret_file: Annotated[
        Path | None, Option("--secret-file", help="File with the secret, whsec_...; default: a fresh one.")
    ] = None,
    note: Annotated[str, Option("--note", metavar="TEXT", help="A remark for people.")] = "",
    form: PlainFormatOption = PlainFormat.TABLE,
    output: OutputOption = None,
    registry: RegistryOption = None,
) -> None:
    """Subscribe: tell a webhook of alerts for which all terms hold.

    The secret that messages are signed with is shown once. Alerts that were raised before are not sent.

    \b
    Examples:
      stemma watch add model=plip --url https://example.org/hooks/stemma
      stemma watch add owner=acme risk=backdoor,poisoning severity=high --url https://example.org/h --name acme-security
      stemma watch add licence=cc-by-4.0 risk=licence --url https://example.org/h --secret-file secret.txt
    """
    from stemma.usecases.alerts.listing import subscribe
    from stemma.usecases.registry import now, opened

    check_output(output)
    secret = "" if secret_file is None else _secret(secret_file)
    with opened(registry) as stores:
        listing = subscribe(stores, terms, url, now(), name=name, secret=secret, note=note)
    _write(listing, form, output)


def _secret(path: Path) -> str:
    from stemma.errors import InputError

    try:
        with path.open(encoding="utf-8") as stream:
            return stream.read(1_000).strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} could not be read: {error}.", advice="Name a file with the secret.") from error


def list_(
    form: PlainFormatOption = PlainFormat.TABLE, output: OutputOption = None, registry: RegistryOption = None
) -> None:
    """List subscriptions, without their secrets.

    \b
    Examples:
      stemma watch list --format json
    """
    from stemma.usecases.alerts.listing import subscriptions
    from stemma.usecases.registry import opened

    check_output(output)
    with opened(registry) as stores:
        listing = subscriptions(stores)
    _write(listing, form, output)


def pause(name: NameArgument, registry: RegistryOption = None) -> None:
    """Switch a subscription off: nothing is put into the outbox for it, and what waits there is given up.

    \b
    Examples:
      stemma watch pause acme-security
    """
    _switch(name, registry, active=False)


def resume(name: NameArgument, registry: RegistryOption = None) -> None:
    """Switch a subscription on again; what was given up meanwhile is sent with stemma alerts replay.

    \b
    Examples:
      stemma watch resume acme-security
    """
    _switch(name, registry, active=True)


def _switch(name: str, registry: str | None, *, active: bool) -> None:
    from stemma.usecases.alerts.listing import switch
    from stemma.usecases.registry import opened

    with opened(registry) as stores:
        switch(stores, name, active=active)


def remove(
    names: Annotated[list[str], Argument(help="Names of subscriptions.")],
    registry: RegistryOption = None,
    quiet: QuietOption = False,
) -> None:
    """Remove subscriptions, all that are named or none; what waits for them is given up.

    \b
    Examples:
      stemma watch remove acme-security
    """
    from stemma.usecases.alerts.listing import unsubscribe
    from stemma.usecases.registry import opened

    with opened(registry) as stores:
        unsubscribe(stores, names)
    if not quiet:
        say(f"Removed: {', '.join(names)}.")


def check(
    models: Annotated[
        list[str] | None, Argument(help="hf:org/name[@revision]; default: all that records and subscriptions name.")
    ] = None,
    limit: Annotated[
        int | None, Option("--limit", min=1, help="Look at so many at most, those not seen for longest.")
    ] = None,
    pause: Annotated[float, Option("--pause", min=0, metavar="SECONDS", help="Seconds between two looks.")] = 1.0,
    form: PlainFormatOption = PlainFormat.TABLE,
    output: OutputOption = None,
    registry: RegistryOption = None,
    quiet: QuietOption = False,
) -> None:
    """Look at repositories on the hub, and raise alerts where they are not what they were.

    Found are: deleted, moved, re-registered under the same name, other weights under the same revision name, another
    claim of the card about parents, data or licence. Each is kept as an advisory on the records it concerns. What is
    seen for the first time is remembered.

    Exit status: 0 nothing changed, 1 something did, 2 nothing did but not everything could be looked at, 3 bad input, 4
    internal error.

    \b
    Examples:
      stemma watch check
      stemma watch check --limit 500 --pause 0.5
      stemma watch check hf:acme/base hf:acme/base@v2
    """
    from stemma.interop.crawl import Manners
    from stemma.usecases.alerts.hub import check_hub
    from stemma.usecases.registry import now, opened

    check_output(output)
    with opened(registry) as stores:
        report = check_hub(
            stores,
            models or (),
            now=now,
            limit=limit,
            manners=Manners(pause=pause),
            tell=lambda name: None if quiet else say(f"Looking at {name}."),
        )
    match form:
        case PlainFormat.TABLE:
            from stemma.publish.alerts.terminal import render_watch

            show(lambda console: render_watch(report, console), output)
        case PlainFormat.JSON:
            from stemma.publish.alerts.documents import watch_document
            from stemma.publish.canonical import to_json

            write(to_json(watch_document(report)), output)
    if report.findings:
        raise Leave(Exit.FOUND)
    if report.failures:
        raise Leave(Exit.NOT_ESTABLISHED)


def _write(listing: SubscriptionListing, form: PlainFormat, output: Path | None) -> None:
    match form:
        case PlainFormat.TABLE:
            from stemma.publish.alerts.terminal import render_subscriptions

            show(lambda console: render_subscriptions(listing, console), output)
        case PlainFormat.JSON:
            from stemma.publish.alerts.documents import subscriptions_document
            from stemma.publish.canonical import to_json

            write(to_json(subscriptions_document(listing)), output)
