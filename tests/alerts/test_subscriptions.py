"""Which alerts a subscription is about."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stemma.errors import InputError
from stemma.lineage.audience import Audience, Readers
from stemma.lineage.subscriptions import check_terms
from stemma.registry import Alert, Certainty, Subscription, delivery_id
from tests.lineage.graphs import NOW, fill, memory, text
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
    audience = Audience(registry.graph)
    to = Subscription("s", check_terms([term, *more]), "https://example.org/", found.created)
    sent = list(audience.deliveries([found], Readers([to]), found.created))
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
        ("query=helpers, acme", True),
        ("query=help gmb", True),
        ("query=elpers", False),
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
    audience = Audience(registry.graph)
    feed = Subscription("s", ("model=acme-chat",), "", "2026-03-01T12:00:00Z")
    off = Subscription("s", ("model=acme-chat",), "https://example.org/", "2026-03-01T12:00:00Z", active=False)
    assert not list(audience.deliveries([alert(subject="acme-chat@1.2.0")], Readers([feed, off]), feed.created))


@pytest.mark.parametrize(
    "terms",
    [[], ["model"], ["model="], ["model= , "], ["colour=red"], ["risk=bad"], ["severity=worst"], ["model=A B"],
     ["query=" + "x" * 600], ["query=x"] * 40, ["query=- ."]],
)  # fmt: skip
def test_terms_that_can_never_hold_are_refused(terms: list[str]) -> None:
    with pytest.raises(InputError):
        check_terms(terms)


_TERMS = st.sampled_from(
    ["model=acme-chat", "model=acme-chat@^2,other", "model=hf:acme-labs/chat", "owner=acme gmbh", "owner=ACME-labs,x",
     "licence=mit", "licence=apache-2.0,MIT", "risk=backdoor", "risk=poisoning,licence", "severity=high",
     "severity=critical", "certainty=affected", "advisory=STEMMA-2026-1", "advisory=other", "query=chat", "query=ch",
     "query=lab chat", "query=for helpers", "query=labs/chat", "query=a gmbh", "query=nothing here"]
)  # fmt: skip
_ALERTS = st.builds(
    alert,
    st.sampled_from(["STEMMA-2026-1", "other"]),
    st.sampled_from(["acme-chat@1.2.0", "acme-chat", "other@1.0.0", "model:hf:Acme-Labs/chat@abc", "model:./x"]),
    risks=st.sampled_from([("backdoor",), ("poisoning", "licence"), ()]),
    severity=st.sampled_from(["low", "high", "critical"]),
    certainty=st.sampled_from(Certainty),
)


@given(st.lists(st.lists(_TERMS, min_size=1, max_size=3), max_size=12), st.lists(_ALERTS, max_size=5))
def test_no_subscription_is_passed_over(asked: list[list[str]], alerts: list[Alert]) -> None:
    """Whoever is found under a few values is whoever is found by holding everything against everyone."""
    registry = fill(memory(), RECORD)
    audience = Audience(registry.graph)
    to = [
        Subscription(f"s{number:02}", check_terms(terms), "https://example.org/", NOW)
        for number, terms in enumerate(asked)
    ]
    sent = [(each.alert, each.subscription) for each in audience.deliveries(alerts, Readers(to), NOW)]
    expected = [(each.id, one.id) for each in alerts for one in to if list(audience.select([each], one.terms))]
    assert sent == expected
