"""From what a user names as the source of records to drafts of them."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from stemma.errors import InputError, Problem, StemmaError
from stemma.identity import HubReference, PathReference, Reference, UrlReference, parse_reference
from stemma.interop.cards import Names
from stemma.interop.drafts import Draft, record_name
from stemma.interop.model_facts import model_draft
from stemma.interop.model_facts_hub import hub_facts
from stemma.interop.resolve import model_page, resolve
from stemma.usecases.settings import Work
from stemma.usecases.watched import Meter, MeteredFiles
from stemma.weights.interface import FileSet

UMR, KAGGLE = "umr:", "kaggle:"


def gather_drafts(
    sources: Sequence[str], names: Names, *, name: str | None, parents: int, digests: bool, work: Work
) -> tuple[list[Draft], list[Problem]]:
    """A draft for each source (of a UMR collection for each of its files), then for the parents that they name.

    Args:
        names: how records of models on the hub are called.
        name: of the record, in place of what the source is called; for one record alone.
        parents: at most so many of them; one that cannot be read is noted, and does not stop the others.

    Raises:
        InputError: nothing is there, or one name is given for several records.
        SourceError: bytes could not be had.
    """
    called = None if name is None else record_name(name)
    drafts: list[Draft] = []
    notes: list[Problem] = []
    for source in sources:
        if source.startswith(UMR):
            from stemma.interop.umr import convert, read_packages  # noqa: PLC0415 only this source needs it

            packages, refused = read_packages(Path(source.removeprefix(UMR)))
            drafts += convert(packages)
            notes += refused
        elif source.startswith(KAGGLE):
            from stemma.interop.kaggle import kaggle_draft  # noqa: PLC0415 as above

            drafts.append(kaggle_draft(Path(source.removeprefix(KAGGLE)), names, called))
        else:
            drafts.append(_model(source, names, called, digests=digests, work=work))
    if called is not None:
        if len(drafts) != 1:
            advice = "Import them one by one, or leave --name out."
            raise InputError(f"One name for {len(drafts)} records.", advice=advice)
        drafts[0].name = called
    notes += _add_parents(drafts, names, parents, digests=digests, work=work)
    return drafts, notes


def _add_parents(drafts: list[Draft], names: Names, most: int, *, digests: bool, work: Work) -> list[Problem]:
    """Parents breadth first, each once; they are put at the end of ``drafts``."""
    notes: list[Problem] = []
    asked: set[str] = {draft.name for draft in drafts}
    waiting = deque(parent for draft in drafts for parent in draft.parents)
    while waiting and most > 0:
        parent = waiting.popleft()
        name = names(parent.removeprefix("hf:"), False)
        if name in asked:
            continue
        asked.add(name)
        most -= 1
        try:
            found = _model(parent, names, None, digests=digests, work=work)
        except StemmaError as error:
            notes.append(Problem(parent, 0, 0, f"This parent was not read: {error.message}", error.advice, "parent"))
            continue
        drafts.append(found)
        waiting += found.parents
    return notes


def _model(source: str, names: Names, called: str | None, *, digests: bool, work: Work) -> Draft:
    reference = parse_reference(source)
    page = model_page(reference, work.network)
    if page is None:
        files = _watched(source, resolve(reference, work.network), work)
        return model_draft(called or _name_of(reference), files, names, digests=digests)
    facts = hub_facts(page, work.network)
    at = page if facts is None else HubReference(page.name, facts.commit, page.endpoint)
    files = _watched(source, resolve(at, work.network), work)
    return model_draft(called or names(page.name, False), files, names, digests=digests, hub=facts)


def _watched(source: str, files: FileSet, work: Work) -> FileSet:
    """The files, with progress told of; how much is to be read is not known before."""
    return MeteredFiles(files, Meter(lambda read: work.progress(source, read, 0)))


def _name_of(reference: Reference) -> str:
    """The name of the record of what lies in a file or directory, or behind an address."""
    match reference:
        case PathReference(path):
            whole = path.resolve()
            return record_name(whole.name if whole.is_dir() else whole.stem)
        case UrlReference(url):
            return record_name(PurePosixPath(urlsplit(url).path).stem)
        case HubReference(name):
            return record_name(name)
