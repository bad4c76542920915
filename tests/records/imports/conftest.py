"""The hub on loopback, and an import that uses it and writes into a registry of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stemma.interop.network import Network
from stemma.publish.registry.imported import ImportReport
from stemma.usecases.records.importing import import_records
from stemma.usecases.settings import Work
from stemma.weights.http_transfer import Transfer
from tests.hub.fixtures import clock, hub, transfer
from tests.hub.server import Hub

__all__ = ["clock", "hub", "transfer"]

Import = Callable[..., ImportReport]


@pytest.fixture(autouse=True)
def _no_account(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HF_ENDPOINT", "HF_TOKEN", "HF_HUB_OFFLINE", "STEMMA_REGISTRY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def network(hub: Hub, transfer: Transfer, tmp_path: Path) -> Network:
    return Network(endpoint=hub.endpoint, cache=tmp_path / "hf", transfer=transfer, token="")


@pytest.fixture
def bring(network: Network, tmp_path: Path) -> Import:
    """``import_records`` into ``tmp_path / "records"``, with the hub on loopback."""

    def call(*sources: str, **more: Any) -> ImportReport:
        return import_records(sources, registry=tmp_path / "records", work=Work(network=network), **more)

    return call
