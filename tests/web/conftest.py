"""A registry with something of everything, and a server over it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from stemma.advisories import parse_advisory
from stemma.records import write_record
from stemma.registry import DirectoryRegistry
from stemma.usecases.alerts.raising import keep_advisories
from stemma.web import WebSettings, create_app
from tests.advisories.documents import document, text
from tests.publish.record.record_examples import FULL, PLIP
from tests.web.serving import serving

NOW = "2026-03-01T12:00:00Z"
ATTACK = "</p><img src=x onerror=alert(1)>\n\njavascript:alert(1)"


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A registry in a directory."""
    folder = tmp_path_factory.mktemp("web") / "registry"
    folder.mkdir()
    registry = DirectoryRegistry(folder, lambda: NOW)
    with registry.transaction():
        for record in (*PLIP, FULL):
            registry.records.put(write_record(record.data))
        hostile = document(id="x_ACME-2026-0002", summary="<script>alert(1)</script>", details=ATTACK, modified=NOW)
        keep_advisories(registry, [parse_advisory(text()), parse_advisory(json.dumps(hostile))], NOW)
    return folder


@pytest.fixture
def tokens(tmp_path: Path) -> Path:
    """Where a server that takes tokens keeps them; none is there yet."""
    return tmp_path / "tokens.json"


@pytest.fixture(scope="session")
def client(place: Path) -> Iterator[httpx.Client]:
    """A client of a server over it."""
    with serving(create_app(WebSettings(str(place)))) as found:
        yield found
