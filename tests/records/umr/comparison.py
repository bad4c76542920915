"""Field by field: what UMR takes over from upstream, what we inherit, and why they differ.

Every difference has one reason, which is worked out from the relations and the table of kinds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from stemma.interop.umr import Package, convert, read_packages
from stemma.interop.umr.read import LISTS
from stemma.records import MemorySource, ResolvedRecord, Resolver, leaf, parse_record, write_record
from stemma.records.table import RISKS
from stemma.vocabulary import Facet, load_relations
from tests.records.umr import DATA
from tests.records.umr.reference import Told, merged, raw_records

ABOUT = ("name", "description", "publisher", "release_date", "model_type", "architecture")


class Reason(Enum):
    """Why ours is right where the two differ."""

    OWN = "Name, version and type belong to one record: what a parent is called says nothing of its child."
    KIND = "The relation is of a kind that does not hand this on; UMR has one kind, so everything is handed on."
    FAR = "It comes from further up: UMR looks one step up, we all the way."
    EMPTY = "UMR's nearer value is empty. An empty value says nothing, so it hides nothing."
    SETS = "Question sets are not handed on by name: a record has the answers that it or its parents give."


@dataclass(frozen=True)
class Difference:
    """One field of one record. ``umr`` and ``ours`` say where the value comes from, empty where there is none."""

    record: str
    path: str
    group: str
    umr: str
    ours: str
    kind: str
    reason: Reason


@dataclass(frozen=True)
class Comparison:
    """All records: fields that each takes over from elsewhere, those in which they agree, and all differences."""

    records: int
    umr: int
    ours: int
    same: int
    differences: tuple[Difference, ...]


def compare() -> Comparison:
    """Read the 88 records both ways."""
    packages, _ = read_packages(DATA)
    raw = raw_records(DATA)
    parsed = [parse_record(write_record(draft.data)) for draft in convert(packages)]
    resolver = Resolver(MemorySource(parsed))
    counts: Counter[str] = Counter()
    differences: list[Difference] = []
    for package, record in zip(packages, parsed, strict=True):
        resolved = resolver.resolve(record)
        for path, group, theirs, ours in _fields(package, merged(package, raw), resolved):
            counts["umr"] += theirs is not None and theirs.value is not None and theirs.origin != package.name
            counts["ours"] += bool(ours) and ours != package.name
            if _same(package.name, theirs, ours):
                counts["same"] += ours not in ("", package.name)
                continue
            reason, kind = _reason(package, path, theirs, ours, resolved)
            from_umr = "" if theirs is None or theirs.value is None else theirs.origin
            differences.append(Difference(package.name, path, group, from_umr, ours, kind, reason))
    return Comparison(len(packages), counts["umr"], counts["ours"], counts["same"], tuple(differences))


def _same(name: str, theirs: Told | None, ours: str) -> bool:
    from_umr = "" if theirs is None or theirs.value is None else theirs.origin
    return from_umr == ours


_Field = tuple[str, str, Told | None, str]


def _fields(package: Package, theirs: Mapping[str, Told], resolved: ResolvedRecord) -> Iterator[_Field]:
    """Path in our language, group, what UMR has there, and the record from which ours comes."""
    pairs = {f"about.{'title' if key == 'name' else key}": f"metadata.{key}" for key in ABOUT}
    pairs |= {"about.tags": "tags", "version": "metadata.version", "surveys": "question_sets"}
    flags = {path: path.removeprefix("risk.") for path in theirs if path.startswith("risk.")}
    pairs |= {f"risks.{flag if flag in RISKS else f'x-umr-{flag}'}": path for path, flag in flags.items()}
    for path in theirs:
        section, _, key = path.partition(".")
        if section in ("upstream", "model", "downstream") and "." not in key:
            pairs[f"card.{key}" if key in LISTS else f"surveys.fmti-2023.{key}"] = path
        elif path in LISTS:
            pairs[f"card.{path}"] = path
    inherited = [path for path in resolved.fields if resolved.inherited(path)]
    pairs |= {path: "" for path in inherited if path not in pairs and path.split(".")[0] in ("about", "risks", "card")}
    pairs |= {path: "" for path in inherited if path not in pairs and path.startswith("surveys.")}
    for path, source in pairs.items():
        told = theirs.get(source) if source else None
        if path == "about.model_type" and package.type.value == "dataset" and told and told.origin == package.name:
            continue  # kept as an extension
        if path.startswith("about.links."):
            continue  # addresses are named one by one; below they are compared as a whole
        if path in ("version", "surveys"):
            ours = package.name if told is not None and told.origin == package.name else ""
        else:
            found = resolved.fields.get(path)
            ours = "" if found is None or found.unset else _origin(found.origin.record)
        yield path, _group(path), told, ours
    told = theirs.get("metadata.refs")
    links = {_origin(f.origin.record) for p, f in resolved.fields.items() if p.startswith("about.links.")}
    yield "about.links", "links", told, min(links, key=resolved_order(resolved), default="")


def resolved_order(resolved: ResolvedRecord) -> Any:
    """Sorts names of records by the linear order."""
    names = [_origin(key) for key in resolved.order]
    return names.index


def _origin(key: str) -> str:
    return key.rpartition("@")[0]


def _group(path: str) -> str:
    section = path.split(".", maxsplit=1)[0]
    if section in ("surveys", "risks", "card"):
        return {"surveys": "answers", "risks": "risk flags", "card": "card"}[section]
    return path.removeprefix("about.").replace("_", " ")


def _reason(
    package: Package, path: str, theirs: Told | None, ours: str, resolved: ResolvedRecord
) -> tuple[Reason, str]:
    if path in ("about.title", "version"):
        return Reason.OWN, ""
    if path == "surveys":
        return Reason.SETS, ""
    if theirs is None or theirs.value is None:
        direct = {upstream.asked.name for upstream in package.upstream}
        return (Reason.EMPTY if theirs is not None else Reason.FAR if ours not in direct else Reason.EMPTY), ""
    kinds = [edge.relation.kind for edge in resolved.edges if edge.relation.target.name == theirs.origin]
    if kinds and _facet(path) not in load_relations().kinds[kinds[0]].passes:
        return Reason.KIND, str(kinds[0])
    raise AssertionError(f"{package.name} {path}: UMR has {theirs}, ours comes from {ours!r}; no reason is known")


def _facet(path: str) -> Facet | None:
    return leaf("about.links.x" if path == "about.links" else path).facet
