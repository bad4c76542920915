"""Records in rows: the text as written, and beside it the edges and facts that are looked up."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, and_, delete, insert, or_, select, update

from stemma.errors import InputError
from stemma.identity import Version
from stemma.records import Record, parse_record
from stemma.registry.audit import digest_of
from stemma.registry.edges import DeclaredEdge, declared_edges, facts_of
from stemma.registry.memory import put_action, taken
from stemma.registry.sql.audit import SqlAudit
from stemma.registry.sql.codes import KIND_CODES, STATE_CODES, TO_UPSTREAM, TYPE_CODES
from stemma.registry.sql.database import Database
from stemma.registry.sql.schema import edges, records


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
        query = select(records.c.version).where(records.c.name == name)
        with self._database.reading() as connection:
            return sorted(map(Version.parse, connection.scalars(query)))

    def get(self, name: str, version: Version) -> Record:
        """One record; raises KeyError where there is none, InvalidRecord where it breaks the rules."""
        record = parse_record(self.text(name, version), f"{name}@{version}")
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
            if there is None:
                connection.execute(insert(records).values(record_row(record, text)))
            else:
                connection.execute(update(records).where(_is(record)).values(record_row(record, text)))
                _drop_edges(connection, record.name, str(record.version))
            if record.relations:
                connection.execute(insert(edges), [edge_row(edge) for edge in declared_edges(record)])
            self._audit.append(put_action(there is not None), record.key, digest_of(text))
        return record

    def remove(self, name: str, version: Version) -> None:
        """Take a record out; raises KeyError where there is none."""
        with self._database.writing() as connection:
            where = and_(records.c.name == name, records.c.version == str(version))
            if connection.execute(delete(records).where(where)).rowcount == 0:
                raise KeyError((name, version))
            _drop_edges(connection, name, str(version))
            self._audit.append("record.remove", f"{name}@{version}")


def record_row(record: Record, text: str) -> dict[str, Any]:
    """The row of a record."""
    facts = facts_of(record)
    return {
        "name": record.name,
        "version": str(record.version),
        "state": STATE_CODES[facts.state],
        "type": TYPE_CODES[facts.type],
        "title": "" if facts.title == record.name else facts.title,
        "publisher": facts.publisher,
        "licenses": json.dumps(facts.licenses, ensure_ascii=False) if facts.licenses else "",
        "text": text,
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


def _is(record: Record) -> Any:
    return and_(records.c.name == record.name, records.c.version == str(record.version))


def _text(connection: Connection, name: str, version: str) -> str | None:
    query = select(records.c.text).where(records.c.name == name, records.c.version == version)
    return connection.scalars(query).one_or_none()


def _drop_edges(connection: Connection, name: str, version: str) -> None:
    """Take out the edges that a record declares, whichever end it stands at."""
    forward = edges.c.kind.in_(sorted(TO_UPSTREAM))
    declares = or_(and_(edges.c.downstream == name, forward), and_(edges.c.upstream == name, ~forward))
    connection.execute(delete(edges).where(declares, edges.c.version == version))
