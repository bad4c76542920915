"""The one table of words that everyone cites: mechanisms, exclusions, grounds, kinship, statuses, relations.

Terms are there at once; their definitions come with the modules that read them, when one is first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from stemma.vocabulary.terms import Condition, Exclusion, Grounds, Kinship, Mechanism, Status, Term

if TYPE_CHECKING:
    from stemma.vocabulary.relations import (
        Facet,
        RecordType,
        RelationDefinition,
        RelationKind,
        Relations,
        load_relations,
    )
    from stemma.vocabulary.tables import (
        Change,
        Clause,
        Decision,
        Definition,
        Framework,
        MechanismDefinition,
        StatusDefinition,
        Threat,
        Vocabulary,
        load_vocabulary,
    )

__all__ = [
    "Change",
    "Clause",
    "Condition",
    "Decision",
    "Definition",
    "Exclusion",
    "Facet",
    "Framework",
    "Grounds",
    "Kinship",
    "Mechanism",
    "MechanismDefinition",
    "RecordType",
    "RelationDefinition",
    "RelationKind",
    "Relations",
    "Status",
    "StatusDefinition",
    "Term",
    "Threat",
    "Vocabulary",
    "load_relations",
    "load_vocabulary",
]

_RELATIONS = frozenset({"Facet", "RecordType", "RelationDefinition", "RelationKind", "Relations", "load_relations"})


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = "relations" if name in _RELATIONS else "tables"
    return getattr(import_module(f"{__name__}.{home}"), name)
