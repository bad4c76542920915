"""Records, the edges that they declare, rulings, fingerprint digests and the audit log."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "records",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("name", _TEXT, nullable=False),
        sa.Column("version", _TEXT, nullable=False),
        sa.Column("state", sa.SmallInteger, nullable=False),
        sa.Column("type", sa.SmallInteger, nullable=False),
        sa.Column("title", _TEXT, nullable=False),
        sa.Column("publisher", _TEXT, nullable=False),
        sa.Column("licenses", _TEXT, nullable=False),
        sa.Column("marks", _TEXT, nullable=False),
        sa.Column("text", _TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_records"),
    )
    op.create_index("uq_records_name_version", "records", ["name", "version"], unique=True)
    yanked = sa.text("state = 2")
    op.create_index("ix_records_yanked", "records", ["name", "version"], sqlite_where=yanked, postgresql_where=yanked)
    op.create_table(
        "edges",
        sa.Column("upstream", _TEXT, nullable=False),
        sa.Column("downstream", _TEXT, nullable=False),
        sa.Column("kind", sa.SmallInteger, autoincrement=False, nullable=False),
        sa.Column("version", _TEXT, nullable=False),
        sa.Column("position", sa.SmallInteger, autoincrement=False, nullable=False),
        sa.Column("range", _TEXT, nullable=False),
        sa.Column("standing", sa.SmallInteger, nullable=False),
        sa.PrimaryKeyConstraint(
            "upstream",
            "downstream",
            "kind",
            "version",
            "position",
            name="pk_edges",
            postgresql_include=["range", "standing"],
        ),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_edges_downstream", "edges", ["downstream"])
    op.create_table(
        "marks",
        sa.Column("mark", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("name", _TEXT, nullable=False),
        sa.Column("version", _TEXT, nullable=False),
        sa.PrimaryKeyConstraint("mark", "name", "version", name="pk_marks"),
        sqlite_with_rowid=False,
    )
    _what_was_found()


def _what_was_found() -> None:
    op.create_table(
        "rulings",
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("a", _TEXT, nullable=False),
        sa.Column("b", _TEXT, nullable=False),
        sa.Column("line", _TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_rulings"),
    )
    op.create_index("ix_rulings_a", "rulings", ["a"])
    op.create_index("ix_rulings_b", "rulings", ["b"])
    keys = ("subject", "date", "digest", "schema")
    op.create_table(
        "fingerprints",
        *(sa.Column(key, _TEXT, nullable=False) for key in keys),
        sa.PrimaryKeyConstraint(*keys, name="pk_fingerprints"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_fingerprints_digest", "fingerprints", ["digest"])
    texts = ("at", "actor", "action", "subject", "digest", "previous", "hash")
    op.create_table(
        "audit",
        sa.Column("seq", _NUMBER, autoincrement=False, nullable=False),
        *(sa.Column(name, _TEXT, nullable=False) for name in texts),
        sa.PrimaryKeyConstraint("seq", name="pk_audit"),
    )


def downgrade() -> None:
    """Take the tables away."""
    for table in ("audit", "fingerprints", "rulings", "marks", "edges", "records"):
        op.drop_table(table)
