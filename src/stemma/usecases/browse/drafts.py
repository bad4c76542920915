"""From what a scan found to a draft record that declares it, with the evidence named by its digest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from stemma.errors import InputError
from stemma.immutable import immutable
from stemma.lineage import is_held
from stemma.records import LANGUAGE, Record, parse_record, write_record
from stemma.registry.forms import canonical
from stemma.vocabulary import RecordType, RelationKind, load_relations

MOST_DECLARED = 20
_CHILD = ("descendant", "copy", "undetermined")


@immutable
class Declaration:
    """A relation that may be declared of the model that was scanned.

    ``candidate`` is the entry of the catalog, ``relation`` the relation as a record writes it. Where it is not
    ``settled``, the weights do not say which of the two came first: whoever declares it has to know.
    """

    candidate: str
    relation: Mapping[str, Any]
    evidence_id: str
    settled: bool


def declarations(
    found: Mapping[str, Any], upload: bytes, subject_of: Callable[[str], str], date: str
) -> tuple[Declaration, ...]:
    """What the model of an upload may declare, by a scan document: candidates that are linked and have a record."""
    fingerprint = digest_of(upload)
    shares = {each["name"]: each["coefficient"] for each in (found.get("merge") or {}).get("parents", ())}
    made = []
    for candidate in found["candidates"]:
        subject = subject_of(candidate["name"])
        kind = _kind(candidate.get("mechanism"))
        linked = candidate.get("label") == "linked" and candidate.get("kinship") in _CHILD
        if not linked or kind is None or not is_held(subject):
            continue
        identity = evidence_id(fingerprint, candidate)
        settled = candidate["kinship"] == "descendant"
        evidence = {
            "grounds": "E2",
            "source": f"stemma scan of the fingerprint {fingerprint}",
            "date": date,
            "note": f"{_said(candidate)}; evidence {identity}",
        }
        share = {"coefficient": round(shares[candidate["name"]], 6)} if candidate["name"] in shares else {}
        relation = {"kind": kind.value, "target": subject.replace("@", "@^", 1), **share, "evidence": [evidence]}
        made.append(Declaration(candidate["name"], relation, identity, settled))
    return tuple(made[:MOST_DECLARED])


def draft(name: str, version: str, relations: Sequence[str]) -> tuple[Record, str]:
    """A record that declares ``relations``, each as JSON, and its text.

    Raises:
        InputError: it would be no record.
    """
    if not 1 <= len(relations) <= MOST_DECLARED:
        raise InputError(f"Got {len(relations)} relations, expected 1 to {MOST_DECLARED}.")
    try:
        told = [json.loads(each) for each in relations]
        data = {"stemma": LANGUAGE, "name": name, "version": version, "type": RecordType.MODEL.value}
        text = write_record(data | {"relations": told})
    except (ValueError, TypeError, RecursionError) as error:
        raise InputError("The relations to declare cannot be read.", advice="Scan again.") from error
    return parse_record(text), text


def digest_of(data: bytes) -> str:
    """The digest of a fingerprint's file."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def evidence_id(fingerprint: str, candidate: Mapping[str, Any]) -> str:
    """The digest of what a scan said of one candidate: canonical JSON of the fingerprint's digest and the candidate as
    the scan document has it, less its rank."""
    said = {key: value for key, value in candidate.items() if key != "rank"}
    return digest_of(canonical({"candidate": said, "fingerprint": fingerprint}).encode())


def _kind(mechanism: str | None) -> RelationKind | None:
    for kind, known in load_relations().kinds.items():
        if str(known.mechanism) == mechanism and known.target == "upstream":
            return kind
    return None


def _said(candidate: Mapping[str, Any]) -> str:
    told = (candidate.get(key) for key in ("label", "established", "kinship", "mechanism", "confidence"))
    return ", ".join(str(each) for each in told if each)
