"""Go through the listing of a hub and write a draft of a record for every model that has none.

A page is one transaction: its records, and the alerts of those that come under an advisory. After it the place of the
next page is noted, so that a run that was stopped goes on there; a page that was written twice is written once.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from stemma.errors import InputError, InvalidRecord, MalformedFile, Problem, RateLimited
from stemma.identity.version import VERSION
from stemma.interop.crawl import Manners
from stemma.interop.drafts import Draft, record_name
from stemma.interop.listings import Listing, Page
from stemma.publish.alerts.model import IndexReport
from stemma.records import parse_record, write_record
from stemma.registry import Registry
from stemma.usecases.alerts.raising import keep_records
from stemma.weights.http_waits import Clock

MAX_NOTES = 1_000
MAX_STATE = 100_000


class IndexNames:
    """The name of the record for a name on the hub: that of the record which states it, else one made of it."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def __call__(self, hub: str, data: bool) -> str:
        """The name for ``org/name``; data sets get ``-data`` where a model has the name."""
        keys = self._registry.identities.bearers([f"huggingface:{hub}"]).get(f"huggingface:{hub}", ())
        named = record_name(hub)
        if not data:
            return next((key.partition("@")[0] for key in keys), named)
        return f"{named}-data" if keys else named


@dataclass
class _Tally:
    pages: int = 0
    written: int = 0
    known: int = 0
    told: int = 0
    left_out: dict[str, str] = field(default_factory=dict)
    notes: list[Problem] = field(default_factory=list)


def index(
    registry: Registry,
    listing: Listing,
    state: Path,
    *,
    now: Callable[[], str],
    pages: int | None = None,
    restart: bool = False,
    manners: Manners | None = None,
    clock: Clock = time,
    tell: Callable[[int, int], None] = lambda _pages, _written: None,
) -> IndexReport:
    """Write drafts for the models of a listing that have no record, a page at a time.

    Args:
        registry: where they go.
        listing: what is gone through.
        state: file that holds where to go on; made if absent.
        now: tells the time.
        pages: go through so many at most, in this run.
        restart: begin at the first page, wherever the last run stopped.
        manners: seconds between two pages, and of rest after a refusal by rate.
        clock: what they are measured and waited with.
        tell: hears of pages and records so far.

    Raises:
        MalformedFile: the state file is of something else.
        AccessDenied, SourceError: the server refuses, or cannot be reached; what was written stays.
    """
    rules, tally = manners or Manners(), _Tally()
    cursor = "" if restart else _resumed(state, listing.source)
    finished = False
    while not finished and (pages is None or tally.pages < pages):
        if tally.pages:
            clock.sleep(rules.pause)
        page = _patiently(listing, cursor, rules, clock)
        _write(registry, page, now(), tally)
        cursor, finished = page.next, not page.next
        _note(state, listing.source, cursor)
        tell(tally.pages, tally.written)
    return IndexReport(
        source=listing.source,
        pages=tally.pages,
        written=tally.written,
        known=tally.known,
        left_out=tally.left_out,
        notes=tuple(tally.notes[:MAX_NOTES]),
        told=tally.told,
        finished=finished,
        stemma=VERSION,
    )


def _patiently(listing: Listing, cursor: str, rules: Manners, clock: Clock) -> Page:
    for rest in range(rules.rests + 1):
        try:
            return listing.page(cursor)
        except RateLimited:
            if rest == rules.rests:
                raise
            clock.sleep(rules.rest)
    raise AssertionError("the last rest raises")


def _write(registry: Registry, page: Page, when: str, tally: _Tally) -> None:
    known = registry.identities.bearers([mark for mark, _ in page.drafts])
    fresh = [(mark, draft) for mark, draft in page.drafts if mark not in known]
    tally.left_out |= page.left_out
    taken = set(registry.graph.versions_of([draft.name for _, draft in fresh]))
    texts = list(_texts(fresh, taken, tally))
    tally.told += keep_records(registry, texts, when).told
    tally.pages += 1
    tally.written += len(texts)
    tally.known += len(page.drafts) - len(fresh)


def _texts(drafts: Sequence[tuple[str, Draft]], taken: set[str], tally: _Tally) -> Iterator[str]:
    for mark, draft in drafts:
        tally.notes += draft.notes[: max(0, MAX_NOTES - len(tally.notes))]
        if draft.name in taken:
            tally.left_out[mark] = f"another record is called {draft.name}"
            continue
        text = write_record(draft.data)
        try:
            parse_record(text, mark)
        except InvalidRecord as error:
            tally.left_out[mark] = error.problems[0].message
            continue
        taken.add(draft.name)
        yield text


def _resumed(state: Path, source: str) -> str:
    """Where to go on; "" where nothing was done yet, or everything."""
    if not state.exists():
        return ""
    try:
        with state.open("rb") as stream:
            said = json.loads(stream.read(MAX_STATE))
    except OSError as error:
        raise InputError(f"The state file {state} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict) or said.get("source") != source or not isinstance(said.get("next"), str):
        raise MalformedFile(
            str(state), "something else", "the state of this index", advice="Name another with --state, or --restart."
        )
    return str(said["next"])


def _note(state: Path, source: str, cursor: str) -> None:
    """Note where the next page begins, whole and on the disk."""
    temporary = state.with_name(f".{state.name}.new")
    try:
        state.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("w", encoding="utf-8") as stream:
            json.dump({"source": source, "next": cursor}, stream)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(state)
    except OSError as error:
        raise InputError(
            f"The state file {state} cannot be written: {error.strerror}.", advice="Name another with --state."
        ) from error


def default_state(place: str, source: str) -> Path:
    """Where the state of an index is kept: in the user's data directory, one file a registry and listing."""
    data = os.environ.get("XDG_DATA_HOME")
    home = Path(data) if data else Path.home() / ".local" / "share"
    return home / "stemma" / "index" / f"{sha256(f'{place} {source}'.encode()).hexdigest()[:24]}.json"
