"""A registry of every kind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from stemma.registry import Registry
from tests.registry.backends import Anew, Backend, backend
from tools.postgres import Cluster, binaries, cluster

BACKENDS = ("memory", "directory", "sqlite", "postgresql")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """One server for all tests of this process; each test makes databases of its own."""
    if binaries() is None:
        pytest.skip("PostgreSQL is not installed: run scripts/setup-debian.sh")
    with cluster() as server:
        yield server


@pytest.fixture(params=BACKENDS)
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Backend]:
    """A backend, which can be opened again."""
    with backend(request.param, tmp_path, lambda: request.getfixturevalue("postgres")) as made:
        yield made


@pytest.fixture(params=BACKENDS)
def anew(request: pytest.FixtureRequest) -> Anew:
    """Makes one fresh backend after another, in the folder that it is handed."""
    return lambda path: backend(request.param, path, lambda: request.getfixturevalue("postgres"))


@pytest.fixture
def registry(kept: Backend) -> Registry:
    """An empty registry."""
    return kept.open()
