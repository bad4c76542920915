"""Import records: facts that lie elsewhere become drafts, drafts become records, all of them or none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from stemma.errors import InputError, UnresolvedRecord
from stemma.identity import Missing, Version
from stemma.interop.drafts import Draft
from stemma.interop.hub_names import HubNames
from stemma.publish.registry.imported import ImportedRecord, ImportReport
from stemma.records import MemorySource, Record, RecordSource, Resolver, parse_record, write_record
from stemma.usecases.records.sources import gather_drafts
from stemma.usecases.records.start import WANTED
from stemma.usecases.registry import Chosen, existing_registry, open_registry, place_of, put_all
from stemma.usecases.settings import DEFAULT_WORK, Work

if TYPE_CHECKING:
    from stemma.registry import RecordStore


class Beside:
    """Records at hand, before those of another source. Implements :class:`stemma.records.RecordSource`."""

    def __init__(self, near: MemorySource, far: RecordSource) -> None:
        self._near, self._far = near, far

    def versions(self, name: str) -> Sequence[Version]:
        """Every version in either."""
        return tuple({*self._near.versions(name), *self._far.versions(name)})

    def get(self, name: str, version: Version) -> Record:
        """One record; raises KeyError where there is none."""
        near = version in self._near.versions(name)
        return self._near.get(name, version) if near else self._far.get(name, version)


def import_records(
    sources: Sequence[str],
    *,
    name: str | None = None,
    registry: Chosen = None,
    dry_run: bool = False,
    replace_others: bool = False,
    parents: int = 0,
    digests: bool = True,
    work: Work = DEFAULT_WORK,
) -> ImportReport:
    """Read what ``sources`` name and write a record for each; what is wrong in them is reported, not fatal.

    Args:
        sources: ``umr:PATH``, ``kaggle:PATH``, or any reference of a model.
        name: of the record, in place of what the source is called; for one record alone.
        dry_run: write nothing.
        replace_others: overwrite records that say something else.
        parents: import so many models on the hub that those name as parents, and their parents.
        digests: compute SHA-256 of local weight files; what a hub vouches for is always taken.

    Raises:
        InputError: nothing is there; a record of that name and version says something else; one name for several.
    """
    there = existing_registry(registry)
    held = there or MemorySource()
    names = HubNames(there)
    drafts, notes = gather_drafts(sources, names, name=name, parents=parents, digests=digests, work=work)
    texts = {id(draft): write_record(draft.data) for draft in drafts}
    records = [(draft, parse_record(texts[id(draft)]), texts[id(draft)]) for draft in drafts]
    _refuse_twins([record for _, record, _ in records])
    if there is not None and not replace_others:
        _refuse_others(there, records)
    store = there or open_registry(registry)
    resolver = Resolver(Beside(MemorySource(record for _, record, _ in records), held), dangling="report")
    imported = tuple(_imported(draft, record, text, resolver, store) for draft, record, text in records)
    if not dry_run:
        put_all(registry, [each.text for each in imported], replace=replace_others)
    found = [*notes, *(note for draft in drafts for note in draft.notes)]
    return ImportReport(imported, tuple(found), written=not dry_run)


def _refuse_twins(records: Sequence[Record]) -> None:
    seen: set[str] = set()
    for record in records:
        if record.key in seen:
            raise InputError(f"Two sources give {record.key}.", advice="Import them one by one, with --name.")
        seen.add(record.key)


def _refuse_others(held: RecordStore, records: Sequence[tuple[Draft, Record, str]]) -> None:
    for _, record, text in records:
        there = record.version in held.versions(record.name)
        if there and held.text(record.name, record.version) != text:
            raise InputError(
                f"{record.key} is there already, with other content: {place_of(held, record.name, record.version)}.",
                advice="Nothing was written. Give another --name, or replace it with --force.",
            )


def _imported(draft: Draft, record: Record, text: str, resolver: Resolver, store: RecordStore) -> ImportedRecord:
    edges = resolver.edges(record)
    missing = tuple(str(edge.relation.target) for edge in edges if isinstance(edge.target, Missing))
    file = place_of(store, record.name, record.version)
    sources: Mapping[str, str] = dict(draft.sources)
    try:
        resolved = resolver.resolve(record)
    except UnresolvedRecord as error:
        left = tuple(path for path in WANTED if path not in record.leaves)
        return ImportedRecord(file, record, text, sources, (), left, missing, error.message)
    inherited = tuple(path for path in resolved.fields if resolved.inherited(path))
    left = tuple(path for path in WANTED if resolved.get(path) is None)
    return ImportedRecord(file, record, text, sources, inherited, left, missing)
