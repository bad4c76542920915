"""A list by owner, licence or query finds what looking through every alert would find, on every backend."""

from __future__ import annotations

import pytest
from sqlalchemy import text as text_

from stemma.lineage import to_store
from stemma.registry import AlertState, Registry
from stemma.registry.sql import SqlRegistry
from stemma.registry.sql.schema import UNRECORDED
from stemma.usecases.alerts.listing import list_alerts
from tests.lineage.graphs import NOW, advisory, fill, text
from tests.registry.conftest import kept, postgres, registry
from tests.registry.values import alert

__all__ = ["kept", "postgres", "registry"]
MANY = 10**9


@pytest.fixture
def filled(registry: Registry) -> Registry:
    """Alerts on records of several owners, on a name without a record, and on weights without one."""
    hub = {"hubs": [{"hub": "huggingface", "id": "acme-labs/chat"}]}
    with registry.transaction():
        fill(
            registry,
            text("chat", about={"title": "Chat", "publisher": "Acme GmbH", "licenses": ["MIT"]}, identity=hub),
            text("chat@2.0.0", about={"title": "Talk", "publisher": "Acme GmbH", "licenses": ["Apache-2.0"]}),
            text("clip", about={"title": "Contrastive", "publisher": "Open", "licenses": ["MIT"]}),
        )
        registry.advisories.put(to_store(advisory("base", identifier="x_T-1")))
        subjects = ("chat@1.0.0", "chat@2.0.0", "clip@1.0.0", "chatty", "model:hf:Acme-Labs/chat", "model:./weights")
        registry.alerts.put(alert("x_T-1", each, risks=("backdoor",), severity="high") for each in subjects)
        registry.alerts.put([alert("x_T-1", "clip@1.0.0", state=AlertState.ACKNOWLEDGED, severity="low")])
    return registry


@pytest.mark.parametrize(
    ("terms", "subjects"),
    [
        (["owner=acme gmbh"], {"chat@1.0.0", "chat@2.0.0"}),
        (["owner=ACME-labs"], {"chat@1.0.0", "model:hf:Acme-Labs/chat"}),
        (["owner=acme-labs,open"], {"chat@1.0.0", "clip@1.0.0", "model:hf:Acme-Labs/chat"}),
        (["owner=acme"], set()),
        (["licence=mit"], {"chat@1.0.0", "clip@1.0.0"}),
        (["licence=mit", "owner=open"], {"clip@1.0.0"}),
        (["licence=apache-2.0,mit", "severity=high"], {"chat@1.0.0", "chat@2.0.0"}),
        (["query=chat"], {"chat@1.0.0", "chat@2.0.0", "chatty", "model:hf:Acme-Labs/chat"}),
        (["query=acme talk"], {"chat@2.0.0"}),
        (["query=weights"], {"model:./weights"}),
        (["query=contrast", "risk=backdoor"], set()),
    ],
)
def test_what_is_found_by_records_is_what_is_found_by_looking(
    filled: Registry, terms: list[str], subjects: set[str]
) -> None:
    by_records, by_looking = (list_alerts(filled, terms, few=few) for few in (0, MANY))
    assert by_records == by_looking
    assert {each.subject for each in by_records.alerts} == subjects
    still_open = [list_alerts(filled, terms, few=few, states=[AlertState.OPEN]).total for few in (0, MANY)]
    assert still_open == [len(subjects - {"clip@1.0.0"})] * 2


@pytest.mark.parametrize("kept", ["sqlite", "postgresql"], indirect=True)
def test_alerts_without_a_record_lie_in_an_index_of_their_own(registry: Registry) -> None:
    assert isinstance(registry, SqlRegistry)
    registry.alerts.put(alert(subject=f"m{number}@1.0.0", created=NOW) for number in range(300))
    asked = f"SELECT line FROM alerts WHERE ({UNRECORDED}) AND id > '' ORDER BY id"
    with registry.database.writing() as connection:
        sqlite = connection.dialect.name == "sqlite"
        if not sqlite:
            connection.execute(text_("ANALYZE alerts"))
        plan = connection.execute(text_(f"EXPLAIN {'QUERY PLAN ' if sqlite else ''}{asked}")).all()
    assert any("ix_alerts_unrecorded" in str(row) for row in plan)
