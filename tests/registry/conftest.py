"""A registry of every kind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from stemma.registry import Registry
from tests.registry.backends import Backend, backend

BACKENDS = ("memory", "directory")


@pytest.fixture(params=BACKENDS)
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Backend]:
    """A backend, which can be opened again."""
    with backend(request.param, tmp_path) as made:
        yield made


@pytest.fixture
def registry(kept: Backend) -> Registry:
    """An empty registry."""
    return kept.open()
