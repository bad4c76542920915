"""A record as JSON-LD in the words of PROV-O, schema.org and FAIR4ML; the context stands in the document itself."""

from __future__ import annotations

from urllib.parse import quote

from stemma.identity import Missing
from stemma.publish.canonical import Json, to_json
from stemma.publish.record.values import web_address
from stemma.publish.record.view import RecordView
from stemma.records import Edge, ResolvedRecord
from stemma.vocabulary import RecordType, RelationKind

_CONTEXT: dict[str, Json] = {
    "prov": "http://www.w3.org/ns/prov#",
    "schema": "https://schema.org/",
    "fair4ml": "https://w3id.org/fair4ml#",
    "stemma": "urn:stemma:vocabulary:",
    "name": "schema:name",
    "description": "schema:description",
    "version": "schema:version",
    "publisher": "schema:publisher",
    "license": "schema:license",
    "keywords": "schema:keywords",
    "inLanguage": "schema:inLanguage",
    "datePublished": "schema:datePublished",
    "url": {"@id": "schema:url", "@type": "@id"},
    "wasDerivedFrom": {"@id": "prov:wasDerivedFrom", "@type": "@id"},
    "qualifiedDerivation": "prov:qualifiedDerivation",
    "entity": {"@id": "prov:entity", "@type": "@id"},
    "hadActivity": "prov:hadActivity",
    "hadPrimarySource": {"@id": "prov:hadPrimarySource", "@type": "@id"},
    "specializationOf": {"@id": "prov:specializationOf", "@type": "@id"},
    "fineTunedFrom": {"@id": "fair4ml:fineTunedFrom", "@type": "@id"},
    "trainedOn": {"@id": "fair4ml:trainedOn", "@type": "@id"},
    "evaluatedOn": {"@id": "fair4ml:evaluatedOn", "@type": "@id"},
    "isPartOf": {"@id": "schema:isPartOf", "@type": "@id"},
    "isBasedOn": {"@id": "schema:isBasedOn", "@type": "@id"},
    "content": "stemma:content",
    "kind": "stemma:kind",
    "mechanism": "stemma:mechanism",
    "coefficient": "stemma:coefficient",
    "method": "stemma:method",
    "evidence": "stemma:evidence",
    "grounds": "stemma:grounds",
    "denies": "stemma:denies",
    "source": "schema:citation",
}
_TYPES = {
    RecordType.MODEL: "fair4ml:MLModel",
    RecordType.ADAPTER: "fair4ml:MLModel",
    RecordType.DATASET: "schema:Dataset",
    RecordType.BENCHMARK: "schema:Dataset",
    RecordType.FAMILY: "prov:Collection",
}
_SHORT = {
    RelationKind.FINETUNED_FROM: "fineTunedFrom",
    RelationKind.TRAINED_ON: "trainedOn",
    RelationKind.EVALUATED_ON: "evaluatedOn",
    RelationKind.COMPONENT_OF: "isPartOf",
    RelationKind.VARIANT_OF: "specializationOf",
    RelationKind.DRAWN_FROM: "isBasedOn",
}
_DERIVED = frozenset({RelationKind.DRAWN_FROM, RelationKind.GENERATED_BY})


def record_jsonld(view: RecordView) -> str:
    """One node for the record; weight edges are qualified derivations with their mechanism and evidence."""
    resolved = view.resolved
    node: dict[str, Json] = {
        "@context": _CONTEXT,
        "@id": identifier(resolved.key),
        "@type": ["prov:Entity", _TYPES[resolved.record.type]],
        "name": view.title,
        "version": str(resolved.version),
        "content": str(resolved.record.digest),
    }
    node |= _about(resolved)
    edges = [edge for edge in resolved.edges if edge.relation.definition.target == "upstream"]
    derived = [edge for edge in edges if edge.relation.definition.weight_edge or edge.relation.kind in _DERIVED]
    node["wasDerivedFrom"] = list(dict.fromkeys(_target(edge) for edge in derived))
    node["qualifiedDerivation"] = [_derivation(edge) for edge in derived]
    for kind, word in _SHORT.items():
        node[word] = list(dict.fromkeys(_target(edge) for edge in resolved.edges if edge.relation.kind is kind))
    return to_json({key: value for key, value in node.items() if value not in (None, "", [])})


def identifier(key: str) -> str:
    """A name for a record that leads nowhere and means the same everywhere."""
    return "urn:stemma:record:" + quote(key, safe="@.-_~+")


def _about(resolved: ResolvedRecord) -> dict[str, Json]:
    words = {
        "description": "description",
        "license": "licenses",
        "keywords": "tags",
        "inLanguage": "languages",
        "datePublished": "release_date",
    }
    about: dict[str, Json] = {word: resolved.get(f"about.{field}") for word, field in words.items()}
    publisher = resolved.get("about.publisher")
    about["publisher"] = {"@type": "schema:Organization", "name": publisher} if publisher else None
    links = (found.value for path, found in resolved.fields.items() if path.startswith("about.links."))
    about["url"] = [link for link in links if isinstance(link, str) and web_address(link)]
    return about


def _target(edge: Edge) -> str:
    return identifier(str(edge.relation.target) if isinstance(edge.target, Missing) else edge.target.key)


def _derivation(edge: Edge) -> Json:
    relation = edge.relation
    mechanism = relation.definition.mechanism
    told: dict[str, Json] = {
        "@type": "prov:Derivation",
        "entity": _target(edge),
        "hadActivity": {"@type": "prov:Activity", "kind": relation.kind.value, "method": relation.method},
        "mechanism": str(mechanism) if mechanism else None,
        "coefficient": relation.coefficient,
        "evidence": [
            {"grounds": each.grounds.value, "source": each.source, "denies": each.denies} for each in relation.evidence
        ],
    }
    return {key: value for key, value in told.items() if value not in (None, "", [])}
