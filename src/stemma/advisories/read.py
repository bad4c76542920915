"""JSON in, an advisory out; or every problem at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from stemma.advisories.advisory import Advisory, Reference
from stemma.advisories.affected import read_affected
from stemma.advisories.cvss import level_of
from stemma.advisories.fields import MAX_TEXT, Fields, report
from stemma.advisories.identifiers import atlas_problem, avid_problem, id_problem
from stemma.advisories.json_tree import Findings, Node, read_json, tree_of
from stemma.advisories.risks import RiskKind, Severity
from stemma.errors import InvalidAdvisory, Problem
from stemma.vocabulary import Term

T = TypeVar("T", bound=Term)

KEYS = (
    "schema_version", "id", "modified", "published", "withdrawn", "aliases", "related", "upstream", "summary",
    "details", "severity", "affected", "references", "credits", "database_specific",
)  # fmt: skip
OWN = "stemma"
OWN_KEYS = ("risks", "severity", "atlas", "avid")
REFERENCE_TYPES = (
    "ADVISORY", "ARTICLE", "DETECTION", "DISCUSSION", "REPORT", "FIX", "INTRODUCED", "GIT", "PACKAGE", "EVIDENCE",
    "WEB",
)  # fmt: skip
SCORE_TYPES = ("CVSS_V2", "CVSS_V3", "CVSS_V4", "Ubuntu")
_WORDS = {"MEDIUM": "moderate"}


def parse_advisory(text: str | bytes, file: str = "<advisory>") -> Advisory:
    """Read an advisory from JSON.

    Raises:
        InvalidAdvisory: with every problem found, each with line and column.
    """
    advisory, problems = check_advisory(text, file)
    if advisory is None or problems:
        raise InvalidAdvisory(problems)
    return advisory


def check_advisory(text: str | bytes, file: str = "<advisory>") -> tuple[Advisory | None, tuple[Problem, ...]]:
    """The advisory, where nothing is wrong, and the problems, in order of place."""
    findings = Findings(file)
    root = read_json(text, findings)
    return (None, findings.sorted()) if root is None else _advisory(root, findings)


def advisory_from_data(data: Mapping[str, Any], file: str = "<advisory>") -> Advisory:
    """An advisory out of plain data, under the same rules; raises InvalidAdvisory."""
    findings = Findings(file)
    advisory, problems = _advisory(tree_of(dict(data)), findings)
    if advisory is None or problems:
        raise InvalidAdvisory(problems)
    return advisory


def _advisory(root: Node, findings: Findings) -> tuple[Advisory | None, tuple[Problem, ...]]:
    fields = Fields(root, findings)
    fields.known(KEYS, strict=True)
    own = fields.object("database_specific").object(OWN)
    own.known(OWN_KEYS, strict=True)
    scores = _scores(fields)
    advisory = Advisory(
        id=_id(fields),
        modified=fields.time("modified", required=True),
        published=fields.time("published"),
        withdrawn=fields.time("withdrawn"),
        summary=fields.text("summary"),
        details=fields.text("details", most=MAX_TEXT),
        aliases=fields.texts("aliases"),
        related=fields.texts("related"),
        upstream=fields.texts("upstream"),
        references=_references(fields),
        risks=_risks(own),
        severity=_severity(fields, own, scores),
        scores=scores,
        affected=tuple(read_affected(each) for each in fields.objects("affected")),
        atlas=own.texts("atlas", atlas_problem),
        avid=own.texts("avid", avid_problem),
        data=root.plain() if isinstance(root.value, dict) else {},
        file=findings.file,
    )
    problems = findings.sorted()
    return (None if problems else advisory), problems


def _id(fields: Fields) -> str:
    value = fields.text("id", required=True, most=128)
    expected = id_problem(value) if value else None
    if expected is not None:
        report(fields, "id", expected, "id")
    return value


def _risks(own: Fields) -> tuple[RiskKind, ...]:
    known = {kind.value: kind for kind in RiskKind}
    expected = f"one of {', '.join(known)}"
    found = own.texts("risks", lambda text: None if text in known else expected)
    return tuple(dict.fromkeys(known[text] for text in found)) or (RiskKind.UNSPECIFIED,)


def _scores(fields: Fields) -> tuple[tuple[str, str], ...]:
    found = []
    for each in fields.objects("severity"):
        each.known(("type", "score", "source"), strict=False)
        kind, score = each.text("type", required=True), each.text("score", required=True)
        if kind and kind not in SCORE_TYPES:
            report(each, "type", f"one of {', '.join(SCORE_TYPES)}")
        elif score and kind == "CVSS_V3" and level_of(score) is None:
            report(each, "score", "a vector such as CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H")
        else:
            found.append((kind, score))
    return tuple(found)


def _severity(fields: Fields, own: Fields, scores: tuple[tuple[str, str], ...]) -> Severity:
    """What the advisory says; else what its database says in words; else what the CVSS 3 score amounts to."""
    known = {each.value: each for each in Severity}
    said = own.text("severity")
    if said and said not in known:
        report(own, "severity", f"one of {', '.join(known)}")
    if said in known:
        return known[said]
    database = fields.object("database_specific").entries.get("severity")
    if database is not None and isinstance(database.value, str):
        word = _WORDS.get(database.value.upper(), database.value.lower())
        if word in known:
            return known[word]
    levels = [level for kind, score in scores if kind == "CVSS_V3" and (level := level_of(score)) is not None]
    return max(levels, key=lambda level: level.rank, default=Severity.UNKNOWN)


def _references(fields: Fields) -> tuple[Reference, ...]:
    found = []
    for each in fields.objects("references"):
        each.known(("type", "url"), strict=False)
        kind, url = each.text("type", required=True), each.text("url", required=True)
        if kind and kind not in REFERENCE_TYPES:
            report(each, "type", f"one of {', '.join(REFERENCE_TYPES)}")
        elif kind and url and "://" not in url:
            report(each, "url", "an address such as https://example.org/report")
        elif kind and url:
            found.append(Reference(kind, url))
    return tuple(found)
