"""Make, lay out and change advisories. Times are handed in."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from stemma.advisories.advisory import Advisory
from stemma.advisories.read import KEYS, OWN, advisory_from_data
from stemma.advisories.risks import RiskKind, Severity
from stemma.errors import InputError

SCHEMA_VERSION = "1.7.5"


def moment(when: datetime) -> str:
    """A time as OSV writes it: UTC, in whole seconds."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def advisory_text(advisory: Advisory) -> str:
    """The document as JSON, its top fields in the order of the OSV schema."""
    known = [key for key in KEYS if key in advisory.data]
    return json.dumps({key: advisory.data[key] for key in known}, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def new_advisory(
    identifier: str,
    when: datetime,
    *,
    summary: str,
    details: str = "",
    risks: Sequence[RiskKind],
    affected: Sequence[Mapping[str, Any]],
    severity: Severity = Severity.UNKNOWN,
    references: Sequence[str] = (),
    atlas: Sequence[str] = (),
    avid: Sequence[str] = (),
) -> Advisory:
    """A new advisory under the rules of the language; ``affected`` come from :func:`affected_record` and its like.

    Raises:
        InvalidAdvisory: something that was given breaks the rules.
    """
    own: dict[str, Any] = {"risks": [risk.value for risk in risks]}
    own |= {"severity": severity.value} if severity is not Severity.UNKNOWN else {}
    own |= {key: list(ids) for key, ids in (("atlas", atlas), ("avid", avid)) if ids}
    return advisory_from_data(
        {
            "schema_version": SCHEMA_VERSION,
            "id": identifier,
            "modified": moment(when),
            "published": moment(when),
            "summary": summary,
            **({"details": details} if details else {}),
            "affected": [dict(each) for each in affected],
            **({"references": [{"type": "WEB", "url": url} for url in references]} if references else {}),
            "database_specific": {OWN: own},
        }
    )


def affected_record(
    name: str, *, introduced: str = "0", fixed: str = "", versions: Sequence[str] = ()
) -> dict[str, Any]:
    """An entry of ``affected`` for a record: the versions listed, or all from ``introduced`` up to ``fixed``."""
    own = {"database_specific": {OWN: {"record": name}}}
    if versions:
        return {"versions": list(versions), **own}
    events = [{"introduced": introduced}, *([{"fixed": fixed}] if fixed else [])]
    return {"ranges": [{"type": "SEMVER", "events": events}], **own}


def affected_digests(digests: Sequence[str]) -> dict[str, Any]:
    """An entry of ``affected`` for files or weights, wherever they turn up."""
    return {"database_specific": {OWN: {"digests": list(digests)}}}


def affected_repository(address: str, *, introduced: str = "0", fixed: str = "") -> dict[str, Any]:
    """An entry of ``affected`` for a repository, with the commits from and up to which it holds."""
    events = [{"introduced": introduced}, *([{"fixed": fixed}] if fixed else [])]
    return {"ranges": [{"type": "GIT", "repo": address, "events": events}]}


def withdrawn_advisory(advisory: Advisory, when: datetime) -> Advisory:
    """The advisory, taken back: at ``when``, or just after it last changed where that is later.

    Raises:
        InputError: it was taken back before.
    """
    if advisory.is_withdrawn:
        raise InputError(f"{advisory.id} was withdrawn before, at {advisory.withdrawn}.")
    at = moment(max(when.astimezone(UTC), datetime.fromisoformat(advisory.modified) + timedelta(seconds=1)))
    return advisory_from_data({**advisory.data, "withdrawn": at, "modified": at}, advisory.file)
