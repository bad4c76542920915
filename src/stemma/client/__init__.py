"""A typed client of ``stemma serve``: ``Client("https://models.example.org").records("llama")``."""

from __future__ import annotations

from stemma.client.client import Client

__all__ = ["Client"]
