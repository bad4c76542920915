"""Alerts as an Atom feed (RFC 4287): one entry an alert, with an id that never changes, the newest first.

The feed's id follows from what was asked for; its bytes from the alerts alone. A reader that polls sees each alert
once, and again when it was updated.
"""

from __future__ import annotations

import hashlib
import re
from xml.etree import ElementTree as ET

from stemma.publish.alerts.model import AlertListing
from stemma.publish.alerts.words import headline, sentence
from stemma.registry import Alert

ATOM = "http://www.w3.org/2005/Atom"
EPOCH = "1970-01-01T00:00:00Z"
"""When a feed without entries was updated: a feed has to say."""
_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def alerts_feed(listing: AlertListing, address: str = "") -> str:
    """The feed as a document; ``address`` is where it is published, if anywhere."""
    ET.register_namespace("", ATOM)
    feed = ET.Element(_tag("feed"))
    terms = ", ".join(listing.terms) or "everything"
    newest = max((alert.updated for alert in listing.alerts), default=EPOCH)
    _add(feed, "id", feed_id(listing.terms))
    _add(feed, "title", f"Alerts for {terms}")
    _add(feed, "updated", newest)
    _add(ET.SubElement(feed, _tag("author")), "name", "Stemma")
    _add(feed, "generator", "Stemma", version=listing.stemma)
    if address:
        ET.SubElement(feed, _tag("link"), {"rel": "self", "href": _clean(address), "type": "application/atom+xml"})
    for alert in listing.alerts:
        _entry(feed, alert, listing.summaries.get(alert.advisory, ""))
    ET.indent(feed)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ET.tostring(feed, encoding="unicode")}\n'


def feed_id(terms: tuple[str, ...]) -> str:
    """The id of the feed for these terms, in whatever order they are given."""
    return f"urn:stemma:feed:{hashlib.sha256(chr(0).join(sorted(terms)).encode()).hexdigest()[:32]}"


def _entry(feed: ET.Element, alert: Alert, summary: str) -> None:
    entry = ET.SubElement(feed, _tag("entry"))
    _add(entry, "id", f"urn:stemma:alert:{alert.id}")
    _add(entry, "title", headline(alert))
    _add(entry, "updated", alert.updated)
    _add(entry, "published", alert.created)
    for word in (alert.state.value, alert.severity, *alert.risks):
        if word:
            ET.SubElement(entry, _tag("category"), {"term": word})
    _add(entry, "content", " ".join(filter(None, (summary, sentence(alert)))), type="text")


def _add(parent: ET.Element, name: str, text: str, **attributes: str) -> None:
    ET.SubElement(parent, _tag(name), attributes).text = _clean(text)


def _tag(name: str) -> str:
    return f"{{{ATOM}}}{name}"


def _clean(text: str) -> str:
    """Text without the characters that XML has no place for."""
    return _NOT_IN_XML.sub("\ufffd", text)
