"""Lock files: every range that a record reaches, pinned to one version and its content digest.

A lock answers which records were meant when it was made. It holds every relation of the record and of all records it
reaches, of every kind; a target that was not there is held with the reason. A newer version is no drift; a pinned
record that is gone or says something else is.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from stemma.errors import BadReference, BadVersion, MalformedFile
from stemma.identity import Digest, Missing, Version, parse_name, parse_requirement
from stemma.immutable import immutable
from stemma.records.record import Record
from stemma.records.resolve import Resolver
from stemma.records.source import RecordSource

SCHEMA = "stemma.lock/1"
_MAX_LOCK = 64 << 20


@immutable(order=True)
class Pin:
    """One version of one record, with its content digest."""

    name: str
    version: Version
    digest: Digest

    @property
    def key(self) -> str:
        """``name@version``."""
        return f"{self.name}@{self.version}"


@immutable
class Lock:
    """``root`` is the record that was locked; ``pins`` go by requirement as canonical text, ``missing`` has reasons."""

    root: Pin
    pins: Mapping[str, Pin]
    missing: Mapping[str, str]

    @property
    def versions(self) -> Mapping[str, Version]:
        """The pinned version of every requirement: ``Resolver(source, pins=lock.versions)`` reads as when locked."""
        return {asked: pin.version for asked, pin in self.pins.items()}


@immutable
class Drift:
    """Something that is no longer as the lock says; ``asked`` is the requirement, or the root itself."""

    asked: str
    pinned: str
    reason: str


def lock_record(source: RecordSource, record: Record, *, prereleases: bool = False) -> Lock:
    """Pin everything that ``record`` reaches."""
    resolver = Resolver(source, dangling="report", prereleases=prereleases)
    pins: dict[str, Pin] = {}
    missing: dict[str, str] = {}
    seen, todo = {record.key}, [record]
    while todo:
        for edge in resolver.edges(todo.pop()):
            asked = str(edge.relation.target)
            if isinstance(edge.target, Missing):
                missing[asked] = edge.target.reason
                continue
            pins[asked] = _pin(edge.target)
            if edge.target.key not in seen:
                seen.add(edge.target.key)
                todo.append(edge.target)
    return Lock(_pin(record), dict(sorted(pins.items())), dict(sorted(missing.items())))


def drift(lock: Lock, source: RecordSource, record: Record) -> tuple[Drift, ...]:
    """Where ``record`` and ``source`` are no longer as ``lock`` says; empty where all is as it was."""
    found = []
    if _pin(record) != lock.root:
        found.append(Drift(lock.root.key, lock.root.key, f"the record is now {record.key} with {record.digest}"))
    for asked, pin in lock.pins.items():
        if pin.version not in source.versions(pin.name):
            found.append(Drift(asked, pin.key, "the pinned version is gone"))
            continue
        digest = source.get(pin.name, pin.version).digest
        if digest != pin.digest:
            found.append(Drift(asked, pin.key, f"its content is {digest}, the lock says {pin.digest}"))
    for asked in sorted(_reached(lock, source, record) - lock.pins.keys() - lock.missing.keys()):
        found.append(Drift(asked, "", "the lock has no version for it"))
    return tuple(found)


def _reached(lock: Lock, source: RecordSource, record: Record) -> set[str]:
    """Every requirement that is reached through pinned versions."""
    reached: set[str] = set()
    todo = [record]
    while todo:
        for relation in todo.pop().relations:
            asked = str(relation.target)
            if asked in reached:
                continue
            reached.add(asked)
            pin = lock.pins.get(asked)
            if pin is not None and pin.version in source.versions(pin.name):
                todo.append(source.get(pin.name, pin.version))
    return reached


def lock_text(lock: Lock) -> str:
    """The lock as JSON: the same lock gives the same bytes."""
    document = {
        "schema": SCHEMA,
        "root": _pin_data(lock.root),
        "pins": {asked: _pin_data(pin) for asked, pin in sorted(lock.pins.items())},
        "missing": dict(sorted(lock.missing.items())),
    }
    return json.dumps(document, indent=2, ensure_ascii=True) + "\n"


def read_lock(text: str, file: str = "<lock>") -> Lock:
    """Read a lock; raises MalformedFile where it is none."""
    try:
        if len(text) > _MAX_LOCK:
            raise ValueError(f"{len(text)} characters")
        document = json.loads(text)
        if document["schema"] != SCHEMA:
            raise ValueError(f"schema {document['schema']!r}")
        pins = {str(parse_requirement(asked)): _read_pin(pin) for asked, pin in document["pins"].items()}
        missing = {str(parse_requirement(asked)): str(reason) for asked, reason in document["missing"].items()}
        return Lock(_read_pin(document["root"]), pins, missing)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, BadReference, BadVersion) as error:
        raise MalformedFile(
            file, f"{type(error).__name__}: {error}", f"a lock ({SCHEMA})", advice="Lock again."
        ) from error


def _pin(record: Record) -> Pin:
    return Pin(record.name, record.version, record.digest)


def _pin_data(pin: Pin) -> dict[str, str]:
    return {"name": pin.name, "version": str(pin.version), "digest": str(pin.digest)}


def _read_pin(entry: Mapping[str, str]) -> Pin:
    return Pin(parse_name(entry["name"]), Version.parse(entry["version"]), Digest.parse(entry["digest"]))
