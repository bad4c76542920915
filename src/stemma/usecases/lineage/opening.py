"""The whole registry that a command works with."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from stemma.advisories import moment
from stemma.errors import InputError
from stemma.registry import DirectoryRegistry, Registry
from stemma.usecases.registry import DEFAULT, ENVIRONMENT


@contextmanager
def opened(chosen: str | None, *, make: bool = False) -> Iterator[Registry]:
    """The registry that was chosen, else the one that STEMMA_REGISTRY names, else ``records``; closed at the end.

    Args:
        chosen: a directory.
        make: make it where there is none.

    Raises:
        InputError: there is none.
    """
    path = Path(chosen or os.environ.get(ENVIRONMENT) or DEFAULT)
    if make:
        path.mkdir(parents=True, exist_ok=True)
    if not path.is_dir():
        advice = "Make it with stemma registry init, or name another with --registry."
        raise InputError(f"There is no registry at {path}.", advice=advice)
    registry = DirectoryRegistry(path, now)
    try:
        yield registry
    finally:
        registry.close()


def now() -> str:
    """The present moment, as the registry writes times."""
    return moment(datetime.now(UTC))
