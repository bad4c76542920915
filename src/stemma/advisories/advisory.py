"""The values that an advisory is made of."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import field
from functools import cached_property
from typing import Any

from stemma.advisories.risks import RiskKind, Severity
from stemma.identity import Digest, Version
from stemma.immutable import immutable


@immutable
class Span:
    """A stretch of versions: from ``introduced`` (None: from the first) to ``end`` (None: open).

    The end itself belongs to it where ``inclusive`` is set (OSV ``last_affected``), and not where it is the version
    that fixed things. Order is that of Semantic Versioning; a pre-release of the fixed version comes before the fix.
    """

    introduced: Version | None = None
    end: Version | None = None
    inclusive: bool = False

    def __contains__(self, version: Version) -> bool:
        if self.introduced is not None and version.compare(self.introduced) < 0:
            return False
        if self.end is None:
            return True
        order = version.compare(self.end)
        return order < 0 or (order == 0 and self.inclusive)

    def __str__(self) -> str:
        low = f">={self.introduced}" if self.introduced is not None else ""
        high = f"{'<=' if self.inclusive else '<'}{self.end}" if self.end is not None else ""
        return " ".join(part for part in (low, high) if part) or "*"


@immutable
class Commits:
    """Commits of a repository, as an OSV range of type GIT names them; which lie between only the repository knows."""

    repository: str
    introduced: tuple[str, ...]
    fixed: tuple[str, ...] = ()
    last_affected: tuple[str, ...] = ()
    limit: tuple[str, ...] = ()


@immutable
class Affected:
    """One thing that an advisory is about.

    ``record`` is the name of a record, or empty. With neither ``spans`` nor ``versions`` every version is affected.
    ``digests`` are of files or weights; ``repositories`` are ``huggingface:org/name`` and the like; ``package`` is what
    another ecosystem calls it.
    """

    record: str = ""
    spans: tuple[Span, ...] = ()
    versions: frozenset[Version] = frozenset()
    digests: tuple[Digest, ...] = ()
    commits: tuple[Commits, ...] = ()
    repositories: tuple[str, ...] = ()
    purl: str = ""
    package: tuple[str, str] = ("", "")

    @property
    def by_commit(self) -> bool:
        """Whether it tells versions of the record by commits alone."""
        return bool(self.commits) and not self.spans and not self.versions

    def covers(self, version: Version) -> bool:
        """Whether a version of the record is affected, as far as versions tell."""
        if not self.spans and not self.versions:
            return True
        named = any(version.compare(each) == 0 for each in self.versions)
        return named or any(version in span for span in self.spans)

    @property
    def range(self) -> str:
        """The versions in words."""
        parts = [*(str(span) for span in self.spans), *(str(version) for version in sorted(self.versions))]
        return " or ".join(parts) or "*"


@immutable
class Reference:
    """A link, with its kind in the words of OSV."""

    type: str
    url: str


@immutable
class Advisory:
    """A warning about models or data. ``data`` is the whole document as plain JSON; it is not to be changed.

    Times are UTC, as OSV writes them. ``atlas`` are techniques of MITRE ATLAS, ``avid`` ids of the AI Vulnerability
    Database; both are carried, not read.
    """

    id: str
    modified: str
    summary: str
    risks: tuple[RiskKind, ...]
    severity: Severity
    affected: tuple[Affected, ...]
    data: Mapping[str, Any]
    published: str = ""
    withdrawn: str = ""
    details: str = ""
    aliases: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    upstream: tuple[str, ...] = ()
    references: tuple[Reference, ...] = ()
    scores: tuple[tuple[str, str], ...] = ()
    atlas: tuple[str, ...] = ()
    avid: tuple[str, ...] = ()
    file: str = field(default="", compare=False)

    @property
    def is_withdrawn(self) -> bool:
        """True once it was taken back."""
        return bool(self.withdrawn)

    @cached_property
    def records(self) -> tuple[str, ...]:
        """Names of the records that it is about, sorted."""
        return tuple(sorted({each.record for each in self.affected if each.record}))

    @cached_property
    def digests(self) -> tuple[str, ...]:
        """Digests that it is about, as ``algorithm:hex``, sorted."""
        return tuple(sorted({str(digest) for each in self.affected for digest in each.digests}))

    @cached_property
    def repositories(self) -> tuple[str, ...]:
        """Repositories that it is about, such as ``huggingface:org/name``, sorted."""
        return tuple(sorted({name for each in self.affected for name in each.repositories}))

    def covers(self, record: str, version: Version) -> bool | None:
        """Whether a version of a record is affected; None where the advisory says nothing of that record."""
        told = [each.covers(version) for each in self.affected if each.record == record]
        return any(told) if told else None

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the canonical JSON of the whole document."""
        text = json.dumps(self.data, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
        return hashlib.sha256(text.encode("utf-8")).hexdigest()
