"""A registry with something of everything, and a server over it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from stemma.records import write_record
from stemma.registry import DirectoryRegistry
from stemma.web import WebSettings, create_app
from tests.publish.record.record_examples import FULL, PLIP
from tests.web.serving import serving

NOW = "2026-03-01T12:00:00Z"


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A registry in a directory."""
    folder = tmp_path_factory.mktemp("web") / "registry"
    folder.mkdir()
    registry = DirectoryRegistry(folder, lambda: NOW)
    with registry.transaction():
        for record in (*PLIP, FULL):
            registry.records.put(write_record(record.data))
    return folder


@pytest.fixture(scope="session")
def client(place: Path) -> Iterator[httpx.Client]:
    """A client of a server over it."""
    with serving(create_app(WebSettings(str(place)))) as found:
        yield found
