"""Alerts as Atom and SARIF: one entry an alert, whose id never changes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from xml.etree import ElementTree as ET

from jsonschema import Draft202012Validator

from stemma.publish.alerts.atom import ATOM, EPOCH, alerts_feed, feed_id
from stemma.publish.alerts.sarif import alerts_sarif
from stemma.registry import AlertState, Certainty, Registry
from stemma.usecases.alerts.listing import list_alerts, subscribe
from stemma.usecases.alerts.raising import keep_advisories
from tests.alerts.test_changes import DAYS, filled, put, written
from tests.lineage.graphs import memory, text
from tests.publish.sarif_structure import LOG
from tests.registry.values import alert

A = f"{{{ATOM}}}"


def raised() -> Registry:
    """A registry with three alerts."""
    registry = filled(memory())
    put(registry, written(0, "data"), 0)
    return registry


def entries(feed: str) -> list[tuple[str, str]]:
    """Ids and times of the entries, in order."""
    found = ET.fromstring(feed).findall(f"{A}entry")
    return [(entry.findtext(f"{A}id", ""), entry.findtext(f"{A}updated", "")) for entry in found]


def test_every_alert_is_one_entry_however_often_it_changes() -> None:
    registry = raised()
    first = entries(alerts_feed(list_alerts(registry)))
    assert len(first) == len(set(first)) == 3
    assert {identity for identity, _ in first} == {f"urn:stemma:alert:{each.id}" for each in registry.alerts.find()}
    again = alerts_feed(list_alerts(registry))
    assert entries(again) == first
    put(registry, written(1, "data<1.0.0"), 1)
    later = entries(alerts_feed(list_alerts(registry)))
    assert {identity for identity, _ in later} == {identity for identity, _ in first}
    assert {updated for _, updated in later} == {DAYS[1]}


def test_a_feed_says_what_it_is_of_and_is_the_same_bytes_for_the_same_alerts() -> None:
    registry = raised()
    listing = list_alerts(registry, ["model=child"])
    feed = alerts_feed(listing, "https://example.org/child.atom?a=1&b=2")
    root = ET.fromstring(feed)
    assert root.findtext(f"{A}id") == feed_id(("model=child",))
    assert root.findtext(f"{A}updated") == DAYS[0]
    link = root.find(f"{A}link")
    assert link is not None
    assert link.get("href") == "https://example.org/child.atom?a=1&b=2"
    assert len(entries(feed)) == 1
    assert "base@1.0.0 (trained-on)" in feed
    assert feed == alerts_feed(list_alerts(registry, ["model=child"]), "https://example.org/child.atom?a=1&b=2")
    assert feed_id(("a=1", "b=2")) == feed_id(("b=2", "a=1")) != feed_id(("a=1",))


def test_an_empty_feed_is_a_feed() -> None:
    root = ET.fromstring(alerts_feed(list_alerts(memory(), ["owner=nobody"])))
    assert root.findtext(f"{A}updated") == EPOCH
    assert not root.findall(f"{A}entry")


def test_what_xml_cannot_hold_is_replaced_and_markup_stays_text() -> None:
    registry = memory()
    nasty = alert(subject="child@1.0.0", note="<script>\x00\x0b\ud800 ]]>&amp;", path=(), certainty=Certainty.POSSIBLY)
    feed = alerts_feed(replace(list_alerts(registry), alerts=(nasty,)))
    entry = ET.fromstring(feed).find(f"{A}entry")
    assert entry is not None
    assert "<script>\ufffd\ufffd\ufffd ]]>&amp;" in entry.findtext(f"{A}content", "")
    assert "<script>" not in feed


def test_the_newest_are_shown_and_all_are_counted() -> None:
    registry = raised()
    registry.records.put(text("apart"))
    keep_advisories(registry, [written(2, "apart", "data")], DAYS[2])
    listing = list_alerts(registry, limit=1)
    assert (listing.total, [each.subject for each in listing.alerts]) == (4, ["apart@1.0.0"])
    assert list_alerts(registry, states=[AlertState.RESOLVED]).total == 0
    assert list_alerts(registry, ["advisory=x_T-1"]).total == 4
    assert list_alerts(registry, ["advisory=x_T-2"]).total == 0
    assert listing.summaries == {"x_T-1": "Poisoned."}


def results(registry: Registry) -> list[Any]:
    """The results of the SARIF log of all alerts."""
    document: Any = alerts_sarif(list_alerts(registry))
    Draft202012Validator(LOG).validate(document)
    found: list[Any] = document["runs"][0]["results"]
    return found


def test_sarif_holds_what_is_not_over_and_suppresses_what_is_acknowledged() -> None:
    registry = raised()
    known = next(registry.alerts.find())
    registry.alerts.put([replace(known, state=AlertState.ACKNOWLEDGED, acknowledged_by="Ann")])
    found = results(registry)
    assert {each["properties"]["alert"] for each in found} == {each.id for each in registry.alerts.find()}
    assert len({each["partialFingerprints"]["stemmaLineage/v1"] for each in found}) == 3
    suppressed = [each["suppressions"][0]["justification"] for each in found if "suppressions" in each]
    assert suppressed == ["Acknowledged by Ann."]
    put(registry, written(1, "data<1.0.0"), 1)
    assert results(registry) == []


def test_a_subscription_gets_a_secret_of_its_own() -> None:
    registry = memory()
    made = subscribe(registry, ["risk=backdoor"], "https://example.org/", DAYS[0], random_bytes=lambda n: b"\x01" * n)
    assert made.fresh
    (held,) = registry.subscriptions.all()
    assert (held.id, held.secret[:10]) == ("010101010101", "whsec_AQEB")
    assert "whsec" not in repr(held)
