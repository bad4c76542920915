"""A client of a server: one method a question, values out."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any
from urllib.parse import quote

from stemma.client.reading import read
from stemma.client.report_shapes import (
    AdvisoryDocuments,
    AlertsAnswer,
    ConflictsAnswer,
    DeliveryEntry,
    DeliveryList,
    ImpactAnswer,
    Receipt,
    RecordTexts,
    SubscriptionEntry,
    SubscriptionList,
)
from stemma.client.shapes import (
    AdvisoryList,
    AlertEntry,
    AlertList,
    Lineage,
    RecordDetail,
    RecordLine,
    RecordList,
    RulingList,
    VersionEntry,
    Ways,
)
from stemma.client.transport import API, Transport
from stemma.publish.lineage.model import LineageReport


class Client(Transport):
    """Asks the server at ``address``; ``token`` is sent with every request, and nowhere else: no redirect is followed.

    Raises, from every method:
        ModelNotFound: there is no such thing.
        AccessDenied: the token is missing, or does not allow it.
        InputError: the server refuses what was asked; Conflict and ChangedMeanwhile where something else is there.
        RateLimited: it asks to slow down.
        SourceError: it does not answer, or not as a Stemma would.
    """

    def records(
        self,
        q: str = "",
        *,
        type: str = "",  # noqa: A002 what the API calls it
        licence: str = "",
        risk: str = "",
        offset: int = 0,
        limit: int = 20,
    ) -> RecordList:
        """Records by words and marks."""
        asked: dict[str, str | int] = {
            "q": q,
            "type": type,
            "licence": licence,
            "risk": risk,
            "offset": offset,
            "limit": limit,
        }
        return self.get(RecordList, "/records", **asked)

    def all_records(self, q: str = "") -> Iterator[RecordLine]:
        """Every record that is found, page after page."""
        found = self.records(q, limit=100)
        yield from found.records
        while found.next:
            found = read(RecordList, self.ask("GET", found.next))
            yield from found.records

    def versions(self, name: str) -> tuple[VersionEntry, ...]:
        """The versions of a record, newest first."""
        return self.get(tuple[VersionEntry, ...], f"/records/{quote(name, safe='')}")

    def record(self, name: str, version: str) -> RecordDetail:
        """One version of a record with all it inherits."""
        return self.get(RecordDetail, f"/records/{quote(name, safe='')}/{quote(version, safe='')}")

    def lineage(self, root: str, *, up: int = 1, down: int = 1, limit: int = 500) -> Lineage:
        """What lies around a node."""
        return self.get(Lineage, "/lineage", root=root, up=up, down=down, limit=limit)

    def ways(self, upstream: str, downstream: str) -> Ways:
        """The ways from one node down to another."""
        return self.get(Ways, "/lineage/ways", upstream=upstream, downstream=downstream)

    def rulings(self, subject: str) -> RulingList:
        """The rulings that a subject has a part in."""
        return self.get(RulingList, "/rulings", subject=subject)

    def advisories(self, *, offset: int = 0) -> AdvisoryList:
        """Advisories in short."""
        return self.get(AdvisoryList, "/advisories", offset=offset)

    def advisory(self, identity: str) -> dict[str, Any]:
        """One advisory as its document."""
        found: dict[str, Any] = self.ask("GET", f"{API}/advisories/{quote(identity, safe='')}")
        return found

    def alerts(self, *, advisory: str = "", subject: str = "", state: str = "", after: str = "") -> AlertList:
        """Alerts that fit."""
        return self.get(AlertList, "/alerts", advisory=advisory, subject=subject, state=state, after=after)

    def alert(self, identity: str) -> AlertEntry:
        """One alert, with the way by which the advisory reaches its subject."""
        return self.get(AlertEntry, f"/alerts/{quote(identity, safe='')}")

    def record_texts(self, asked: str) -> RecordTexts:
        """A record as it was written, with every other that is needed to resolve it."""
        return self.get(RecordTexts, "/reports/record", asked=asked)

    def lineage_report(
        self, what: str, node: str, *, kinds: Collection[str] = (), depth: int | None = None
    ) -> LineageReport:
        """``show`` the edges of a node, or its ``ancestors`` or ``descendants``."""
        asked = [("what", what), ("node", node), *(("kind", str(kind)) for kind in kinds)]
        asked += [] if depth is None else [("depth", str(depth))]
        return read(LineageReport, self.ask("GET", f"{API}/reports/lineage", asked))

    def paths_report(self, upstream: str, downstream: str, *, every: bool = False, limit: int = 100) -> LineageReport:
        """A shortest way from one node down to another, or every one up to a limit."""
        ends = {"upstream": upstream, "downstream": downstream}
        asked: dict[str, str | int] = {**ends, "every": str(every).lower(), "limit": limit}
        return read(LineageReport, self.ask("GET", f"{API}/reports/paths", asked))

    def impact_report(self, subject: str) -> ImpactAnswer:
        """Whom an advisory reaches, or which advisories reach a record."""
        return self.get(ImpactAnswer, "/reports/impact", subject=subject)

    def alerts_report(
        self, terms: Collection[str] = (), *, states: Collection[str] = (), limit: int = 100
    ) -> AlertsAnswer:
        """The newest alerts for which all terms hold."""
        asked = [("term", term) for term in terms] + [("state", state) for state in states] + [("limit", str(limit))]
        return read(AlertsAnswer, self.ask("GET", f"{API}/reports/alerts", asked))

    def advisory_documents(self) -> Iterator[dict[str, Any]]:
        """The newest version of every advisory, page after page."""
        found = self.get(AdvisoryDocuments, "/reports/advisories")
        yield from found.advisories
        while found.next:
            found = read(AdvisoryDocuments, self.ask("GET", found.next))
            yield from found.advisories

    def conflicts(self, names: Collection[str] = ()) -> Iterator[ConflictsAnswer]:
        """Where sources disagree, around some records or in the whole registry, page after page."""
        asked = [("name", name) for name in names]
        found = read(ConflictsAnswer, self.ask("GET", f"{API}/reports/conflicts", asked))
        yield found
        while found.next:
            found = read(ConflictsAnswer, self.ask("GET", found.next))
            yield found

    def acknowledge(self, alert: str) -> AlertEntry:
        """Say that an alert was seen. Needs a token."""
        address = f"{API}/alerts/{quote(alert, safe='')}/acknowledge"
        return read(AlertEntry, self.ask("POST", address))

    def record_text(self, name: str, version: str) -> tuple[str, str]:
        """One version of a record as it was written, and its tag."""
        answer, data = self.send("GET", _text_address(name, version))
        return data.decode("utf-8", "replace"), answer.headers.get("etag", "").strip('"')

    def put_record(self, name: str, version: str, text: str, *, replacing: str = "", new: bool = False) -> Receipt:
        """Publish a version of a record. ``replacing`` is the tag of what is there and is to be replaced; ``new``: only
        where nothing is there. Needs a token that covers the name."""
        headers = {"Content-Type": "application/yaml"}
        headers |= {"If-Match": f'"{replacing}"'} if replacing else {}
        headers |= {"If-None-Match": "*"} if new else {}
        return read(Receipt, self.ask("PUT", _text_address(name, version), content=text.encode(), headers=headers))

    def put_advisory(self, identity: str, document: str) -> Receipt:
        """Publish an advisory, or a later version of one. Needs a token that covers what it is about."""
        address = f"{API}/advisories/{quote(identity, safe='')}"
        headers = {"Content-Type": "application/json"}
        return read(Receipt, self.ask("PUT", address, content=document.encode(), headers=headers))

    def subscriptions(self) -> SubscriptionList:
        """The subscriptions that the token covers."""
        return self.get(SubscriptionList, "/subscriptions")

    def subscribe(self, name: str, terms: Sequence[str], *, url: str = "", note: str = "") -> SubscriptionEntry:
        """Subscribe; the answer holds the secret, this once. Needs a token that covers the name."""
        wish = {"id": name, "terms": list(terms), "url": url, "note": note}
        return read(SubscriptionEntry, self.ask("POST", f"{API}/subscriptions", json=wish))

    def switch_subscription(self, name: str, *, active: bool) -> SubscriptionEntry:
        """Pause a subscription, or resume it. Needs a token that covers the name."""
        address = f"{API}/subscriptions/{quote(name, safe='')}"
        return read(SubscriptionEntry, self.ask("PATCH", address, json={"active": active}))

    def unsubscribe(self, name: str) -> None:
        """End a subscription. Needs a token that covers the name."""
        self.send("DELETE", f"{API}/subscriptions/{quote(name, safe='')}")

    def deliveries(self, state: str = "dead", *, limit: int = 100) -> DeliveryList:
        """What was sent to subscriptions that the token covers, is to be sent, or was given up."""
        return self.get(DeliveryList, "/deliveries", state=state, limit=limit)

    def replay(self, delivery: str) -> DeliveryEntry:
        """Make a delivery due again. Needs a token that covers its subscription."""
        return read(DeliveryEntry, self.ask("POST", f"{API}/deliveries/{quote(delivery, safe='')}/replay"))


def _text_address(name: str, version: str) -> str:
    return f"{API}/records/{quote(name, safe='')}/{quote(version, safe='')}/text"
