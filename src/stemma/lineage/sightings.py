"""What changed about a repository on a hub between two sightings, and the advisory that warns of it.

| kind | what it means |
|---|---|
| deleted | it is not shown any more; its name is free for somebody else |
| moved | the hub sends on to another name; the old one may become free |
| re-registered | it is another repository under the same name |
| weights changed | the same revision name holds other weights |
| claim changed | the card names other parents, data or another licence |

The id of an advisory follows from the finding, so that the same finding told twice is one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from stemma.advisories import Advisory, RiskKind, Severity, affected_record, affected_repository, new_advisory
from stemma.immutable import immutable
from stemma.lineage.keys import name_of, version_text
from stemma.registry.notices import Sighting


class HubChange(StrEnum):
    """What happened to a repository."""

    DELETED = "deleted"
    MOVED = "moved"
    RE_REGISTERED = "re-registered"
    WEIGHTS = "weights changed"
    CLAIM = "claim changed"


@immutable
class HubFinding:
    """One change. ``before`` and ``after`` are what was seen, in words."""

    kind: HubChange
    repository: str
    revision: str
    before: str
    after: str
    at: str
    commit: str = ""

    @property
    def id(self) -> str:
        """The id of its advisory: of what was found and when, so that what happens again is told again."""
        content = "\0".join((self.kind, self.repository, self.revision, self.before, self.after, self.at))
        return f"x_STEMMA-HUB-{hashlib.sha256(content.encode()).hexdigest()[:20]}"

    @property
    def sentence(self) -> str:
        """The finding in a sentence."""
        return _SENTENCES[self.kind].format(self=self)


def seen(before: Sighting | None, now: Sighting) -> Sighting:
    """What to remember: of a repository that is gone also how it was last seen."""
    return replace(before, at=now.at, gone=True) if now.gone and before is not None else now


def changes(before: Sighting | None, now: Sighting) -> Iterator[HubFinding]:
    """What changed since ``before``, which is as :func:`seen` gave it; nothing where it is seen for the first time."""
    if before is None:
        return
    if now.gone:
        if not before.gone:
            yield _finding(HubChange.DELETED, before, now, before.identity or before.commit, "gone", before.commit)
        return
    if before.identity and now.identity and before.identity != now.identity:
        yield _finding(HubChange.RE_REGISTERED, before, now, before.identity, now.identity, now.commit)
        return
    if before.name and now.name.casefold() != before.name.casefold():
        yield _finding(HubChange.MOVED, before, now, before.name, now.name, now.commit)
    if before.weights and now.weights != before.weights:
        old, new = f"{before.weights} at {before.commit}", f"{now.weights} at {now.commit}"
        yield _finding(HubChange.WEIGHTS, before, now, old, new, now.commit)
    if before.commit and now.claims != before.claims:
        gone = sorted(set(before.claims) - set(now.claims))
        new_claims = sorted(set(now.claims) - set(before.claims))
        yield _finding(HubChange.CLAIM, before, now, "; ".join(gone) or "nothing", "; ".join(new_claims) or "nothing")


def concerned(finding: HubFinding, marks: Mapping[str, Collection[str]]) -> list[str]:
    """Of records that name the repository (by key, with their marks) those that a finding is about.

    What changed under a name of a revision does not touch a record that names a commit.
    """
    if finding.kind not in (HubChange.WEIGHTS, HubChange.CLAIM):
        return sorted(marks)
    pinned = f"{finding.repository}@"
    return sorted(
        key
        for key, found in marks.items()
        if not any(mark.startswith(pinned) and mark != f"{pinned}{finding.revision}" for mark in found)
    )


def advisory_for(finding: HubFinding, keys: Collection[str], *, watched: bool = False) -> Advisory | None:
    """The advisory on the records concerned; None where there is nothing that it could be about.

    Where somebody watches the repository itself, what is at its revision is concerned as well.
    """
    affected: list[dict[str, Any]] = []
    versions: dict[str, list[str]] = {}
    for key in sorted(keys):
        versions.setdefault(name_of(key), []).append(version_text(key))
    affected += [affected_record(name, versions=found) for name, found in versions.items()]
    hub, _, name = finding.repository.partition(":")
    if hub == "huggingface" and finding.kind not in (HubChange.WEIGHTS, HubChange.CLAIM):
        affected.append(affected_repository(f"https://huggingface.co/{name}"))
    elif watched:
        at_revision = f"{finding.repository}@{finding.revision}"
        affected.append({"database_specific": {"stemma": {"repositories": [at_revision]}}})
    if not affected:
        return None
    return new_advisory(
        finding.id,
        datetime.fromisoformat(finding.at),
        summary=finding.sentence[:300],
        risks=_risks(finding),
        affected=affected,
        severity=_SEVERITY[finding.kind],
        references=[f"https://huggingface.co/{name}"] if hub == "huggingface" else (),
    )


def _risks(finding: HubFinding) -> list[RiskKind]:
    if finding.kind is HubChange.CLAIM:
        licence = "license" in f"{finding.before} {finding.after}"
        return [RiskKind.LICENCE] if licence else [RiskKind.UNSPECIFIED]
    doubtful = finding.kind in (HubChange.RE_REGISTERED, HubChange.WEIGHTS)
    return [RiskKind.TAMPERING] if doubtful else [RiskKind.UNSPECIFIED]


def _finding(kind: HubChange, before: Sighting, now: Sighting, old: str, new: str, commit: str = "") -> HubFinding:
    return HubFinding(kind, before.repository, before.revision, old, new, now.at, commit)


_SEVERITY = {
    HubChange.DELETED: Severity.LOW,
    HubChange.MOVED: Severity.LOW,
    HubChange.RE_REGISTERED: Severity.HIGH,
    HubChange.WEIGHTS: Severity.MODERATE,
    HubChange.CLAIM: Severity.LOW,
}
_SENTENCES = {
    HubChange.DELETED: "{self.repository} is not shown any more; its name may be taken by somebody else.",
    HubChange.MOVED: "{self.repository} was {self.before} and is now {self.after}; the old name may become free.",
    HubChange.RE_REGISTERED: "{self.repository} is another repository than before, under the same name.",
    HubChange.WEIGHTS: "{self.repository} holds other weights at {self.revision}, since commit {self.commit}.",
    HubChange.CLAIM: "The card of {self.repository} says {self.after}; it said {self.before}.",
}
