"""Whether what a registry holds is what its audit log says was put there."""

from __future__ import annotations

from collections.abc import Iterator

from stemma.immutable import immutable
from stemma.registry.audit import chain_problems, digest_of
from stemma.registry.interface import Registry


@immutable
class Verified:
    """How much was looked at, the hash of the last entry (empty where the log is), and every problem found.

    ``unlogged`` counts records that the log does not name one by one: they were loaded many at once, or written into
    the directory by hand.
    """

    entries: int
    head: str
    records: int
    unlogged: int
    problems: tuple[str, ...]


def verify_registry(registry: Registry) -> Verified:
    """Check the chain of the log, then records and advisories against what it says of them."""
    problems = list(chain_problems(registry.audit.entries()))
    records: dict[str, str] = {}
    advisories: dict[str, set[str]] = {}
    count, head = 0, ""
    for entry in registry.audit.entries():
        count, head = count + 1, entry.hash
        if entry.action in ("record.put", "record.replace"):
            records[entry.subject] = entry.digest
        elif entry.action == "record.remove":
            records.pop(entry.subject, None)
        elif entry.action == "advisory.put":
            advisories.setdefault(entry.subject, set()).add(entry.digest)
    looked = unlogged = 0
    for name, version, text in registry.records.texts():
        looked += 1
        said = records.pop(f"{name}@{version}", None)
        if said is None:
            unlogged += 1
        elif said != digest_of(text):
            problems.append(f"{name}@{version} is not what was put there.")
    problems += [f"{key} was put there and is gone." for key in sorted(records)]
    problems += _advisories(registry, advisories)
    return Verified(count, head, looked, unlogged, tuple(problems))


def _advisories(registry: Registry, said: dict[str, set[str]]) -> Iterator[str]:
    for advisory in registry.advisories.all():
        digests = said.get(advisory.id, set())
        if digest_of(advisory.text) not in digests:
            yield f"{advisory.id}, modified {advisory.modified}, is not what was put there."
        digests.discard(digest_of(advisory.text))
    for name, left in sorted(said.items()):
        if left:
            yield f"{len(left)} versions of {name} were put there and are gone."
