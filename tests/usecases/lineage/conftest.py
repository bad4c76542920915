"""Registries of every kind, and the real all-MiniLM-L6-v2 with its children."""

from __future__ import annotations

from tests.real.conftest import minilm, nursery
from tests.registry.conftest import kept, postgres, registry

__all__ = ["kept", "minilm", "nursery", "postgres", "registry"]
