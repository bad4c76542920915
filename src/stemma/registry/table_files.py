"""Tables as files of JSON lines, sorted, so that version control shows what changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from stemma.errors import UnsafeFile
from stemma.registry.directory import clear_errors
from stemma.registry.edges import FingerprintDigest, MeasuredEdge
from stemma.registry.forms import MAX_LINE, line_of, value_of
from stemma.registry.notices import Alert, AuditEntry, Delivery, Sighting, StoredAdvisory, Subscription, instant
from stemma.registry.tables import Tables

V = TypeVar("V")
KINDS: dict[str, type] = {
    "rulings": MeasuredEdge,
    "fingerprints": FingerprintDigest,
    "advisories": StoredAdvisory,
    "alerts": Alert,
    "subscriptions": Subscription,
    "deliveries": Delivery,
    "sightings": Sighting,
    "audit": AuditEntry,
}
"""What lies in ``NAME.jsonl``, by name."""


def table_file(name: str) -> str:
    """The file of a table."""
    return f"{name}.jsonl"


def read_tables(home: Path) -> Tables:
    """The tables whose files lie in ``home``; raises InputError where one is damaged."""
    return Tables(
        rulings={each.id: each for each in read_lines(home, "rulings", MeasuredEdge)},
        fingerprints={
            (each.subject, each.date, each.digest, each.schema): each
            for each in read_lines(home, "fingerprints", FingerprintDigest)
        },
        advisories={(each.id, instant(each.modified)): each for each in read_lines(home, "advisories", StoredAdvisory)},
        alerts={each.id: each for each in read_lines(home, "alerts", Alert)},
        subscriptions={each.id: each for each in read_lines(home, "subscriptions", Subscription)},
        deliveries={each.id: each for each in read_lines(home, "deliveries", Delivery)},
        sightings={(each.repository, each.revision): each for each in read_lines(home, "sightings", Sighting)},
        audit=list(read_lines(home, "audit", AuditEntry)),
    )


def read_lines(home: Path, name: str, kind: type[V]) -> Iterator[V]:
    """The values of one file, in its order; none where there is no file."""
    path = home / table_file(name)
    with clear_errors(path, "read"):
        if path.is_symlink():
            raise UnsafeFile(f"{path} is a link.", advice="Links are not followed: put the file itself there.")
        if not path.exists():
            return
        with path.open("rb") as stream:
            number = 0
            while line := stream.readline(MAX_LINE + 1):
                number += 1
                yield value_of(kind, line.decode("utf-8", errors="replace"), f"{path}:{number}")


def table_text(values: Iterable[object]) -> str:
    """The content of a file of values."""
    return "".join(f"{line_of(value)}\n" for value in values)


def changed_tables(before: Tables, after: Tables) -> dict[str, str]:
    """The new content of each file that a transaction changes, by table."""
    changed = {}
    for name in KINDS:
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            values = new if isinstance(new, list) else [value for _, value in sorted(new.items())]
            changed[name] = table_text(values)
    return changed
