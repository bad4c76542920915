"""Show, compare, bump and lock versions of records."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from stemma.errors import InputError
from stemma.identity import Version
from stemma.immutable import immutable
from stemma.records import (
    Bump,
    Difference,
    Lock,
    Record,
    ResolvedRecord,
    Resolver,
    check_bump,
    diff_records,
    edit_record,
    lock_record,
    lock_text,
    needed_version,
    parse_record,
)
from stemma.registry import RecordDirectory
from stemma.registry.directory import write_text
from stemma.usecases.registry import Chosen, Located, locate, make_registry, place_of, put_all

if TYPE_CHECKING:
    from stemma.registry import RecordStore


def show_record(asked: str, *, registry: Chosen = None) -> ResolvedRecord:
    """Find and resolve a record; raises InputError where it, or what it inherits from, is not there."""
    located = locate(asked, registry)
    return Resolver(located.source).resolve(located.record)


@immutable
class Compared:
    """The changes from one record to another, and the least version that they ask for after the old one."""

    difference: Difference
    old: Version
    needed: Version


def diff_versions(old: str, new: str, *, registry: Chosen = None) -> Compared:
    """Compare two records as written."""
    before, after = locate(old, registry).record, locate(new, registry).record
    difference = diff_records(before, after)
    return Compared(difference, before.version, needed_version(before.version, difference.bump))


@immutable
class Bumped:
    """A new version that was written, and the changes since the one before; none where it is a copy to edit."""

    file: Path | str
    record: Record
    before: str
    difference: Difference


def bump_record(
    asked: str, *, level: Bump | None = None, version: str | None = None, registry: Chosen = None
) -> Bumped:
    """Write the next version of a record into the registry.

    ``asked`` is a draft, a file that changes the newest version: its bump follows from the changes, and a smaller one
    is refused. Or it is a record of the registry: then the newest version is copied under the next number, to edit.

    Raises:
        InvalidRecord: the version asked for rises too little for the changes.
        InputError: nothing changed and no bump is named; or there is no version to follow.
    """
    located = locate(asked, registry)
    place = _registry_of(located, registry)
    store = make_registry(place)
    newest = _newest(store, located.record)
    difference = diff_records(newest, located.record)
    bump = level if level is not None else difference.bump
    if bump is Bump.NONE and version is None:
        raise InputError(
            f"Nothing changed since {newest.key}.",
            advice="Name the bump of a copy to edit: --level major, minor or patch.",
        )
    wanted = Version.parse(version) if version is not None else needed_version(newest.version, bump)
    text = edit_record(located.text, {"version": str(wanted)})
    record = parse_record(text, str(located.file or located.record.key))
    check_bump(newest, record)
    put_all(place, [text], replace=False)
    return Bumped(place_of(store, record.name, record.version), record, newest.key, difference)


def _registry_of(located: Located, registry: Chosen) -> Chosen:
    return located.source.path if registry is None and isinstance(located.source, RecordDirectory) else registry


def _newest(store: RecordStore, record: Record) -> Record:
    versions = sorted(store.versions(record.name))
    if not versions:
        raise InputError(
            f"There is no version of {record.name} in the registry.",
            advice="Put the first one there with stemma record new, or as a file.",
        )
    return store.get(record.name, versions[-1])


def lock_path(record_file: Path) -> Path:
    """Where the lock of a record lies: beside it."""
    return record_file.with_suffix(".lock.json")


@immutable
class Locked:
    """A lock and where it was written."""

    file: Path
    lock: Lock


def write_lock(asked: str, *, registry: Chosen = None, output: Path | None = None) -> Locked:
    """Pin everything that a record reaches to versions and content digests."""
    located = locate(asked, registry)
    lock = lock_record(located.source, located.record)
    if output is None and located.file is None:
        raise InputError(f"{located.record.key} lies in no file.", advice="Name a file for its lock with --output.")
    file = output or lock_path(located.file or Path())
    write_text(file, lock_text(lock))
    return Locked(file, lock)
