"""The one table of words that everyone cites: mechanisms, exclusions, grounds, kinship, statuses, relations."""

from __future__ import annotations

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
from stemma.vocabulary.terms import Condition, Exclusion, Grounds, Kinship, Mechanism, Status, Term

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
