"""Advisories, alerts, subscriptions and deliveries."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "advisories",
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("instant", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("line", _TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", "instant", name="pk_advisories"),
    )
    op.create_table(
        "advisory_subjects",
        sa.Column("subject", _TEXT, nullable=False),
        sa.Column("advisory", _TEXT, nullable=False),
        sa.PrimaryKeyConstraint("subject", "advisory", name="pk_advisory_subjects"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "alerts",
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("advisory", _TEXT, nullable=False),
        sa.Column("subject", _TEXT, nullable=False),
        sa.Column("state", _TEXT, nullable=False),
        sa.Column("updated", sa.BigInteger, nullable=False),
        sa.Column("line", _TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_alerts"),
    )
    op.create_index("ix_alerts_subject", "alerts", ["subject"])
    op.create_index("ix_alerts_advisory_id", "alerts", ["advisory", "id"])
    op.create_index("ix_alerts_updated_id", "alerts", ["updated", "id"])
    op.create_table(
        "subscriptions",
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("line", _TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_subscriptions"),
    )
    op.create_table(
        "deliveries",
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("state", _TEXT, nullable=False),
        sa.Column("due", sa.BigInteger, nullable=False),
        sa.Column("line", _TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_deliveries"),
    )
    op.create_index("ix_deliveries_state_due_id", "deliveries", ["state", "due", "id"])


def downgrade() -> None:
    """Take the tables away."""
    for table in ("deliveries", "subscriptions", "alerts", "advisory_subjects", "advisories"):
        op.drop_table(table)
