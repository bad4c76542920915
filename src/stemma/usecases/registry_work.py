"""Work on a whole registry: make it, move it, count it, bring its tables up, look whether it is sound."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from stemma.errors import InputError
from stemma.immutable import immutable
from stemma.registry import DirectoryRegistry, Registry, Verified, export_registry, import_registry, verify_registry
from stemma.registry.audit import INIT
from stemma.registry.journal import HOME
from stemma.registry.transfer import Transferred
from stemma.usecases.registry import Chosen, database, opened, registry_place, require_extra

Tell = Callable[[int], None]
LINES = ".jsonl"


@immutable
class Statistics:
    """How much a registry holds. ``head`` is the hash of its last audit entry; ``revision`` of a database's tables."""

    place: str
    revision: str
    counts: Mapping[str, int]
    head: str


def init_registry(chosen: Chosen) -> bool:
    """Make a registry; False where it is there already.

    Raises:
        InputError: it is there with tables of another revision.
        RegistryUnavailable: the database does not answer.
    """
    place = registry_place(chosen)
    made = _init_directory(place) if isinstance(place, Path) else _init_database(place)
    if made:
        with opened(chosen) as registry:
            registry.audit.append(INIT, "")
    return made


def export_to(path: Path, chosen: Chosen, tell: Tell, *, secrets: bool = False) -> Transferred:
    """Write a whole registry to a new directory; with the secrets of webhooks only where that is asked for."""
    with opened(chosen) as registry:
        return export_registry(registry, path, tell, secrets=secrets)


def import_from(path: Path, chosen: Chosen, tell: Tell, *, replace: bool = False) -> Transferred:
    """Take in a directory, or records that were validated before as lines of JSON (``.jsonl``); all or nothing."""
    with opened(chosen, make=True) as registry:
        if path.suffix == LINES:
            return _load(path, registry, tell)
        return import_registry(registry, path, replace=replace, tell=tell)


def count_registry(chosen: Chosen) -> Statistics:
    """How much there is of everything."""
    with opened(chosen) as registry:
        counts = registry.counts()
        head = next((entry.hash for entry in registry.audit.entries(after=counts["audit"] - 1)), "")
        return Statistics(*_described(registry), counts, head)


def check_registry(chosen: Chosen) -> Verified:
    """Whether the audit log is sound, and what is held is what it says."""
    with opened(chosen) as registry:
        return verify_registry(registry)


@immutable
class Migrated:
    """From which revision (empty: there were no tables) to which."""

    before: str
    after: str


def migrate_registry(chosen: Chosen, to: str | None, *, drop: bool = False) -> Migrated:
    """Bring the tables of a database to a revision; None: the one that this version of Stemma works with.

    Raises:
        InputError: it is a directory, there is no such revision, or values would be lost and ``drop`` is not set.
    """
    place = registry_place(chosen)
    if isinstance(place, Path):
        raise InputError(f"{place} is a directory, which has no tables.", advice="Records: stemma record migrate.")
    require_extra(place)
    from stemma.registry.sql import HEAD, Database, migrate, revision_of  # noqa: PLC0415 an extra

    held = Database(place)
    try:
        before = revision_of(held) or ""
        migrate(held, to or HEAD, drop=drop)
        return Migrated(before, to or HEAD)
    finally:
        held.close()


def _init_directory(path: Path) -> bool:
    if (path / HOME).is_dir():
        return False
    with opened(path, make=True):
        return True


def _init_database(url: str) -> bool:
    require_extra(url)
    from stemma.registry.sql import HEAD, Database, migrate, revision_of  # noqa: PLC0415 an extra

    held = Database(url, create=True)
    try:
        before = revision_of(held)
        if before is None:
            migrate(held, HEAD)
    finally:
        held.close()
    database(url).close()
    return before is None


def _load(path: Path, registry: Registry, tell: Tell) -> Transferred:
    if isinstance(registry, DirectoryRegistry):
        raise InputError(
            f"{path} would make very many files of records.", advice="Load lines of JSON into a database: --registry."
        )
    from stemma.registry.sql import SqlRegistry, load_lines  # noqa: PLC0415 an extra

    if not isinstance(registry, SqlRegistry) or not path.is_file():
        raise InputError(f"There is no file {path}.", advice="Name a directory, or a file of lines of JSON.")
    with path.open("rb") as lines:
        loaded = load_lines(registry.database, registry.audit, lines, tell)
    return Transferred(loaded.records, loaded.edges)


def _described(registry: Registry) -> tuple[str, str]:
    """Where it is, without passwords, and the revision of its tables."""
    if isinstance(registry, DirectoryRegistry):
        return str(registry.path), ""
    from stemma.registry.sql import HEAD, SqlRegistry  # noqa: PLC0415 an extra

    return registry.database.shown if isinstance(registry, SqlRegistry) else "", HEAD
