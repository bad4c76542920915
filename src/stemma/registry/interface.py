"""What every registry can do, whatever lies beneath it: small stores, one beside the other, and transactions.

Published content does not change and what was said stays said: records and rulings are added, advisories keep all their
versions, the audit log only grows. What a call outside of a transaction did is durable when it returns; within
``with registry.transaction():`` everything is, or nothing, when the block ends.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Protocol

from stemma.identity import Version
from stemma.records import Record, RecordSource
from stemma.registry.edges import DeclaredEdge, Facts, FingerprintDigest, Held, MeasuredEdge
from stemma.registry.interface_notices import AlertStore, Outbox, SightingStore, SubscriptionStore
from stemma.registry.notices import AuditEntry, StoredAdvisory
from stemma.vocabulary.relations import Side

if TYPE_CHECKING:
    from stemma.registry.search import FoundPage, Query


class RecordStore(RecordSource, Protocol):
    """Records with their text as written, comments and order of keys kept.

    Published content does not change: ``put`` refuses other content under a name and version that is there, unless it
    is told to replace it. Writing is atomic: a record is there whole, or not at all.
    """

    def names(self) -> Sequence[str]:
        """Every name, sorted."""
        ...

    def text(self, name: str, version: Version) -> str:
        """A record as it was written; raises KeyError where there is none."""
        ...

    def texts(self) -> Iterator[tuple[str, Version, str]]:
        """Name, version and text of every record, by name, then version as text."""
        ...

    def put(self, text: str, *, replace: bool = False) -> Record:
        """Add a record, or do nothing where the very same text is there.

        Raises:
            InvalidRecord: the text is no record.
            InputError: other content is there under that name and version.
        """
        ...

    def remove(self, name: str, version: Version) -> None:
        """Take a record out; raises KeyError where there is none."""
        ...


class GraphSource(Protocol):
    """All that a walk over the graph needs, in batches: one call a level, however many nodes the level has.

    What comes back is in a fixed order: by name, then version as text, then place in the record; rulings by identity.
    """

    def declared(self, names: Collection[str], side: Side, limit: int | None = None) -> Iterable[DeclaredEdge]:
        """The declared edges whose upstream (or downstream) end bears one of these names.

        With a ``limit`` at most so many, and little more is read: see :mod:`stemma.registry.first`.
        """
        ...

    def measured(self, subjects: Collection[str], limit: int | None = None) -> Iterable[MeasuredEdge]:
        """The rulings that one of these subjects has a part in; ``limit`` as above."""
        ...

    def versions_of(self, names: Collection[str]) -> Mapping[str, Sequence[Held]]:
        """The versions of these names, ascending; names without any are left out."""
        ...

    def facts(self, keys: Collection[str]) -> Mapping[str, Facts]:
        """What these records (``name@version``) write of themselves; those that are not there are left out."""
        ...


class IdentitySource(Protocol):
    """By what records say that their weights and data are recognised: see :mod:`stemma.registry.marks`."""

    def marks(self, keys: Collection[str]) -> Mapping[str, frozenset[str]]:
        """The marks of records by key; a record without any has an empty set, an unknown one is left out."""
        ...

    def bearers(self, marks: Collection[str]) -> Mapping[str, Sequence[str]]:
        """Keys of the records that bear each of these marks, sorted; marks that none bears are left out."""
        ...


class SearchSource(Protocol):
    """Records found by words: see :mod:`stemma.registry.search`."""

    def find(self, query: Query, *, offset: int = 0, limit: int = 20) -> FoundPage:
        """The newest usable versions that fit a query; those whose name fits come first, then by name."""
        ...

    def keys(self, query: Query) -> Sequence[str]:
        """Every version that fits a query, as ``name@version``, sorted."""
        ...

    def made_of(self, name: str, limit: int) -> tuple[Sequence[DeclaredEdge], int]:
        """The first of the declared edges whose upstream end bears a name, and how many there are."""
        ...


class RulingStore(Protocol):
    """Rulings over weights."""

    def put(self, edge: MeasuredEdge) -> bool:
        """Keep a ruling; False where the very same one is there."""
        ...

    def all(self) -> Iterator[MeasuredEdge]:
        """Every ruling, by identity."""
        ...


class FingerprintStore(Protocol):
    """Digests of fingerprints: which weights a subject had, and when."""

    def put(self, found: FingerprintDigest) -> None:
        """Keep a digest, beside those that the subject had before."""
        ...

    def of(self, subject: str) -> Sequence[FingerprintDigest]:
        """The digests of a subject, oldest first."""
        ...

    def with_digest(self, digest: str) -> Sequence[FingerprintDigest]:
        """The subjects that have this very fingerprint, by subject."""
        ...

    def all(self) -> Iterator[FingerprintDigest]:
        """Every digest, by subject and date."""
        ...


class AdvisoryStore(Protocol):
    """Advisories in all their versions."""

    def put(self, advisory: StoredAdvisory) -> bool:
        """Keep a version; True where it is now the newest of its advisory, False where it is known or older.

        Raises:
            InputError: other content is there under that identity and time.
        """
        ...

    def ids(self) -> Sequence[str]:
        """Every identity, sorted."""
        ...

    def get(self, id: str) -> StoredAdvisory:  # noqa: A002 the word of the advisory language
        """The newest version; raises KeyError where there is none."""
        ...

    def history(self, id: str) -> Sequence[StoredAdvisory]:  # noqa: A002
        """All versions, oldest first; empty where there is none."""
        ...

    def naming(self, subjects: Collection[str]) -> Sequence[StoredAdvisory]:
        """Newest versions that name one of these records or other subjects, by identity."""
        ...

    def all(self) -> Iterator[StoredAdvisory]:
        """Every version of every advisory, by identity and time."""
        ...


class AuditLog(Protocol):
    """What was done, in order; each entry holds the hash of the one before it. Stores write to it by themselves."""

    def append(self, action: str, subject: str, digest: str = "") -> AuditEntry:
        """Add an entry; time and actor are the registry's."""
        ...

    def entries(self, after: int = 0) -> Iterator[AuditEntry]:
        """Entries with a higher number than ``after``, in order; the first has number 1."""
        ...

    def restoring(self, entries: Iterable[AuditEntry]) -> AbstractContextManager[None]:
        """Take over the log of another registry; its content is put in within the block, where nothing else is logged.

        Raises:
            InputError: this log is not empty, or that one is not sound; nothing is taken over then.
        """
        ...


class Registry(Protocol):
    """Everything that is remembered of models: the stores, and transactions over all of them."""

    @property
    def records(self) -> RecordStore: ...
    @property
    def graph(self) -> GraphSource: ...
    @property
    def identities(self) -> IdentitySource: ...
    @property
    def search(self) -> SearchSource: ...
    @property
    def rulings(self) -> RulingStore: ...
    @property
    def fingerprints(self) -> FingerprintStore: ...
    @property
    def advisories(self) -> AdvisoryStore: ...
    @property
    def alerts(self) -> AlertStore: ...
    @property
    def subscriptions(self) -> SubscriptionStore: ...
    @property
    def outbox(self) -> Outbox: ...
    @property
    def sightings(self) -> SightingStore: ...
    @property
    def audit(self) -> AuditLog: ...

    def transaction(self) -> AbstractContextManager[None]:
        """All that is written in the block becomes durable together when it ends, or, if it raises, nothing of it.

        A block within another is part of it. Writers wait for one another; readers see no half.
        """
        ...

    def steady(self) -> AbstractContextManager[None]:
        """For many questions one after the other; nothing is written in the block."""
        ...

    def counts(self) -> Mapping[str, int]:
        """How much there is of everything, by name of table."""
        ...

    def close(self) -> None:
        """Let go of files and connections."""
        ...
