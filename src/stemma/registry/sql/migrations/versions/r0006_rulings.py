"""Rulings by subject and identity: the first of very many are found without the rest."""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Put other indexes in the place of those by the subject alone."""
    for end in ("a", "b"):
        op.create_index(f"ix_rulings_{end}_id", "rulings", [end, "id"])
        op.drop_index(f"ix_rulings_{end}", "rulings")


def downgrade() -> None:
    """Put the earlier ones back."""
    for end in ("a", "b"):
        op.create_index(f"ix_rulings_{end}", "rulings", [end])
        op.drop_index(f"ix_rulings_{end}_id", "rulings")
