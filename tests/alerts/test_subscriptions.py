"""Which alerts a subscription is about."""

from __future__ import annotations

from typing import Any

import pytest

from stemma.errors import InputError
from stemma.lineage.subscriptions import Audience, check_terms
from stemma.registry import Subscription, delivery_id
from tests.lineage.graphs import fill, memory, text
from tests.registry.values import alert

RECORD = text(
    "acme-chat@1.2.0",
    about={"title": "Chat for Helpers", "publisher": "Acme GmbH", "licenses": ["MIT"]},
    identity={"hubs": [{"hub": "huggingface", "id": "acme-labs/chat"}]},
)


def told(term: str, *more: str, **changes: Any) -> bool:
    """Whether a subscription to these terms hears of an alert on the record."""
    registry = fill(memory(), RECORD)
    found = alert(
        subject=changes.pop("subject", "acme-chat@1.2.0"), **{"risks": ("backdoor",), "severity": "high"} | changes
    )
    audience = Audience(registry.graph, registry.identities)
    to = Subscription("s", check_terms([term, *more]), "https://example.org/", found.created)
    sent = audience.deliveries([found], [to], found.created)
    assert [each.id for each in sent] == ([delivery_id(found.id, 1, "s")] if sent else [])
    assert list(audience.select([found], to.terms)) == ([found] if sent else [])
    return bool(sent)


@pytest.mark.parametrize(
    ("term", "yes"),
    [
        ("model=acme-chat", True),
        ("model=acme-chat@^1.0", True),
        ("model=acme-chat@^2", False),
        ("model=acme", False),
        ("model=other,acme-chat", True),
        ("owner=acme gmbh", True),
        ("owner=ACME-labs", True),
        ("owner=acme", False),
        ("licence=mit", True),
        ("licence=apache-2.0", False),
        ("risk=backdoor", True),
        ("risk=poisoning,backdoor", True),
        ("risk=poisoning", False),
        ("severity=moderate", True),
        ("severity=critical", False),
        ("certainty=affected", True),
        ("certainty=possibly affected", False),
        ("advisory=STEMMA-2026-1", True),
        ("advisory=STEMMA-2026", False),
        ("query=helpers acme", True),
        ("query=helpers, acme", False),
        ("query=mit", True),
        ("query=poison", False),
    ],
)
def test_each_term_holds_where_it_should(term: str, yes: bool) -> None:
    assert told(term) is yes


def test_all_terms_have_to_hold() -> None:
    assert told("owner=acme gmbh", "risk=backdoor")
    assert not told("owner=acme gmbh", "risk=poisoning")


def test_weights_without_a_record_are_known_by_their_repository() -> None:
    subject = "model:hf:Acme-Labs/chat@abc"
    assert told("model=hf:acme-labs/chat", subject=subject)
    assert told("owner=acme-labs", subject=subject)
    assert not told("model=hf:acme-labs/chat-2", subject=subject)
    assert not told("licence=mit", subject=subject)
    assert told("query=labs/chat", subject=subject)


def test_nothing_is_sent_where_there_is_no_webhook_or_it_is_off() -> None:
    registry = fill(memory(), RECORD)
    audience = Audience(registry.graph, registry.identities)
    feed = Subscription("s", ("model=acme-chat",), "", "2026-03-01T12:00:00Z")
    off = Subscription("s", ("model=acme-chat",), "https://example.org/", "2026-03-01T12:00:00Z", active=False)
    assert audience.deliveries([alert(subject="acme-chat@1.2.0")], [feed, off], "2026-03-01T12:00:00Z") == []


@pytest.mark.parametrize(
    "terms",
    [[], ["model"], ["model="], ["model= , "], ["colour=red"], ["risk=bad"], ["severity=worst"], ["model=A B"],
     ["query=" + "x" * 600], ["query=x"] * 40],
)  # fmt: skip
def test_terms_that_can_never_hold_are_refused(terms: list[str]) -> None:
    with pytest.raises(InputError):
        check_terms(terms)
