"""Verifications and impacts in SARIF 2.1.0.

- A contradicted claim is an error, an undeclared ancestor a warning, a relative without a direction a note.
- An advisory is a rule; whom it reaches are its results: errors where severity is high or critical and the subject
  surely affected, else warnings, notes where only possibly.
- ``partialFingerprints`` depend on what a finding is about alone, so that it is the same finding in every run.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from stemma.advisories import Severity
from stemma.lineage import Verdict
from stemma.publish.canonical import Document, plain
from stemma.publish.lineage.model import AdvisoryImpact, ImpactReport, ReachedBy, VerifyReport
from stemma.publish.lineage.words import claim_words, doubts, reason_of, ruling_words
from stemma.publish.sarif import SCHEMA, artifact_uri
from stemma.registry.notices import Certainty

CONTRADICTED = "stemma/lineage/contradicted"
UNDECLARED = "stemma/lineage/undeclared"
ADVISORY = "stemma/advisory/"
_SEVERE = frozenset({Severity.HIGH, Severity.CRITICAL})


def verification_sarif(report: VerifyReport) -> Document:
    """One run with a result for each contradicted claim and each undeclared relative."""
    found = report.verification
    rules = [
        sarif_rule(CONTRADICTED, "ContradictedClaim", "A declared weight edge does not hold in the weights.", "error"),
        sarif_rule(
            UNDECLARED, "UndeclaredRelative", "Trained weights are shared with a model that is not declared.", "warning"
        ),
    ]
    results = [
        sarif_result(
            CONTRADICTED,
            "error",
            f"{found.subject} declares: {claim_words(claim)}. {claim.reason}",
            found.subject,
            claim.parent,
        )
        for claim in found.claims
        if claim.verdict is Verdict.CONTRADICTED
    ]
    for each in found.undeclared:
        message = f"{found.subject} shares trained weights with {each.subject}: {ruling_words(each.ruling)}."
        results.append(
            sarif_result(UNDECLARED, "warning" if each.ancestor else "note", message, found.subject, each.subject)
        )
    return sarif_log(rules, results, report.stemma)


def impact_sarif(report: ImpactReport) -> Document:
    """One run with a result for everyone whom an advisory reaches."""
    rules = [_advisory_rule(impact) for impact in report.impacts]
    results = [
        sarif_result(
            f"{ADVISORY}{impact.advisory.id}",
            _level(impact, reached),
            " ".join((f"{reached.subject} is {reached.certainty} ({reason_of(reached)}).", *doubts(reached.path))),
            reached.subject,
            impact.advisory.id,
        )
        for impact in report.impacts
        for reached in impact.reached
    ]
    return sarif_log(rules, results, report.stemma)


def _level(impact: AdvisoryImpact, reached: ReachedBy) -> str:
    if reached.certainty is not Certainty.AFFECTED:
        return "note"
    return "error" if impact.advisory.severity in _SEVERE else "warning"


def _advisory_rule(impact: AdvisoryImpact) -> dict[str, Any]:
    advisory = impact.advisory
    short = advisory.summary or f"Advisory {advisory.id}."
    title = "Advisory" + "".join(part for part in advisory.id if part.isalnum())
    rule = sarif_rule(f"{ADVISORY}{advisory.id}", title, short, "warning", advisory.details)
    rule["properties"] = {"tags": [*(risk.value for risk in advisory.risks), *advisory.atlas, *advisory.avid]}
    return rule


def sarif_rule(name: str, title: str, short: str, level: str, full: str = "") -> dict[str, Any]:
    """A rule of this id."""
    return {
        "id": name,
        "name": title,
        "shortDescription": {"text": short},
        "fullDescription": {"text": full or short},
        "defaultConfiguration": {"level": level},
    }


def sarif_result(rule: str, level: str, message: str, subject: str, other: str) -> dict[str, Any]:
    """A finding about ``subject``, which ``other`` led to."""
    place = {"artifactLocation": {"uri": artifact_uri(subject.removeprefix("model:"))}, "region": {"startLine": 1}}
    identity = hashlib.sha256("\0".join((rule, subject, other)).encode("utf-8", "surrogatepass")).hexdigest()
    return {
        "ruleId": rule,
        "kind": "fail",
        "level": level,
        "message": {"text": message},
        "locations": [{"physicalLocation": place}],
        "partialFingerprints": {"stemmaLineage/v1": identity},
    }


def sarif_log(rules: Sequence[dict[str, Any]], results: Sequence[dict[str, Any]], version: str) -> Document:
    """A log of one run."""
    index = {rule["id"]: number for number, rule in enumerate(rules)}
    driver = {
        "name": "Stemma",
        "informationUri": "https://pypi.org/project/stemma/",
        "semanticVersion": version,
        "rules": list(rules),
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [result | {"ruleIndex": index[result["ruleId"]]} for result in results],
    }
    document, _ = plain({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})
    assert isinstance(document, dict)
    return document
