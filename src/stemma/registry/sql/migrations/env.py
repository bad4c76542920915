"""What Alembic runs: the migrations over the connection that was handed in, in its transaction."""

from __future__ import annotations

from alembic import context

from stemma.registry.sql.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
