"""A whole registry as a directory and back: what is written is a registry in a directory itself.

Nothing is lost but the secrets of webhooks, which are written only where somebody asks for them.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path

from stemma.errors import InputError
from stemma.immutable import immutable
from stemma.registry.audit import only_begun
from stemma.registry.directory import SUFFIX, RecordDirectory, clear_errors
from stemma.registry.edges import FingerprintDigest, MeasuredEdge
from stemma.registry.forms import line_of
from stemma.registry.interface import Registry
from stemma.registry.journal import HOME, SECRET
from stemma.registry.notices import Alert, AuditEntry, Delivery, Sighting, StoredAdvisory, Subscription
from stemma.registry.table_files import read_lines, table_file

Tell = Callable[[int], None]


@immutable
class Transferred:
    """How many records there were, and how many other values."""

    records: int
    others: int


def export_registry(
    registry: Registry, path: Path, tell: Tell = lambda done: None, *, secrets: bool = False
) -> Transferred:
    """Write everything to a new directory, whole or not at all; writers wait meanwhile.

    Args:
        registry: what is written.
        path: where to.
        tell: hears how many records there are so far.
        secrets: write the secrets that webhooks are signed with; without one nothing is sent to a subscription.

    Raises:
        InputError: something is there already.
        StemmaError: it could not be written.
    """
    with _new_directory(path) as folder, registry.transaction():
        records = 0
        for name, version, text in registry.records.texts():
            home = folder / name
            home.mkdir(exist_ok=True)
            (home / f"{name}-{version}{SUFFIX}").write_text(text, encoding="utf-8", newline="\n")
            records += 1
            tell(records)
        (folder / HOME).mkdir()
        others = sum(_write(folder / HOME / table_file(name), values) for name, values in _tables(registry, secrets))
    return Transferred(records, others)


def import_registry(
    registry: Registry, path: Path, *, replace: bool = False, tell: Tell = lambda d: None
) -> Transferred:
    """Take in everything that lies in a directory, all of it or nothing.

    A registry that holds nothing, and tells no more than that it was made, takes over the audit log too. Another logs
    what comes in; advisories, rulings and deliveries that it has stay as they are, alerts, subscriptions and sightings
    are replaced by those of the same identity. A subscription keeps its secret where the other comes without one, for
    the same address.

    Args:
        registry: where it goes.
        path: a directory that was exported, or any directory of records.
        replace: replace records that say something else.
        tell: hears how many records there are so far.

    Raises:
        InputError: there is no such directory, something in it is damaged, or a record says something else.
    """
    source, home = RecordDirectory(path), path / HOME
    names = source.names()
    entries = list(read_lines(home, "audit", AuditEntry))
    held = {name: count for name, count in registry.counts().items() if name != "audit"}
    fresh = bool(entries) and not any(held.values()) and only_begun(registry.audit.entries())
    records = 0
    with registry.transaction(), registry.audit.restoring(entries) if fresh else nullcontext():
        for name in names:
            for version in source.versions(name):
                registry.records.put(source.text(name, version), replace=replace)
                source.get(name, version)  # raises where it lies at another's place
                records += 1
                tell(records)
        others = _put_tables(registry, home) + (len(entries) if fresh else 0)
        if entries and not fresh:
            registry.audit.append("registry.import", f"log of {len(entries)} entries", f"sha256:{entries[-1].hash}")
    return Transferred(records, others)


def _tables(registry: Registry, secrets: bool) -> Iterator[tuple[str, Iterable[object]]]:
    yield "rulings", registry.rulings.all()
    yield "fingerprints", registry.fingerprints.all()
    yield "advisories", registry.advisories.all()
    yield "alerts", registry.alerts.find()
    subscriptions = registry.subscriptions.all()
    yield "subscriptions", subscriptions if secrets else (replace(each, secret="") for each in subscriptions)
    yield "deliveries", registry.outbox.all()
    yield "sightings", registry.sightings.all()
    yield "audit", registry.audit.entries()


def _put_tables(registry: Registry, home: Path) -> int:
    count = 0
    for ruling in read_lines(home, "rulings", MeasuredEdge):
        count += registry.rulings.put(ruling)
    for found in read_lines(home, "fingerprints", FingerprintDigest):
        registry.fingerprints.put(found)
        count += 1
    for advisory in read_lines(home, "advisories", StoredAdvisory):
        registry.advisories.put(advisory)
        count += 1
    alerts = list(read_lines(home, "alerts", Alert))
    registry.alerts.put(alerts)
    known = {each.id: each for each in registry.subscriptions.all()}
    for subscription in read_lines(home, "subscriptions", Subscription):
        registry.subscriptions.put(_with_secret(subscription, known.get(subscription.id)))
        count += 1
    deliveries = list(read_lines(home, "deliveries", Delivery))
    registry.outbox.add(deliveries)
    for sighting in read_lines(home, "sightings", Sighting):
        registry.sightings.put(sighting)
        count += 1
    return count + len(alerts) + len(deliveries)


def _with_secret(read: Subscription, known: Subscription | None) -> Subscription:
    same = known is not None and known.url == read.url and not read.secret
    return replace(read, secret=known.secret) if known is not None and same else read


def _write(path: Path, values: Iterable[object]) -> int:
    count = 0
    path.touch(0o600 if path.name == SECRET else 0o666)
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        for value in values:
            stream.write(f"{line_of(value)}\n")
            count += 1
    if not count:
        path.unlink()
    return count


@contextmanager
def _new_directory(path: Path) -> Iterator[Path]:
    """A directory to write to, which gets its name when all is well."""
    if path.exists():
        raise InputError(f"{path} is there already.", advice="Name a directory that is not there yet.")
    folder = path.with_name(f".{path.name}.partial")
    with clear_errors(path, "written"):
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        try:
            yield folder
            folder.rename(path)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
