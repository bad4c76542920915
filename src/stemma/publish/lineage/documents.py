"""The joined graph as JSON documents; each names its schema (see ``docs/schemas``)."""

from __future__ import annotations

from typing import Any

from stemma.advisories import Advisory
from stemma.errors import Problem
from stemma.identity import Missing
from stemma.identity.version import VERSION
from stemma.lineage import Claim, Undeclared
from stemma.publish.canonical import Document, as_document
from stemma.publish.lineage.model import (
    AdvisoryImpact,
    AdvisoryListing,
    ConflictReport,
    ImpactReport,
    LineageReport,
    ReachedBy,
    VerifyReport,
)
from stemma.registry.edges import MeasuredEdge
from stemma.registry.notices import Step

VERIFICATION = "stemma.verification/1"
IMPACT = "stemma.impact/1"
LINEAGE = "stemma.lineage/1"
CONFLICTS = "stemma.conflicts/1"
ADVISORIES = "stemma.advisories/1"
ADVISORY_PROBLEMS = "stemma.advisory-problems/1"


def verification_document(report: VerifyReport) -> Document:
    """What weights say of the claims of a record."""
    found = report.verification
    return as_document(
        {
            "schema": VERIFICATION,
            "asked": report.asked,
            "subject": found.subject,
            "weights": found.weights,
            "claims": [_claim(claim) for claim in found.claims],
            "undeclared": [_undeclared(each) for each in found.undeclared],
            "licences": [
                {
                    "upstream": each.upstream,
                    "stated": each.stated,
                    "declared": each.declared,
                    "agreement": each.agreement,
                    "dropped": each.dropped,
                    "path": each.path,
                }
                for each in found.licences
            ],
            "searched": found.searched,
            "kept": report.kept,
            "cost": dict(sorted(report.cost.items())),
            "stemma": report.stemma,
        }
    )


def impact_document(report: ImpactReport) -> Document:
    """Whom an advisory reaches, or which advisories reach a subject."""
    framework = report.framework
    return as_document(
        {
            "schema": IMPACT,
            "asked": report.asked,
            "subject": report.subject,
            "impacts": [_impact(impact) for impact in report.impacts],
            "relatives": report.relatives,
            "not_examined": report.not_examined,
            "alpha": report.alpha,
            "framework": None if framework is None else {"name": framework.name, "title": framework.title},
            "clauses": [
                {"clause": each.clause.clause, "how": each.clause.how, "fields": each.fields} for each in report.clauses
            ],
            "cost": dict(sorted(report.cost.items())),
            "stemma": report.stemma,
        }
    )


def lineage_document(report: LineageReport) -> Document:
    """A part of the joined graph."""
    return as_document(
        {
            "schema": LINEAGE,
            "subject": report.subject,
            "what": report.what,
            "nodes": [
                {
                    "key": node.key,
                    "type": node.type,
                    "title": node.title,
                    "depth": node.depth,
                    "path": [step_fields(step) for step in node.path],
                }
                for node in report.nodes
            ],
            "edges": [
                {
                    "upstream": edge.upstream,
                    "downstream": edge.downstream,
                    "basis": edge.basis,
                    "kind": edge.kind,
                    "asked": edge.asked,
                    "method": edge.method,
                    "component": edge.component,
                    "directed": edge.directed,
                    "note": edge.note,
                    "sources": [dict(vars(source)) for source in edge.sources],
                }
                for edge in report.edges
            ],
            "paths": [[step_fields(step) for step in path] for path in report.paths],
            "complete": report.complete,
            "stemma": report.stemma,
        }
    )


def conflicts_document(report: ConflictReport) -> Document:
    """Where sources disagree."""
    return as_document(
        {
            "schema": CONFLICTS,
            "names": report.names,
            "conflicts": [
                {"kind": each.kind, "subjects": each.subjects, "sides": each.sides} for each in report.conflicts
            ],
            "stemma": report.stemma,
        }
    )


def advisories_document(listing: AdvisoryListing) -> Document:
    """The advisories of a registry, in short."""
    return as_document(
        {
            "schema": ADVISORIES,
            "advisories": [advisory_fields(advisory) for advisory in listing.advisories],
            "stemma": listing.stemma,
        }
    )


def advisory_problems_document(files: int, ids: tuple[str, ...], problems: tuple[Problem, ...]) -> Document:
    """What a check of advisories found."""
    return as_document(
        {
            "schema": ADVISORY_PROBLEMS,
            "files": files,
            "advisories": ids,
            "problems": [dict(vars(problem)) for problem in problems],
            "stemma": VERSION,
        }
    )


def advisory_fields(advisory: Advisory) -> dict[str, Any]:
    """An advisory in short."""
    return {
        "id": advisory.id,
        "modified": advisory.modified,
        "withdrawn": advisory.withdrawn,
        "summary": advisory.summary,
        "severity": advisory.severity,
        "risks": advisory.risks,
        "records": advisory.records,
        "repositories": advisory.repositories,
        "digests": advisory.digests,
        "aliases": advisory.aliases,
        "atlas": advisory.atlas,
        "avid": advisory.avid,
        "references": [reference.url for reference in advisory.references],
    }


def step_fields(step: Step) -> dict[str, Any]:
    """One step of an explanation."""
    return {
        "upstream": step.upstream,
        "downstream": step.downstream,
        "basis": step.basis,
        "kind": step.kind,
        "grounds": step.grounds,
        "note": step.note,
    }


def _impact(impact: AdvisoryImpact) -> dict[str, Any]:
    return {
        "advisory": advisory_fields(impact.advisory),
        "reached": [_reached(each) for each in impact.reached],
        "ended": impact.ended,
    }


def _reached(reached: ReachedBy) -> dict[str, Any]:
    return {
        "subject": reached.subject,
        "certainty": reached.certainty,
        "risks": reached.risks,
        "start": reached.start,
        "path": [step_fields(step) for step in reached.path],
        "note": reached.note,
    }


def _claim(claim: Claim) -> dict[str, Any]:
    return {
        "kind": claim.kind,
        "target": claim.target,
        "parent": claim.parent,
        "grounds": claim.grounds,
        "denied": claim.denied,
        "verdict": claim.verdict,
        "reason": claim.reason,
        "differs": claim.differs,
        "line": claim.line,
        "ruling": claim.ruling if isinstance(claim.ruling, Missing) else ruling_fields(claim.ruling),
    }


def _undeclared(each: Undeclared) -> dict[str, Any]:
    return {"subject": each.subject, "ancestor": each.ancestor, "ruling": ruling_fields(each.ruling)}


def ruling_fields(edge: MeasuredEdge) -> dict[str, Any]:
    """A ruling in short, with what it rests on."""
    return {
        "a": edge.a,
        "b": edge.b,
        "label": edge.label,
        "established": edge.established,
        "status": edge.status,
        "kinship": edge.kinship,
        "direction": edge.direction,
        "mechanism": edge.mechanism,
        "confidence": edge.confidence,
        "exclusion": edge.exclusion,
        "reasons": edge.reasons,
        "not_examined": edge.not_examined,
        "looked_everywhere": edge.looked_everywhere,
        "component": edge.component,
        "basis": edge.basis,
        "fingerprint_a": edge.fingerprint_a,
        "fingerprint_b": edge.fingerprint_b,
        "alpha": edge.alpha,
        "date": edge.date,
    }
