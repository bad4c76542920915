"""What a user means: a record of the registry, a record in a file, or a model; a model gets the draft of a record."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from stemma.errors import BadReference, BadVersion, InputError
from stemma.identity import HubReference, PathReference, parse_loose_requirement, parse_reference
from stemma.immutable import immutable
from stemma.interop.hub_names import HubNames
from stemma.lineage import model_key
from stemma.lineage.overlay import draft_edges
from stemma.records import Record, choose, parse_record, write_record
from stemma.registry import Registry
from stemma.registry.directory import SUFFIX, read_bounded
from stemma.registry.edges import DeclaredEdge, declared_edges
from stemma.usecases.records.sources import gather_drafts
from stemma.usecases.settings import Work


@immutable
class Subject:
    """What was asked for.

    ``key`` names it in the graph. ``reference`` is where its weights are, or empty; ``record`` what is declared of it,
    None where nothing is. ``held`` says that the registry holds the record.
    """

    key: str
    record: Record | None
    reference: str
    held: bool


def own_edges(subject: Subject) -> Sequence[DeclaredEdge]:
    """The edges that a subject declares and the registry does not hold."""
    if subject.record is None or subject.held:
        return ()
    edges = declared_edges(subject.record)
    return edges if subject.key == subject.record.key else draft_edges(subject.key, edges)


def find_record(asked: str, registry: Registry) -> Record | None:
    """The newest record of the registry that ``asked`` allows; None where it names none."""
    try:
        return choose(registry.records, parse_loose_requirement(asked))
    except (BadReference, BadVersion):
        return None


def find_subject(asked: str, registry: Registry, work: Work, *, declared: bool = True) -> Subject:
    """Whatever ``asked`` names; ``declared``: read what the files of a model declare, as well.

    Raises:
        InputError: it names nothing that is there.
        SourceError: bytes could not be had.
    """
    path = Path(asked)
    if asked.endswith((SUFFIX, ".yml")):
        if not path.is_file():
            raise InputError(f"There is no file {asked}.", advice="Name a record file, a record or a model.")
        record = parse_record(read_bounded(path), asked)
        return Subject(record.key, record, "", record.version in registry.records.versions(record.name))
    held = find_record(asked, registry)
    if held is not None:
        return Subject(held.key, held, "", held=True)
    parsed = parse_reference(asked)
    if isinstance(parsed, PathReference) and not path.exists():
        raise InputError(f"{asked} is no record of the registry, and no model.", advice="See: stemma record validate")
    described = declared and (isinstance(parsed, HubReference) or path.is_dir())
    return Subject(model_key(asked), _described(asked, registry, work) if described else None, asked, held=False)


def _described(asked: str, registry: Registry, work: Work) -> Record | None:
    """What the files of a model declare, as a draft."""
    names = HubNames(registry.records)
    drafts, _ = gather_drafts([asked], names, name=None, parents=0, digests=False, work=work)
    return parse_record(write_record(drafts[0].data)) if drafts else None
