"""The tables. What a walk over the graph reads is slim and lies together; every other value is a line of JSON beside
the columns that it is looked up by. Changes need a migration; a test compares the two.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s",
        "pk": "pk_%(table_name)s",
    }
)
TEXT = Text().with_variant(Text(collation="C"), "postgresql")
"""Compared by code points everywhere."""
NUMBER = BigInteger().with_variant(Integer, "sqlite")
UNRECORDED = "subject NOT LIKE '%@%' OR subject LIKE 'model:%'"
"""Of an alert: its subject is no version of a record."""

records = Table(
    "records",
    metadata,
    Column("id", NUMBER, primary_key=True),
    Column("name", TEXT, nullable=False),
    Column("version", TEXT, nullable=False),
    Column("state", SmallInteger, nullable=False),
    Column("type", SmallInteger, nullable=False),
    Column("title", TEXT, nullable=False),
    Column("publisher", TEXT, nullable=False),
    Column("licenses", TEXT, nullable=False),
    Column("marks", TEXT, nullable=False),
    Column("text", TEXT, nullable=False),
    Column("words", TEXT, nullable=False, server_default=""),
    Index("ix_records_yanked", "name", "version", sqlite_where=text("state = 2"), postgresql_where=text("state = 2")),
    Index("uq_records_name_version", "name", "version", unique=True),
)
edges = Table(
    "edges",
    metadata,
    Column("upstream", TEXT, nullable=False),
    Column("downstream", TEXT, nullable=False),
    Column("kind", SmallInteger, nullable=False, autoincrement=False),
    Column("version", TEXT, nullable=False),
    Column("position", SmallInteger, nullable=False, autoincrement=False),
    Column("range", TEXT, nullable=False),
    Column("standing", SmallInteger, nullable=False),
    # the whole row is in the index: what derives from one base lies together, wherever PostgreSQL put the rows
    PrimaryKeyConstraint(
        "upstream", "downstream", "kind", "version", "position", postgresql_include=["range", "standing"]
    ),
    Index("ix_edges_downstream", "downstream"),
    sqlite_with_rowid=False,
)
marks = Table(
    "marks",
    metadata,
    Column("mark", BigInteger, primary_key=True, autoincrement=False),
    Column("name", TEXT, primary_key=True),
    Column("version", TEXT, primary_key=True),
    sqlite_with_rowid=False,
)
rulings = Table(
    "rulings",
    metadata,
    Column("id", TEXT, primary_key=True),
    Column("a", TEXT, nullable=False),
    Column("b", TEXT, nullable=False),
    Column("line", TEXT, nullable=False),
    Index("ix_rulings_a_id", "a", "id"),  # of a base with very many rulings the first are found without the rest
    Index("ix_rulings_b_id", "b", "id"),
)
fingerprints = Table(
    "fingerprints",
    metadata,
    Column("subject", TEXT, primary_key=True),
    Column("date", TEXT, primary_key=True),
    Column("digest", TEXT, primary_key=True, index=True),
    Column("schema", TEXT, primary_key=True),
    sqlite_with_rowid=False,
)
audit = Table(
    "audit",
    metadata,
    Column("seq", NUMBER, primary_key=True, autoincrement=False),
    Column("at", TEXT, nullable=False),
    Column("actor", TEXT, nullable=False),
    Column("action", TEXT, nullable=False),
    Column("subject", TEXT, nullable=False),
    Column("digest", TEXT, nullable=False),
    Column("previous", TEXT, nullable=False),
    Column("hash", TEXT, nullable=False),
)
advisories = Table(
    "advisories",
    metadata,
    Column("id", TEXT, primary_key=True),
    Column("instant", BigInteger, primary_key=True, autoincrement=False),
    Column("line", TEXT, nullable=False),
)
advisory_subjects = Table(
    "advisory_subjects",
    metadata,
    Column("subject", TEXT, primary_key=True),
    Column("advisory", TEXT, primary_key=True),
    sqlite_with_rowid=False,
)
alerts = Table(
    "alerts",
    metadata,
    Column("id", TEXT, primary_key=True),
    Column("advisory", TEXT, nullable=False),
    Column("subject", TEXT, nullable=False, index=True),
    Column("state", TEXT, nullable=False),
    Column("updated", BigInteger, nullable=False),
    Column("line", TEXT, nullable=False),
    Index("ix_alerts_advisory_id", "advisory", "id"),
    Index("ix_alerts_updated_id", "updated", "id"),
    Index("ix_alerts_unrecorded", "id", sqlite_where=text(UNRECORDED), postgresql_where=text(UNRECORDED)),
)
subscriptions = Table(
    "subscriptions",
    metadata,
    Column("id", TEXT, primary_key=True),
    Column("line", TEXT, nullable=False),
)
sightings = Table(
    "sightings",
    metadata,
    Column("id", TEXT, primary_key=True),
    Column("line", TEXT, nullable=False),
)
deliveries = Table(
    "deliveries",
    metadata,
    Column("id", TEXT, primary_key=True),
    Column("state", TEXT, nullable=False),
    Column("due", BigInteger, nullable=False),
    Column("line", TEXT, nullable=False),
    Index("ix_deliveries_state_due_id", "state", "due", "id"),
)
