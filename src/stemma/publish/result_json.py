"""Reports as JSON documents. Each names its schema; the schemas are published under ``docs/schemas``.

The order of the keys is fixed. A number that is not finite is written as null and listed under ``undefined``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from stemma.constitution.interface import Ruling
from stemma.evidence.interface import Background, Evidence
from stemma.identity import Missing
from stemma.publish.canonical import Document, as_document

if TYPE_CHECKING:
    from stemma.evidence.merge import Merge
    from stemma.publish.comparison import ComparisonReport, ModelSummary
    from stemma.publish.model import (
        CatalogEntry,
        CatalogListing,
        FileEntry,
        FingerprintReport,
        InspectionReport,
        ScanCandidate,
        ScanReport,
    )

COMPARISON = "stemma.comparison/1"
INSPECTION = "stemma.inspection/1"
FINGERPRINT = "stemma.fingerprint-report/1"
SCAN = "stemma.scan/1"
CATALOG = "stemma.catalog/1"
TREE = "stemma.tree/1"


def comparison_document(report: ComparisonReport) -> Document:
    """A comparison; where a model could not be read, ``label`` is null and ``error`` says why."""
    return as_document(
        {
            "schema": COMPARISON,
            "a": report.a,
            "b": report.b,
            **_ruling(report.ruling),
            "error": report.error,
            "model_a": _summary(report.model_a),
            "model_b": _summary(report.model_b),
            "cost": _sorted({**(report.ruling.cost if report.ruling else {}), **report.cost}),
            "command": report.command,
            "stemma": report.stemma,
        }
    )


def inspection_document(report: InspectionReport) -> Document:
    """What a model is made of."""
    return as_document(
        {
            "schema": INSPECTION,
            "reference": report.reference,
            "error": report.error,
            "model": _summary(report.summary),
            "files": [_file(f) for f in report.files],
            "dtypes": [vars(d) for d in report.dtypes],
            "roles": [vars(r) for r in report.roles],
            "exempt": [vars(e) for e in report.exempt],
            "facts": _sorted(report.facts),
            "tokenizer": report.tokenizer,
            "declared": _sorted(report.declared),
            "cost": _sorted(report.cost),
            "stemma": report.stemma,
        }
    )


def fingerprint_document(report: FingerprintReport) -> Document:
    """A fingerprint that was made, without its contents."""
    return as_document(
        {
            "schema": FINGERPRINT,
            "reference": report.reference,
            "error": report.error,
            "output": report.output,
            "digest": report.digest,
            "size": report.size,
            "fingerprint_schema": report.schema,
            "model": _summary(report.summary),
            "files": [_file(f) for f in report.files],
            "cost": _sorted(report.cost),
            "stemma": report.stemma,
        }
    )


def scan_document(report: ScanReport) -> Document:
    """A scan; candidates in order of rank, each with its ruling in short."""
    return as_document(
        {
            "schema": SCAN,
            "query": report.query,
            "catalog": report.catalog,
            "catalog_size": report.catalog_size,
            "corrected_for": report.corrected_for,
            "alpha": report.alpha,
            "error": report.error,
            "model": _summary(report.model),
            "candidates": [_candidate(c) for c in report.candidates],
            "merge": _merge(report.merge),
            "not_examined": report.not_examined,
            "cost": _sorted(report.cost),
            "stemma": report.stemma,
        }
    )


def catalog_document(listing: CatalogListing) -> Document:
    """The fingerprints of a catalog."""
    return as_document(
        {
            "schema": CATALOG,
            "catalog": listing.catalog,
            "entries": [_entry(e) for e in listing.entries],
            "problems": listing.problems,
            "stemma": listing.stemma,
        }
    )


def _ruling(ruling: Ruling | None) -> dict[str, Any]:
    short = _ruling_in_short(ruling)
    if ruling is None:
        return short | dict.fromkeys(_LONG, None) | {"reasons": (), "not_examined": (), "evidence": (), "layer_map": ()}
    return short | {
        "reasons": ruling.reasons,
        "not_examined": ruling.not_examined,
        "evidence": [evidence_fields(e) for e in ruling.evidence],
        "layer_map": [{"a": pair.a, "b": pair.b} for pair in ruling.layer_map],
        "alpha": ruling.alpha,
        "tests_planned": ruling.tests_planned,
        "constitution": ruling.constitution,
        "looked_everywhere": ruling.looked_everywhere,
    }


_SHORT = ("label", "established", "status", "kinship", "direction", "mechanism", "confidence", "exclusion")
_LONG = (
    "reasons",
    "not_examined",
    "evidence",
    "layer_map",
    "alpha",
    "tests_planned",
    "constitution",
    "looked_everywhere",
)


def _ruling_in_short(ruling: Ruling | None) -> dict[str, Any]:
    return {name: getattr(ruling, name, None) for name in _SHORT}


def evidence_fields(evidence: Evidence) -> dict[str, Any]:
    """One test as it stands in a comparison."""
    return {
        **_evidence_in_short(evidence),
        "null": evidence.null,
        "method": evidence.method,
        "sample": evidence.sample,
        "background": _background(evidence.background),
        "per_site": [
            {"a": c.a, "b": c.b, "statistic": c.statistic, "log10_p": c.log10_p, "effect": c.effect}
            for c in evidence.per_site
        ],
        "facts": _sorted(evidence.facts),
    }


def _evidence_in_short(evidence: Evidence) -> dict[str, Any]:
    return {name: getattr(evidence, name) for name in ("test", "site", "statistic", "log10_p", "effect")}


def _background(background: Background | None) -> dict[str, Any] | None:
    return None if background is None else dict(vars(background))


def _candidate(candidate: ScanCandidate) -> dict[str, Any]:
    ruling = candidate.ruling
    return {
        "rank": candidate.rank,
        "name": candidate.name,
        "score": candidate.score,
        **_ruling_in_short(ruling),
        "corrected_log10_p": candidate.corrected_log10_p,
        "reasons": ruling.reasons if ruling else (),
        "evidence": [_evidence_in_short(e) for e in ruling.evidence] if ruling else (),
    }


def _merge(merge: Merge | Missing | None) -> Any:
    if merge is None or isinstance(merge, Missing):
        return merge
    from stemma.publish.merge_config import merge_configuration  # noqa: PLC0415 seldom needed, and it brings YAML

    return {
        **merge_fields(merge),
        "evidence": evidence_fields(merge.evidence),
        "configuration": merge_configuration(merge),
    }


def merge_fields(merge: Merge) -> dict[str, Any]:
    """A merge without its evidence."""
    return {
        "kind": merge.kind,
        "base": merge.base,
        "parents": [vars(p) for p in merge.parents],
        "layers": [vars(layer) for layer in merge.layers],
        "gain": merge.gain,
        "left": merge.left,
        "trained_on": merge.trained_on,
        "collinear": merge.collinear,
        "warnings": merge.warnings,
    }


def _summary(summary: ModelSummary | None) -> dict[str, Any] | None:
    if summary is None:
        return None
    return vars(summary) | {"roles": _sorted(summary.roles), "missing": _sorted(summary.missing)}


def _file(entry: FileEntry) -> dict[str, Any]:
    return dict(vars(entry))


def _entry(entry: CatalogEntry) -> dict[str, Any]:
    return dict(vars(entry))


def _sorted(mapping: Mapping[str, Any]) -> dict[str, Any]:
    return {key: mapping[key] for key in sorted(mapping)}
