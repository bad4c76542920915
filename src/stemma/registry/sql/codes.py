"""Words as small numbers in rows. A number is for ever: a word that goes leaves its number unused."""

from __future__ import annotations

from stemma.vocabulary import RecordType, RelationKind, load_relations

KIND_CODES = {
    RelationKind.FINETUNED_FROM: 1,
    RelationKind.CONTINUED_FROM: 2,
    RelationKind.DISTILLED_FROM: 3,
    RelationKind.QUANTISED_FROM: 4,
    RelationKind.PRUNED_FROM: 5,
    RelationKind.MERGED_FROM: 6,
    RelationKind.ADAPTER_OF: 7,
    RelationKind.CONVERTED_FROM: 8,
    RelationKind.COPY_OF: 9,
    RelationKind.COMPOSED_FROM: 10,
    RelationKind.COMPONENT_OF: 11,
    RelationKind.TRAINED_ON: 12,
    RelationKind.EVALUATED_ON: 13,
    RelationKind.DRAWN_FROM: 14,
    RelationKind.GENERATED_BY: 15,
    RelationKind.VARIANT_OF: 16,
}
TYPE_CODES = {
    RecordType.MODEL: 1,
    RecordType.DATASET: 2,
    RecordType.FAMILY: 3,
    RecordType.ADAPTER: 4,
    RecordType.BENCHMARK: 5,
}
STATE_CODES = {"active": 0, "deprecated": 1, "yanked": 2}
YANKED = STATE_CODES["yanked"]

KINDS = {code: kind for kind, code in KIND_CODES.items()}
TYPES = {code: of for of, code in TYPE_CODES.items()}
STATES = {code: state for state, code in STATE_CODES.items()}
TO_UPSTREAM = frozenset(code for kind, code in KIND_CODES.items() if load_relations().kinds[kind].target == "upstream")
"""Codes of the kinds whose target lies upstream of the record that declares them."""
