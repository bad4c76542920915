"""What becomes of alerts when their advisory, or the graph below it, changes; on every backend."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stemma.advisories import (
    Advisory,
    RiskKind,
    Severity,
    advisory_from_data,
    affected_record,
    new_advisory,
    withdrawn_advisory,
)
from stemma.lineage import impact_of
from stemma.lineage.alerts import NO_PATH, WITHDRAWN, acknowledged
from stemma.registry import Alert, AlertState, Certainty, Registry, Subscription, alert_id
from stemma.usecases.alerts.raising import Raised, keep_advisories, keep_records, keep_rulings, refresh
from tests.lineage.graphs import memory, ruling, text
from tests.registry.conftest import kept, postgres, registry

__all__ = ["kept", "postgres", "registry"]

DAYS = [f"2026-03-{day:02}T12:00:00Z" for day in range(1, 10)]
SUBSCRIPTION = Subscription("team", ("risk=poisoning",), "https://example.org/hook", DAYS[0], "whsec_" + "A" * 32)


def written(
    day: int, *names: str, severity: Severity = Severity.LOW, risks: tuple[RiskKind, ...] = (RiskKind.POISONING,)
) -> Advisory:
    """The advisory as it stands on a day; names as ``name`` or ``name<FIXED``."""
    entries = [affected_record(name.partition("<")[0], fixed=name.partition("<")[2]) for name in names]
    when = datetime.fromisoformat(DAYS[day])
    return new_advisory("x_T-1", when, summary="Poisoned.", risks=risks, affected=entries, severity=severity)


def filled(store: Registry) -> Registry:
    """Data, a model trained on it and two below; one that only tests itself on it."""
    store.subscriptions.put(SUBSCRIPTION)
    for each in (
        text("data", type="dataset"),
        text("base", "trained-on data"),
        text("child", "finetuned-from base"),
        text("tested", "evaluated-on data"),
    ):
        store.records.put(each)
    return store


def of(store: Registry, subject: str) -> Alert:
    """The alert on a subject."""
    return store.alerts.get(alert_id("x_T-1", subject))


def put(store: Registry, advisory: Advisory, day: int) -> Raised:
    """Keep a version of the advisory."""
    return keep_advisories(store, [advisory], DAYS[day])[0].raised


def test_an_advisory_raises_an_alert_with_its_path_for_everyone_it_reaches(registry: Registry) -> None:
    filled(registry)
    assert put(registry, written(0, "data"), 0) == Raised(told=3, deliveries=3)
    assert {alert.subject for alert in registry.alerts.find()} == {"data@1.0.0", "base@1.0.0", "child@1.0.0"}
    child = of(registry, "child@1.0.0")
    assert [(step.upstream, step.kind) for step in child.path] == [
        ("data@1.0.0", "trained-on"), ("base@1.0.0", "finetuned-from")
    ]  # fmt: skip
    assert (child.state, child.revision, child.severity, child.risks) == (AlertState.OPEN, 1, "low", ("poisoning",))
    assert {(each.alert, each.revision) for each in registry.outbox.all()} == {
        (alert.id, 1) for alert in registry.alerts.find()
    }
    assert put(registry, written(0, "data"), 1) == Raised()
    assert refresh(registry, DAYS[1]) == Raised()


def test_acknowledged_stays_acknowledged_until_it_gets_worse(registry: Registry) -> None:
    filled(registry)
    put(registry, written(0, "data", severity=Severity.MODERATE), 0)
    known = acknowledged(of(registry, "child@1.0.0"), "Ann", DAYS[1])
    registry.alerts.put([known])
    reworded = replace(written(2, "data", severity=Severity.MODERATE), summary="Reworded.")
    assert put(registry, reworded, 2) == Raised()
    assert put(registry, written(3, "data", severity=Severity.LOW), 3) == Raised(changed=3)
    milder = of(registry, "child@1.0.0")
    assert (milder.state, milder.acknowledged_by, milder.revision) == (AlertState.ACKNOWLEDGED, "Ann", 1)
    assert (milder.severity, milder.created, milder.updated) == ("low", DAYS[0], DAYS[3])
    assert put(registry, written(4, "data", severity=Severity.HIGH), 4) == Raised(told=3, deliveries=3)
    graver = of(registry, "child@1.0.0")
    assert (graver.state, graver.acknowledged_by, graver.revision) == (AlertState.OPEN, "", 2)
    both = (RiskKind.POISONING, RiskKind.BACKDOOR)
    put(registry, written(5, "data", severity=Severity.HIGH, risks=both), 5)
    assert of(registry, "child@1.0.0").revision == 3


def test_a_withdrawn_advisory_resolves_its_alerts_and_tells_so(registry: Registry) -> None:
    filled(registry)
    advisory = written(0, "data")
    put(registry, advisory, 0)
    withdrawn = withdrawn_advisory(advisory, datetime.fromisoformat(DAYS[1]))
    assert put(registry, withdrawn, 1) == Raised(resolved=3, deliveries=3)
    over = of(registry, "child@1.0.0")
    assert (over.state, over.revision, over.note) == (AlertState.RESOLVED, 2, WITHDRAWN)
    assert acknowledged(over, "Ann", DAYS[2]) == over
    assert len(list(registry.alerts.find())) == 3


def test_a_fixed_version_ends_what_lies_below_it_and_a_wider_range_brings_it_back(registry: Registry) -> None:
    filled(registry)
    put(registry, written(0, "data"), 0)
    assert put(registry, written(1, "data<1.0.0"), 1).resolved == 3
    assert of(registry, "base@1.0.0").note == NO_PATH
    assert put(registry, written(2, "data<2.0.0"), 2).told == 3
    back = of(registry, "base@1.0.0")
    assert (back.state, back.revision, back.note) == (AlertState.OPEN, 3, "")


def test_a_new_record_under_an_open_advisory_raises_its_alert(registry: Registry) -> None:
    filled(registry)
    put(registry, written(0, "data"), 0)
    raised = keep_records(registry, [text("late", "quantised-from child"), text("apart")], DAYS[1])
    assert raised == Raised(told=1, deliveries=1)
    assert [step.downstream for step in of(registry, "late@1.0.0").path] == ["base@1.0.0", "child@1.0.0", "late@1.0.0"]
    assert of(registry, "child@1.0.0").updated == DAYS[0]
    again = keep_records(registry, [text("late", "quantised-from child")], DAYS[2])
    assert again == Raised()


def test_a_new_version_of_what_an_advisory_names_changes_what_is_below(registry: Registry) -> None:
    filled(registry)
    put(registry, written(0, "data<1.1.0"), 0)
    assert of(registry, "base@1.0.0").certainty is Certainty.AFFECTED
    keep_records(registry, [text("data@1.1.0", type="dataset")], DAYS[1])
    assert of(registry, "base@1.0.0").certainty is Certainty.POSSIBLY
    with pytest.raises(KeyError):
        of(registry, "data@1.1.0")


def test_a_ruling_raises_alerts_for_the_undeclared_child_and_all_below_it(registry: Registry) -> None:
    filled(registry)
    for each in (text("hidden"), text("grandchild", "finetuned-from hidden")):
        registry.records.put(each)
    put(registry, written(0, "data"), 0)
    assert keep_rulings(registry, [ruling("base@1.0.0", "apart@1.0.0", "independent")], DAYS[1]) == Raised()
    edge = ruling("base@1.0.0", "hidden@1.0.0")
    assert keep_rulings(registry, [edge], DAYS[1]) == Raised(told=2, deliveries=2)
    assert [step.basis for step in of(registry, "grandchild@1.0.0").path] == ["declared", "measured", "declared"]
    assert keep_rulings(registry, [edge], DAYS[2]) == Raised()


def test_records_changed_by_other_means_are_caught_up_with(registry: Registry) -> None:
    filled(registry)
    put(registry, written(0, "data"), 0)
    registry.records.put(text("late", "finetuned-from child"))
    registry.records.put(text("child"), replace=True)
    assert refresh(registry, DAYS[1]) == Raised(resolved=1, deliveries=1)
    assert of(registry, "child@1.0.0").state is AlertState.RESOLVED


def test_nothing_of_it_is_kept_where_something_fails(registry: Registry) -> None:
    filled(registry)
    with pytest.raises(RuntimeError), registry.transaction():
        put(registry, written(0, "data"), 0)
        raise RuntimeError
    assert not list(registry.advisories.ids())
    assert not list(registry.alerts.find())
    assert not list(registry.outbox.all())


VERSIONS = st.lists(
    st.builds(
        written,
        st.just(0),
        st.sampled_from(["data", "base", "data<1.0.0", "apart"]),
        severity=st.sampled_from(Severity),
        risks=st.sampled_from([(RiskKind.POISONING,), (RiskKind.LICENCE, RiskKind.BACKDOOR), (RiskKind.TAMPERING,)]),
    ),
    min_size=1,
    max_size=len(DAYS),
)


@given(VERSIONS)
@settings(max_examples=40, deadline=None)
def test_alerts_follow_from_the_newest_version_whatever_came_before(versions: list[Advisory]) -> None:
    """Whom it reaches has an alert that is not over, nobody else; doing it again does nothing; revisions only rise."""
    store = filled(memory())
    seen: dict[str, Alert] = {}
    for day, version in enumerate(versions):
        advisory = advisory_from_data({**version.data, "modified": DAYS[day]})
        put(store, advisory, day)
        now = {alert.id: alert for alert in store.alerts.find()}
        open_ones = {alert.subject for alert in now.values() if alert.state is not AlertState.RESOLVED}
        assert open_ones == set(impact_of(advisory, store.graph, store.identities).hits)
        for identity, old in seen.items():
            assert now[identity].revision in (old.revision, old.revision + 1)
            assert now[identity].created == old.created
        told = {(each.alert, each.revision) for each in store.outbox.all()}
        assert told >= {(each.id, each.revision) for each in now.values() if "poisoning" in each.risks}
        assert refresh(store, DAYS[day]) == Raised()
        seen = now
