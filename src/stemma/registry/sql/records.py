"""Records in rows: the text as written, and beside it the edges and facts that are looked up."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, and_, bindparam, delete, insert, or_, select, tuple_

from stemma.errors import InputError
from stemma.identity import Version
from stemma.records import Record, parse_record
from stemma.registry.audit import digest_of
from stemma.registry.edges import DeclaredEdge, declared_edges, facts_of
from stemma.registry.forms import canonical_texts, texts_of
from stemma.registry.marks import marks_in
from stemma.registry.memory import put_action, taken
from stemma.registry.search import words_of
from stemma.registry.sql.audit import SqlAudit
from stemma.registry.sql.batches import PAGE
from stemma.registry.sql.codes import KIND_CODES, STATE_CODES, TO_UPSTREAM, TYPE_CODES
from stemma.registry.sql.database import Database
from stemma.registry.sql.identities import mark_numbers, marks_text
from stemma.registry.sql.schema import edges, marks, records
from stemma.registry.sql.word_index import add_word, take_word


class SqlRecords:
    """Implements :class:`stemma.registry.RecordStore`."""

    def __init__(self, database: Database, audit: SqlAudit) -> None:
        self._database, self._audit = database, audit

    def names(self) -> Sequence[str]:
        """Every name, sorted."""
        with self._database.reading() as connection:
            return connection.scalars(select(records.c.name).distinct().order_by(records.c.name)).all()

    def versions(self, name: str) -> Sequence[Version]:
        """Every version of a name, ascending."""
        with self._database.reading() as connection:
            return sorted(map(Version.parse, connection.scalars(_VERSIONS, {"asked": name})))

    def get(self, name: str, version: Version) -> Record:
        """One record; raises KeyError where there is none, InvalidRecord where it breaks the rules."""
        text, key = self.text(name, version), f"{name}@{version}"
        record = _parsed(text, key) if len(text) <= _SMALL else parse_record(text, key)
        if (record.name, record.version) != (name, version):
            raise InputError(
                f"Got {record.key} in the row of {name}@{version}.",
                advice="The database was changed by hand: restore it.",
            )
        return record

    def text(self, name: str, version: Version) -> str:
        """A record as it was written; raises KeyError where there is none."""
        with self._database.reading() as connection:
            found = _text(connection, name, str(version))
        if found is None:
            raise KeyError((name, version))
        return found

    def texts(self) -> Iterator[tuple[str, Version, str]]:
        """Name, version and text of every record, by name, then version as text."""
        key = tuple_(records.c.name, records.c.version)
        query = select(records.c.name, records.c.version, records.c.text).order_by(records.c.name, records.c.version)
        last = ("", "")
        while True:
            with self._database.reading() as connection:
                page = connection.execute(query.where(key > last).limit(PAGE)).all()
            for name, version, text in page:
                yield name, Version.parse(version), text
            if len(page) < PAGE:
                return
            last = (page[-1].name, page[-1].version)

    def put(self, text: str, *, replace: bool = False) -> Record:
        """Add a record. Raises as ``RecordStore.put``; RegistryUnavailable where it cannot be written."""
        record = parse_record(text)
        record = dataclasses.replace(record, file=record.key)
        with self._database.writing() as connection:
            there = _text(connection, record.name, str(record.version))
            if there == text:
                return record
            if there is not None and not replace:
                raise taken(record)
            if there is not None:
                _delete(connection, record.name, str(record.version))
            _insert(connection, record, text)
            self._audit.append(put_action(there is not None), record.key, digest_of(text))
        return record

    def remove(self, name: str, version: Version) -> None:
        """Take a record out; raises KeyError where there is none."""
        with self._database.writing() as connection:
            if not _delete(connection, name, str(version)):
                raise KeyError((name, version))
            self._audit.append("record.remove", f"{name}@{version}")


_ASKED = records.c.name == bindparam("asked")
_VERSIONS = select(records.c.version).where(_ASKED)
_TEXT = select(records.c.text).where(_ASKED, records.c.version == bindparam("at"))
_SMALL = 8_192
_parsed = lru_cache(maxsize=1_024)(parse_record)
"""Records do not change: pages of a family show the same few again and again."""


def record_row(record: Record, text: str) -> dict[str, Any]:
    """The row of a record."""
    facts, found = facts_of(record), marks_in(record.data)
    return {
        "name": record.name,
        "version": str(record.version),
        "state": STATE_CODES[facts.state],
        "type": TYPE_CODES[facts.type],
        "title": "" if facts.title == record.name else facts.title,
        "publisher": facts.publisher,
        "licenses": canonical_texts(facts.licenses) if facts.licenses else "",
        "marks": marks_text(found),
        "text": text,
        "words": words_of(record.data, found),
    }


def edge_row(edge: DeclaredEdge) -> dict[str, Any]:
    """The row of an edge."""
    return {
        "upstream": edge.upstream,
        "downstream": edge.downstream,
        "kind": KIND_CODES[edge.kind],
        "version": edge.version,
        "position": edge.position,
        "range": edge.range,
        "standing": edge.standing,
    }


def _text(connection: Connection, name: str, version: str) -> str | None:
    return connection.scalars(_TEXT, {"asked": name, "at": version}).one_or_none()


def _insert(connection: Connection, record: Record, text: str) -> None:
    own = {"name": record.name, "version": str(record.version)}
    connection.execute(insert(records).values(record_row(record, text)))
    add_word(connection, record.name, str(record.version))
    if record.relations:
        connection.execute(insert(edges), [edge_row(edge) for edge in declared_edges(record)])
    if numbers := mark_numbers(marks_in(record.data)):
        connection.execute(insert(marks), [{"mark": number, **own} for number in sorted(numbers)])


def _delete(connection: Connection, name: str, version: str) -> bool:
    """Take out a record, its marks, and the edges that it declares, whichever end it stands at; False: none there."""
    its = and_(records.c.name == name, records.c.version == version)
    found = connection.scalars(select(records.c.marks).where(its)).one_or_none()
    if found is None:
        return False
    numbers = sorted(mark_numbers(texts_of(found) if found else ()))
    connection.execute(delete(marks).where(marks.c.mark.in_(numbers), marks.c.name == name, marks.c.version == version))
    forward = edges.c.kind.in_(sorted(TO_UPSTREAM))
    declares = or_(and_(edges.c.downstream == name, forward), and_(edges.c.upstream == name, ~forward))
    connection.execute(delete(edges).where(declares, edges.c.version == version))
    take_word(connection, name, version)
    connection.execute(delete(records).where(its))
    return True
