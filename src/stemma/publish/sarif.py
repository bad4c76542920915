"""Rulings in SARIF 2.1.0, for code scanning and other tools that gather findings.

- One rule for each mechanism of a link, each exclusion, and each outcome; their ids are stable.
- A link is a note: provenance is a fact to review, not a defect, and Stemma does not rate severity.
- A shown independence passes; a default stays open; a pair that could not be read is a notification of the run.
- The location of a result is the model, or ``anchor``, a tracked file such as a manifest: platforms that show results
  beside code need one, since weights are not in version control.
- ``partialFingerprints`` depend on the pair alone, so that the same pair is the same result in every run.

Reference: OASIS, Static Analysis Results Interchange Format (SARIF) Version 2.1.0 Plus Errata 01 (2023).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import quote

from stemma.constitution.interface import Established, Label, Ruling
from stemma.evidence.merge import Merge
from stemma.publish.canonical import Document, plain
from stemma.publish.model import ComparisonReport, ScanReport
from stemma.publish.words import headline
from stemma.vocabulary import Exclusion, Mechanism, load_vocabulary

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LINKED = "stemma/linked"
SHOWN_INDEPENDENT = "stemma/independent"
NOT_ESTABLISHED = "stemma/not-established"


def comparison_sarif(reports: Iterable[ComparisonReport], anchor: str | None = None) -> Document:
    """One run with a result for each comparison; ``anchor`` is a path relative to the repository's root."""
    found = list(reports)
    results = [_result(r.ruling, r.a, r.b, anchor) for r in found if r.ruling]
    errors = [_notification(r.error, (r.a, r.b)) for r in found if r.error is not None]
    return _log(results, errors, found[0].stemma if found else "")


def scan_sarif(report: ScanReport, anchor: str | None = None) -> Document:
    """One run with a result for each candidate that was compared."""
    ruled = [(c, c.ruling) for c in report.candidates if c.ruling]
    results = [_result(ruling, c.name, report.query, anchor, rank=c.rank) for c, ruling in ruled]
    if isinstance(report.merge, Merge):
        shares = {p.name: p.coefficient for p in report.merge.parents}
        for (candidate, _), result in zip(ruled, results, strict=True):
            if candidate.name in shares:
                result["properties"]["mergeCoefficient"] = shares[candidate.name]
                result["properties"]["mergeKind"] = report.merge.kind
    errors = [_notification(report.error, (report.query,))] if report.error is not None else []
    return _log(results, errors, report.stemma)


def rule_id(ruling: Ruling) -> str:
    """The stable id of the rule that a ruling falls under."""
    if ruling.label is Label.LINKED:
        return f"{LINKED}/{ruling.mechanism}" if ruling.mechanism else LINKED
    if ruling.established is Established.DEFAULT:
        return NOT_ESTABLISHED
    return f"{SHOWN_INDEPENDENT}/{ruling.exclusion}" if ruling.exclusion else SHOWN_INDEPENDENT


def _log(results: Sequence[dict[str, Any]], errors: Sequence[dict[str, Any]], version: str) -> Document:
    rules = _rules()
    index = {rule["id"]: n for n, rule in enumerate(rules)}
    invocation = {"executionSuccessful": not errors, "toolExecutionNotifications": list(errors)}
    driver = {
        "name": "Stemma",
        "informationUri": "https://pypi.org/project/stemma/",
        **({"semanticVersion": version} if version else {}),
        "rules": rules,
    }
    log = {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": driver},
                "columnKind": "unicodeCodePoints",
                "invocations": [invocation],
                "results": [result | {"ruleIndex": index[result["ruleId"]]} for result in results],
            }
        ],
    }
    document, _ = plain(log)
    assert isinstance(document, dict)
    return document


def _rules() -> list[dict[str, Any]]:
    define = load_vocabulary().define
    rules = [_rule(LINKED, "Linked", "The models share trained weights.", "note")]
    rules += [
        _rule(f"{LINKED}/{m}", f"Linked{m}", f"Linked by {m.meaning}.", "note", define(m).definition) for m in Mechanism
    ]
    rules += [_rule(SHOWN_INDEPENDENT, "Independent", "The models were shown to share no trained weights.", "none")]
    rules += [
        _rule(f"{SHOWN_INDEPENDENT}/{x}", f"Independent{x}", f"Independent: {x.meaning}.", "none", define(x).definition)
        for x in Exclusion
    ]
    return [
        *rules,
        _rule(NOT_ESTABLISHED, "NotEstablished", "No link was established; independent by default.", "none"),
    ]


def _rule(name: str, title: str, short: str, level: str, full: str = "") -> dict[str, Any]:
    return {
        "id": name,
        "name": title,
        "shortDescription": {"text": short},
        "fullDescription": {"text": full or short},
        "help": {"text": f"Defined in the constitution of Stemma, version {load_vocabulary().version}."},
        "defaultConfiguration": {"level": level},
    }


def _result(ruling: Ruling, a: str, b: str, anchor: str | None, rank: int | None = None) -> dict[str, Any]:
    kind, level = _kind(ruling)
    return {
        "ruleId": rule_id(ruling),
        "kind": kind,
        "level": level,
        "message": {"text": _message(ruling, a, b)},
        "locations": [_location(anchor if anchor is not None else b, None if anchor is not None else "model B")],
        "relatedLocations": [_location(a, "model A") | {"id": 1}, _location(b, "model B") | {"id": 2}],
        "partialFingerprints": {"stemmaPair/v1": _pair_digest(a, b)},
        "properties": {
            "a": a,
            "b": b,
            "established": ruling.established,
            "kinship": ruling.kinship,
            "direction": ruling.direction,
            "status": ruling.status,
            "alpha": ruling.alpha,
            "constitution": ruling.constitution,
            **({"rank": rank} if rank is not None else {}),
        },
    }


def _kind(ruling: Ruling) -> tuple[str, str]:
    if ruling.label is Label.LINKED:
        return "fail", "note"
    return ("open" if ruling.established is Established.DEFAULT else "pass"), "none"


def _message(ruling: Ruling, a: str, b: str) -> str:
    return " ".join((headline(ruling), f"A is {a}, B is {b}.", *ruling.reasons))


def _location(reference: str, says: str | None) -> dict[str, Any]:
    physical = {"artifactLocation": {"uri": artifact_uri(reference)}, "region": {"startLine": 1}}
    return {"physicalLocation": physical} | ({"message": {"text": f"{says}: {reference}"}} if says else {})


def artifact_uri(reference: str) -> str:
    """A reference as a URI: hub, package and web references as they are, paths percent-encoded."""
    encoded = reference.encode("utf-8", "surrogatepass")
    if re.match(r"(?:hf:|pkg:|https?://)", reference):
        return re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", quote(encoded, safe=":/@?&=#%+~,;!$'()*-._"))
    relative = quote(encoded.replace(b"\\", b"/"), safe="/~-._")
    return relative or "."


def _pair_digest(a: str, b: str) -> str:
    both = "\0".join((a, b)).encode("utf-8", "surrogatepass")
    return hashlib.sha256(both).hexdigest()


def _notification(error: str, references: Sequence[str]) -> dict[str, Any]:
    return {
        "level": "error",
        "message": {"text": error or "unknown error"},
        "locations": [_location(reference, None) for reference in references],
    }
