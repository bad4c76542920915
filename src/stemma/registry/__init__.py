"""What is remembered of models: records, rulings, advisories, alerts. Registries share one interface.

``RecordDirectory(Path("records"))`` reads and writes ``NAME/NAME-VERSION.yaml``; it is a
:class:`stemma.records.RecordSource`, so that ``Resolver(store)`` resolves what lies in it. ``check_directory`` looks at
everything in one and reports every problem.

A whole :class:`Registry` is a set of small stores with transactions over all of them::

    registry = MemoryRegistry(clock)                    # or DirectoryRegistry(path, clock), or SQL
    with registry.transaction():
        registry.records.put(text)
        registry.advisories.put(StoredAdvisory("STEMMA-2026-1", "2026-03-01T12:00:00Z", text, names=("laion-5b",)))
    registry.graph.declared(["laion-5b"], "upstream")   # who was made from it: edges by name, in batches
    registry.graph.measured(["clip@1.0.0"])             # rulings over its weights
    registry.graph.versions_of(["clip"])                # {"clip": [Held(text, yanked), ...]}

An edge is declared by a version, towards a name and a range: ``admitted(held, edge.requirement.range)`` are the
versions that it reaches, ``newest`` the one that resolves it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stemma.registry.audit import chain_problems
    from stemma.registry.check import Verified, verify_registry
    from stemma.registry.directory import RecordDirectory
    from stemma.registry.directory_registry import DirectoryRegistry
    from stemma.registry.edges import (
        DeclaredEdge,
        Facts,
        FingerprintDigest,
        Held,
        MeasuredEdge,
        Standing,
        admitted,
        declared_edges,
        newest,
    )
    from stemma.registry.interface import (
        AdvisoryStore,
        AuditLog,
        FingerprintStore,
        GraphSource,
        IdentitySource,
        RecordStore,
        Registry,
        RulingStore,
        SearchSource,
    )
    from stemma.registry.interface_notices import AlertStore, Outbox, SightingStore, SubscriptionStore
    from stemma.registry.lint import Checked, check_directory
    from stemma.registry.memory import MemoryRegistry
    from stemma.registry.notices import (
        Alert,
        AlertState,
        AuditEntry,
        Certainty,
        Delivery,
        DeliveryState,
        Sighting,
        Step,
        StoredAdvisory,
        Subscription,
        alert_id,
        delivery_id,
        instant,
    )
    from stemma.registry.search import Found, FoundPage, Query
    from stemma.registry.transfer import Transferred, export_registry, import_registry

__all__ = [
    "AdvisoryStore",
    "Alert",
    "AlertState",
    "AlertStore",
    "AuditEntry",
    "AuditLog",
    "Certainty",
    "Checked",
    "DeclaredEdge",
    "Delivery",
    "DeliveryState",
    "DirectoryRegistry",
    "Facts",
    "FingerprintDigest",
    "FingerprintStore",
    "Found",
    "FoundPage",
    "GraphSource",
    "Held",
    "IdentitySource",
    "MeasuredEdge",
    "MemoryRegistry",
    "Outbox",
    "Query",
    "RecordDirectory",
    "RecordStore",
    "Registry",
    "RulingStore",
    "SearchSource",
    "Sighting",
    "SightingStore",
    "Standing",
    "Step",
    "StoredAdvisory",
    "Subscription",
    "SubscriptionStore",
    "Transferred",
    "Verified",
    "admitted",
    "alert_id",
    "chain_problems",
    "check_directory",
    "declared_edges",
    "delivery_id",
    "export_registry",
    "import_registry",
    "instant",
    "newest",
    "verify_registry",
]

# Most commands look at records alone: what they do not use is not imported.
_HOMES = {
    name: f"stemma.registry.{module}"
    for module, names in {
        "audit": "chain_problems",
        "check": "Verified verify_registry",
        "directory": "RecordDirectory",
        "directory_registry": "DirectoryRegistry",
        "edges": "DeclaredEdge Facts FingerprintDigest Held MeasuredEdge Standing admitted declared_edges newest",
        "interface": "AdvisoryStore AuditLog FingerprintStore GraphSource IdentitySource "
        "RecordStore Registry RulingStore SearchSource",
        "interface_notices": "AlertStore Outbox SightingStore SubscriptionStore",
        "lint": "Checked check_directory",
        "memory": "MemoryRegistry",
        "notices": "Alert AlertState AuditEntry Certainty Delivery DeliveryState Sighting Step StoredAdvisory "
        "Subscription alert_id delivery_id instant",
        "search": "Found FoundPage Query",
        "transfer": "Transferred export_registry import_registry",
    }.items()
    for name in names.split()
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'stemma.registry' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__
