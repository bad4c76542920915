"""How repositories on hubs were last seen."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "sightings",
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("line", _TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sightings"),
    )


def downgrade() -> None:
    """Take it away."""
    op.drop_table("sightings")
