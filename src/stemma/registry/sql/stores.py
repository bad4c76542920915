"""Rulings, fingerprint digests and advisories in rows."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from sqlalchemy import Column, Select, Table, delete, func, insert, select, tuple_

from stemma.registry.audit import digest_of
from stemma.registry.edges import FingerprintDigest, MeasuredEdge
from stemma.registry.forms import line_of, value_of
from stemma.registry.notices import StoredAdvisory, instant
from stemma.registry.sql.audit import SqlAudit
from stemma.registry.sql.batches import PAGE, given, insert_new, words
from stemma.registry.sql.database import Database
from stemma.registry.sql.schema import advisories, advisory_subjects, fingerprints, rulings
from stemma.registry.table_stores import refuse_other


class SqlStore:
    """What stores in rows have in common."""

    def __init__(self, database: Database, audit: SqlAudit) -> None:
        self._database, self._audit = database, audit

    def _pages(self, query: Select[tuple[str]], table: Table, key: Column[str], after: str = "") -> Iterator[str]:
        """Lines in order of the key, a page at a time, so that no statement stays open meanwhile."""
        while True:
            page_query = query.add_columns(key).where(key > after).order_by(key).limit(PAGE)
            with self._database.reading() as connection:
                page = connection.execute(page_query).all()
            for line, _ in page:
                yield line
            if len(page) < PAGE:
                return
            after = page[-1][1]


class SqlRulings(SqlStore):
    """Implements :class:`stemma.registry.RulingStore`."""

    def put(self, edge: MeasuredEdge) -> bool:
        """Keep a ruling; False where the very same one is there."""
        with self._database.writing() as connection:
            if connection.scalar(select(rulings.c.id).where(rulings.c.id == edge.id)) is not None:
                return False
            connection.execute(insert(rulings).values(id=edge.id, a=edge.a, b=edge.b, line=line_of(edge)))
            self._audit.append("ruling.put", f"{edge.a} {edge.b}", f"sha256:{edge.id}")
        return True

    def all(self) -> Iterator[MeasuredEdge]:
        """Every ruling, by identity."""
        for line in self._pages(select(rulings.c.line), rulings, rulings.c.id):
            yield value_of(MeasuredEdge, line, "rulings")


class SqlFingerprints(SqlStore):
    """Implements :class:`stemma.registry.FingerprintStore`."""

    def put(self, found: FingerprintDigest) -> None:
        """Keep a digest, beside those that the subject had before."""
        with self._database.writing() as connection:
            if found not in self.of(found.subject):
                insert_new(connection, fingerprints, [(found.subject, found.date, found.digest, found.schema)])
                self._audit.append("fingerprint.put", found.subject, found.digest)

    def of(self, subject: str) -> Sequence[FingerprintDigest]:
        """The digests of a subject, oldest first."""
        return self._found(_fingerprints().where(fingerprints.c.subject == subject))

    def with_digest(self, digest: str) -> Sequence[FingerprintDigest]:
        """The subjects that have this very fingerprint, by subject."""
        return self._found(_fingerprints().where(fingerprints.c.digest == digest))

    def all(self) -> Iterator[FingerprintDigest]:
        """Every digest, by subject and date."""
        key = tuple_(*fingerprints.primary_key.columns)
        last: tuple[str, ...] = ("", "", "", "")
        while page := self._found(_fingerprints().where(key > last).limit(PAGE)):
            yield from page
            end = page[-1]
            last = (end.subject, end.date, end.digest, end.schema)

    def _found(self, query: Select[Any]) -> Sequence[FingerprintDigest]:
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
            return [FingerprintDigest(subject, digest, schema, date) for subject, digest, schema, date in rows]


def _fingerprints() -> Select[Any]:
    columns = fingerprints.c
    query = select(columns.subject, columns.digest, columns.schema, columns.date)
    return query.order_by(*fingerprints.primary_key.columns)


class SqlAdvisories(SqlStore):
    """Implements :class:`stemma.registry.AdvisoryStore`."""

    def put(self, advisory: StoredAdvisory) -> bool:
        """Keep a version; True where it is now the newest of its advisory."""
        when = instant(advisory.modified)
        with self._database.writing() as connection:
            newest_before = connection.scalar(
                select(func.max(advisories.c.instant)).where(advisories.c.id == advisory.id)
            )
            there = connection.scalar(
                select(advisories.c.line).where(advisories.c.id == advisory.id, advisories.c.instant == when)
            )
            if there is not None:
                refuse_other(value_of(StoredAdvisory, there, advisory.id), advisory)
                return False
            connection.execute(insert(advisories).values(id=advisory.id, instant=when, line=line_of(advisory)))
            newest = newest_before is None or when > newest_before
            if newest:
                connection.execute(delete(advisory_subjects).where(advisory_subjects.c.advisory == advisory.id))
                subjects = sorted({*advisory.names, *advisory.subjects})
                insert_new(connection, advisory_subjects, [(each, advisory.id) for each in subjects])
            self._audit.append("advisory.put", advisory.id, digest_of(advisory.text))
        return newest

    def ids(self) -> Sequence[str]:
        """Every identity, sorted."""
        with self._database.reading() as connection:
            return connection.scalars(select(advisories.c.id).distinct().order_by(advisories.c.id)).all()

    def get(self, id: str) -> StoredAdvisory:  # noqa: A002
        """The newest version; raises KeyError where there is none."""
        versions = self.history(id)
        if not versions:
            raise KeyError(id)
        return versions[-1]

    def history(self, id: str) -> Sequence[StoredAdvisory]:  # noqa: A002
        """All versions, oldest first."""
        query = select(advisories.c.line).where(advisories.c.id == id).order_by(advisories.c.instant)
        with self._database.reading() as connection:
            return [value_of(StoredAdvisory, line, id) for line in connection.scalars(query)]

    def naming(self, subjects: Collection[str]) -> Sequence[StoredAdvisory]:
        """Newest versions that name one of these records or other subjects, by identity."""
        if not subjects:
            return []
        asked = words(self._database.dialect)
        match = advisory_subjects.c.subject == asked.c.value
        query = select(advisory_subjects.c.advisory).select_from(asked.join(advisory_subjects, match)).distinct()
        with self._database.reading() as connection:
            found = connection.scalars(query, given(set(subjects))).all()
        return [self.get(each) for each in sorted(found)]

    def all(self) -> Iterator[StoredAdvisory]:
        """Every version of every advisory, by identity and time."""
        for each in self.ids():
            yield from self.history(each)
