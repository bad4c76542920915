"""What an advisory names: the nodes that are affected before anything travels."""

from __future__ import annotations

from dataclasses import dataclass

from stemma.advisories import Advisory, Affected
from stemma.identity import Range, Version
from stemma.lineage.keys import is_held, model_key, name_of, version_text
from stemma.lineage.links import Joined
from stemma.registry.interface import IdentitySource


@dataclass(frozen=True)
class Seed:
    """A node that an advisory names; ``note`` says why that is not sure, empty where it is."""

    key: str
    note: str = ""


def seeds_of(advisory: Advisory, joined: Joined, identities: IdentitySource) -> list[Seed]:
    """The nodes that an advisory names, surely before perhaps, each once, in the order of their keys."""
    found: dict[str, str] = {}
    for entry in advisory.affected:
        for seed in (*_by_record(entry, joined), *_by_digest(entry, identities), *_by_repository(entry, identities)):
            if is_held(seed.key) and excluded(advisory, seed.key):
                continue
            found[seed.key] = found.get(seed.key, seed.note) and seed.note
    return [Seed(key, note) for key, note in sorted(found.items(), key=lambda each: (bool(each[1]), each[0]))]


def excluded(advisory: Advisory, key: str) -> bool:
    """True where the advisory speaks of the record, but not of this version of it: there the walk ends."""
    name = name_of(key)
    if name not in advisory.records or not is_held(key):  # nearly always: nothing is said of most records
        return False
    return not advisory.covers(name, Version.parse(version_text(key)))


def unheld(advisory: Advisory, name: str, span: str) -> str | None:
    """Whether a range of versions that are not in the registry is affected: "" surely, a note perhaps, None not."""
    asked = Range.parse(span)
    entries = [entry for entry in advisory.affected if entry.record == name]
    if asked.pinned is not None:
        return "" if any(entry.covers(asked.pinned) for entry in entries) else None
    if any(_covers_all(entry) for entry in entries):
        return ""
    return f"which version of {name} was used is not known"


def _covers_all(entry: Affected) -> bool:
    return not entry.versions and all(span.introduced is None and span.end is None for span in entry.spans)


def _by_record(entry: Affected, joined: Joined) -> list[Seed]:
    if not entry.record:
        return []
    held = joined.versions([entry.record])[entry.record]
    return [
        Seed(entry.record),
        *(Seed(f"{entry.record}@{each.version}") for each in held if entry.covers(each.version)),
    ]


def _by_digest(entry: Affected, identities: IdentitySource) -> list[Seed]:
    bearers = identities.bearers([str(digest) for digest in entry.digests])
    return [Seed(key) for keys in bearers.values() for key in keys]


def _by_repository(entry: Affected, identities: IdentitySource) -> list[Seed]:
    """Records published in a repository, and the repository itself; which commits lie between two is not known here."""
    found = []
    for name in entry.repositories:
        fixed = {commit for each in entry.commits for commit in (*each.fixed, *each.last_affected)}
        keys = identities.bearers([name]).get(name, ())
        mended = {
            key for commit in fixed for key in identities.bearers([f"{name}@{commit}"]).get(f"{name}@{commit}", ())
        }
        note = "which commits come before the fix only the repository knows" if fixed else ""
        found += [Seed(key, note) for key in keys if key not in mended]
        if name.startswith("huggingface:"):
            found.append(Seed(model_key(f"hf:{name.partition(':')[2]}"), note))
    return found
