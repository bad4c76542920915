"""Small registries for tests: records in a line each, rulings in a word or two."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from stemma.advisories import Advisory, RiskKind, advisory_from_data
from stemma.records import write_record
from stemma.registry.edges import MeasuredEdge
from stemma.registry.interface import Registry
from stemma.registry.memory import MemoryRegistry
from stemma.vocabulary import Kinship, Mechanism

NOW = "2026-03-01T12:00:00Z"


def memory() -> MemoryRegistry:
    """An empty registry in memory."""
    return MemoryRegistry(lambda: NOW)


def text(key: str, *relations: str | dict[str, Any], **more: Any) -> str:
    """A record ``name@version`` (1.0.0 where it has none); relations as ``kind target`` or as data."""
    name, _, version = key.partition("@")
    made = [
        each if isinstance(each, dict) else dict(zip(("kind", "target"), each.split(), strict=True))
        for each in relations
    ]
    data = {"stemma": 1, "name": name, "version": version or "1.0.0", "type": more.pop("type", "model"), **more}
    return write_record({**data, **({"relations": made} if made else {})})


def fill(registry: Registry, *texts: str) -> Registry:
    """Put records in."""
    for each in texts:
        registry.records.put(each)
    return registry


def ruling(a: str, b: str, label: str = "linked", **changes: Any) -> MeasuredEdge:
    """A ruling: a shown link from A to B by fine-tuning, unless told otherwise."""
    linked = label == "linked"
    told: dict[str, Any] = {
        "a": a,
        "b": b,
        "label": label,
        "established": "shown",
        "kinship": Kinship.DESCENDANT if linked else Kinship.NONE,
        "direction": "a->b" if linked else "undetermined",
        "mechanism": Mechanism.M2 if linked else None,
        "confidence": "strong" if linked else None,
        "exclusion": None,
        "status": "",
        "reasons": ("Layers are shared.",) if linked else ("Nothing is shared.",),
        "not_examined": (),
        "evidence": "[]",
        "fingerprint_a": "",
        "fingerprint_b": "",
        "basis": "weights",
        "date": NOW,
        "alpha": 1e-6,
        "constitution": "1.0.0",
        "stemma": "0.1.0",
    }
    return MeasuredEdge(**told | changes)


def undetermined(a: str, b: str, **changes: Any) -> MeasuredEdge:
    """A shown link without a direction."""
    return ruling(a, b, kinship=Kinship.UNDETERMINED, direction="undetermined", **changes)


def advisory(
    *names: str, risks: Sequence[RiskKind] = (RiskKind.HARMFUL_CONTENT,), identifier: str = "x_T-1", **more: Any
) -> Advisory:
    """An advisory on records, each as ``name`` or ``name<FIXED``; ``entries`` are further ones as data."""
    entries = [_entry(name) for name in names] + list(more.pop("entries", ()))
    own = {"risks": [risk.value for risk in risks]}
    data = {"id": identifier, "modified": NOW, "affected": entries, "database_specific": {"stemma": own}} | more
    return advisory_from_data(data)


def _entry(name: str) -> dict[str, Any]:
    record, _, fixed = name.partition("<")
    events = [{"introduced": "0"}, *([{"fixed": fixed}] if fixed else [])]
    own = {"database_specific": {"stemma": {"record": record}}}
    return {"ranges": [{"type": "SEMVER", "events": events}], **own}
