"""Start a record: what can be inherited is, and what is left to write is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stemma.identity import parse_requirement
from stemma.immutable import immutable
from stemma.records import LANGUAGE, Record, RecordSource, Resolver, choose, parse_record, write_record
from stemma.usecases.registry import Chosen, make_registry, place_of, put_all
from stemma.vocabulary import RecordType, RelationKind

if TYPE_CHECKING:
    pass

WANTED = (
    *("about.title", "about.description", "about.publisher", "about.release_date", "about.licenses"),
    *("card.intended_use", "card.training_data", "card.evaluation_data", "card.ethical_considerations"),
    *("identity.hubs", "identity.files", "risks.nsfw", "risks.csam", "risks.violence", "risks.personal_data"),
)


@immutable
class Started:
    """A record that was begun: where it lies, what it inherits by dotted path, and what is left to write.

    ``sources`` says of fields that were filled in where they were found.
    """

    file: Path | str
    record: Record
    inherited: tuple[str, ...]
    left: tuple[str, ...]
    sources: Mapping[str, str] = field(default_factory=dict)


def start_record(
    name: str,
    parents: Sequence[str],
    *,
    kind: RelationKind = RelationKind.FINETUNED_FROM,
    of: RecordType = RecordType.MODEL,
    version: str = "1.0.0",
    registry: Chosen = None,
) -> Started:
    """Write a new record that inherits from ``parents`` (``NAME`` or ``NAME@RANGE``).

    A parent without a range is held to the major version of its newest record.

    Raises:
        InputError: a parent is not there, or another record of that name and version is.
    """
    store = make_registry(registry)
    data: dict[str, Any] = {"stemma": LANGUAGE, "name": name, "version": version, "type": of.value}
    if parents:
        data["relations"] = [{"kind": kind.value, "target": _held(store, parent)} for parent in parents]
    text = write_record(data)
    record = parse_record(text)
    resolved = Resolver(store).resolve(record)
    put_all(registry, [text], replace=False)
    inherited = tuple(path for path in resolved.fields if resolved.inherited(path))
    left = tuple(path for path in WANTED if resolved.get(path) is None)
    return Started(place_of(store, record.name, record.version), record, inherited, left)


def _held(store: RecordSource, asked: str) -> str:
    requirement = parse_requirement(asked)
    newest = None if "@" in asked else choose(store, requirement, prereleases=True)
    return str(requirement) if newest is None else f"{requirement.name}@^{newest.version.without_build()}"
