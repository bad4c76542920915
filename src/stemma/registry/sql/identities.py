"""Marks in rows. A mark is looked up by a number made of it, and then compared in full with what the record writes."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from sqlalchemy import BigInteger, Select, cast, select

from stemma.registry.forms import canonical_texts, texts_of
from stemma.registry.marks import without_revision
from stemma.registry.sql.batches import given, words
from stemma.registry.sql.database import Database
from stemma.registry.sql.schema import marks, records


class SqlIdentities:
    """Implements :class:`stemma.registry.IdentitySource`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        asked = words(database.dialect)
        columns = (records.c.name, records.c.version, records.c.marks)
        self._of_names: Select[tuple[str, str, str]] = select(*columns).select_from(
            asked.join(records, records.c.name == asked.c.value)
        )
        same = (records.c.name == marks.c.name) & (records.c.version == marks.c.version)
        number = marks.c.mark == cast(asked.c.value, BigInteger)
        self._of_marks: Select[tuple[str, str, str]] = select(*columns).select_from(
            asked.join(marks, number).join(records, same)
        )

    def marks(self, keys: Collection[str]) -> Mapping[str, frozenset[str]]:
        """The marks of records by key."""
        asked = set(keys)
        found = self._found(self._of_names, {key.partition("@")[0] for key in asked})
        return {key: found[key] for key in sorted(asked) if key in found}

    def bearers(self, marks: Collection[str]) -> Mapping[str, Sequence[str]]:
        """Keys of the records that bear each of these marks."""
        asked = set(marks)
        found: dict[str, list[str]] = defaultdict(list)
        for key, theirs in sorted(self._found(self._of_marks, {str(number) for number in mark_numbers(asked)}).items()):
            for mark in asked & theirs:
                found[mark].append(key)
        return {mark: found[mark] for mark in sorted(found)}

    def _found(self, query: Select[tuple[str, str, str]], values: Collection[str]) -> dict[str, frozenset[str]]:
        if not values:
            return {}
        with self._database.reading() as connection:
            rows = self._database.rows(connection, query, given(values))
        return {f"{name}@{version}": frozenset(texts_of(text) if text else ()) for name, version, text in rows}


def mark_numbers(wanted: Iterable[str]) -> set[int]:
    """By which marks are looked up: 63 bits of a digest; revisions of a repository share that of the repository."""
    return {
        int.from_bytes(hashlib.blake2b(mark.encode(), digest_size=8).digest(), "big") >> 1
        for mark in set(map(without_revision, wanted))
    }


def marks_text(found: Collection[str]) -> str:
    """The marks of a record as its row holds them."""
    return canonical_texts(sorted(found)) if found else ""
