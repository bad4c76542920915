"""Values that registries keep, made short."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from stemma.registry import (
    Alert,
    Certainty,
    Delivery,
    MeasuredEdge,
    Sighting,
    Step,
    StoredAdvisory,
    Subscription,
    alert_id,
    delivery_id,
)
from stemma.vocabulary import Kinship, Mechanism
from tests.registry.backends import NOW

_RULING = MeasuredEdge(
    a="base@1.0.0",
    b="child@1.0.0",
    label="linked",
    established="shown",
    kinship=Kinship.DESCENDANT,
    direction="a->b",
    mechanism=Mechanism.M2,
    confidence="strong",
    exclusion=None,
    status="",
    reasons=("Neurons stand in place.",),
    not_examined=(),
    evidence='[{"test":"overlap","log10_p":-300.5}]',
    fingerprint_a="sha256:" + "a" * 64,
    fingerprint_b="sha256:" + "b" * 64,
    basis="weights",
    date="2026-02-01",
    alpha=1e-6,
    constitution="1.0.0",
    stemma="0.1.0",
)


def ruling(a: str, b: str, **changes: Any) -> MeasuredEdge:
    """That B descends from A, unless it is said otherwise."""
    return replace(_RULING, a=a, b=b, **changes)


def advisory(
    id: str = "STEMMA-2026-1",  # noqa: A002
    modified: str = "2026-03-01T00:00:00Z",
    names: tuple[str, ...] = ("base",),
    **changes: Any,
) -> StoredAdvisory:
    """An advisory on ``names``."""
    return StoredAdvisory(id, modified, f'{{"id":"{id}","modified":"{modified}"}}', names, **changes)


def alert(advisory: str = "STEMMA-2026-1", subject: str = "child@1.0.0", **changes: Any) -> Alert:
    """An open alert with a path of one step."""
    step = Step("base@1.0.0", subject, "declared", "finetuned-from", ("E1",), "as the card says")
    made = Alert(alert_id(advisory, subject), advisory, subject, Certainty.AFFECTED, (step,), NOW, NOW)
    return replace(made, **changes)


def subscription(id: str = "team", **changes: Any) -> Subscription:  # noqa: A002
    """One that wants to hear of everything of Acme."""
    made = Subscription(id, ("owner=Acme",), "https://example.org/hook", NOW, secret="whsec_c2VjcmV0")
    return replace(made, **changes)


def delivery(alert: Alert, subscription: str = "team", **changes: Any) -> Delivery:
    """What is to be sent now."""
    identity = delivery_id(alert.id, alert.revision, subscription)
    return replace(Delivery(identity, alert.id, alert.revision, subscription, NOW, NOW), **changes)


def sighting(repository: str = "huggingface:acme/base", **changes: Any) -> Sighting:
    """A repository that is there."""
    made = Sighting(repository, "main", NOW, gone=False, name="acme/base", identity="7", commit="c" * 40)
    return replace(made, **{"weights": "sha256:" + "e" * 64, "claims": ("license: mit",)} | changes)
