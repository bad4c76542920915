"""The constitution as a document for people, made of the same table that the code cites."""

from __future__ import annotations

from stemma.constitution.document.markdown import constitution_markdown

__all__ = ["constitution_markdown"]
