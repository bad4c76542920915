"""Registries in SQLite and PostgreSQL. Needs the extra ``registry``, and ``postgres`` for PostgreSQL."""

from __future__ import annotations

from stemma.registry.sql.database import Database
from stemma.registry.sql.load import Loaded, load_lines
from stemma.registry.sql.registry import SqlRegistry
from stemma.registry.sql.revisions import HEAD, REVISIONS, migrate, revision_of

__all__ = ["HEAD", "REVISIONS", "Database", "Loaded", "SqlRegistry", "load_lines", "migrate", "revision_of"]
