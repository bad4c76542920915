"""What an advisory names: the nodes that are affected before anything travels."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from itertools import chain

from stemma.advisories import Advisory, Affected
from stemma.identity import Range, Version
from stemma.immutable import immutable
from stemma.lineage.commits import UNDETERMINED, ranges_of, told_of
from stemma.lineage.keys import is_held, model_key, name_of, version_text
from stemma.lineage.links import Joined
from stemma.registry.interface import IdentitySource


@immutable
class Seed:
    """A node that an advisory names.

    ``note`` says why that it is affected is not sure; empty where it is, None where it is named as not affected.
    """

    key: str
    note: str | None = ""


def seeds_of(advisory: Advisory, joined: Joined, identities: IdentitySource) -> list[Seed]:
    """The nodes that an advisory names, surely before perhaps, each once, in the order of their keys."""
    found: dict[str, list[str | None]] = defaultdict(list)
    for entry in advisory.affected:
        named = (
            _by_record(entry, joined, identities),
            _by_digest(entry, identities),
            _by_repository(entry, identities),
        )
        for seed in chain.from_iterable(named):
            if not (is_held(seed.key) and excluded(advisory, seed.key)):
                found[seed.key].append(seed.note)
    seeds = [Seed(key, _surest(notes)) for key, notes in sorted(found.items())]
    return sorted(seeds, key=lambda seed: bool(seed.note))


def _surest(notes: Sequence[str | None]) -> str | None:
    return "" if "" in notes else next(filter(None, notes), None)


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
    pinned = asked.pinned
    if pinned is not None:
        return _surest([_of_any(entry) for entry in entries if entry.covers(pinned)])
    if any(_covers_all(entry) for entry in entries):
        return ""
    if all(entry.by_commit for entry in entries):
        return UNDETERMINED
    return f"which version of {name} was used is not known"


def _of_any(entry: Affected) -> str | None:
    """What an entry says of a version of its record, whatever its commit."""
    return told_of(entry.commits, ()) if entry.by_commit else ""


def _covers_all(entry: Affected) -> bool:
    open_spans = not entry.versions and all(span.introduced is None and span.end is None for span in entry.spans)
    return open_spans and _of_any(entry) == ""


def _by_record(entry: Affected, joined: Joined, identities: IdentitySource) -> list[Seed]:
    if not entry.record:
        return []
    held = joined.versions([entry.record])[entry.record]
    keys = [f"{entry.record}@{each.text}" for each in held if entry.covers(each.version)]
    if not entry.by_commit:
        return [Seed(entry.record), *map(Seed, keys)]
    names = [name for name in entry.repositories if ranges_of(entry, name)]
    marks = identities.marks(keys)
    told = [Seed(key, told_of(entry.commits, _revisions(marks.get(key, ()), names))) for key in keys]
    return [Seed(entry.record, _of_any(entry)), *told]


def _by_digest(entry: Affected, identities: IdentitySource) -> list[Seed]:
    bearers = identities.bearers([str(digest) for digest in entry.digests])
    return [Seed(key) for keys in bearers.values() for key in keys]


def _by_repository(entry: Affected, identities: IdentitySource) -> list[Seed]:
    """Records published in a repository, and the repository itself, as far as its commits can be told apart."""
    found = []
    bearers = identities.bearers(entry.repositories)
    marks = identities.marks({key for keys in bearers.values() for key in keys})
    for name in entry.repositories:
        ranges = ranges_of(entry, name)
        found += [Seed(key, told_of(ranges, _revisions(marks[key], [name]))) for key in bearers.get(name, ())]
        if name.startswith("huggingface:"):
            found.append(Seed(model_key(f"hf:{name.partition(':')[2]}"), told_of(ranges, ())))
    return found


def _revisions(marks: Collection[str], repositories: Sequence[str]) -> list[str]:
    """The revisions of some repositories that marks name."""
    return sorted({mark.partition("@")[2] for mark in marks if mark.partition("@")[0] in repositories} - {""})
