"""Records found by words: what is asked, what is found, and which words a record can be found by.

A record can be found by the beginning of any word of its name, title, publisher, licences, architecture, tags and
tasks, and by what it states of itself: type, licences, risks that are present, and the first of its owners. What it
inherits is not looked at.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from stemma.immutable import immutable
from stemma.registry.edges import DeclaredEdge, Facts, newest
from stemma.registry.interface import GraphSource, RecordStore
from stemma.registry.marks import marks_in, owners_of

MAX_WORDS = 12
MOST = 500
"""How many candidates are looked at; where there are more, the search has to be narrowed."""
_MAX_LENGTH = 40
_MAX_OF_RECORD = 80
_WORD = re.compile(r"[^\W_]+")
_SEARCHED = ("title", "publisher", "architecture", "model_type", "tags", "+tags", "tasks", "+tasks")
_ANY = "*"


@immutable
class Query:
    """``text`` as somebody types it; the others are exact, and empty where they do not matter."""

    text: str = ""
    type: str = ""
    licence: str = ""
    risk: str = ""
    owner: str = ""

    @property
    def beginnings(self) -> tuple[str, ...]:
        """The beginnings of words that are all to be found."""
        return tuple(list(dict.fromkeys(split(self.text)))[:MAX_WORDS])

    @property
    def marks(self) -> tuple[str, ...]:
        """The marks that are all to be borne."""
        named = (("type", self.type), ("licence", self.licence), ("risk", self.risk), ("owner", self.owner))
        return tuple(mark_of(name, value) for name, value in named if value)

    @property
    def empty(self) -> bool:
        """Whether nothing is asked for."""
        return not self.beginnings and not self.marks


class Found(NamedTuple):
    """The newest usable version of a name."""

    name: str
    version: str
    versions: int
    facts: Facts

    @property
    def key(self) -> str:
        """``name@version``."""
        return f"{self.name}@{self.version}"


@immutable
class FoundPage:
    """A part of what was found. ``total`` counts all of it, unless it is not ``complete``: then there is more."""

    found: tuple[Found, ...]
    total: int
    complete: bool


def split(text: str) -> tuple[str, ...]:
    """The words of a text, as they are compared."""
    return _split(_folded(text))


def split_once(text: str) -> tuple[str, ...]:
    """The same of a text that hardly comes again: it is not remembered."""
    return _cut(_folded(text))


def _folded(text: str) -> str:
    return text.lower() if text.isascii() else unicodedata.normalize("NFKC", text).casefold()


def _cut(folded: str) -> tuple[str, ...]:
    found = _WORD.findall(folded)
    return tuple(found if len(folded) <= _MAX_LENGTH else [word[:_MAX_LENGTH] for word in found])


_split = lru_cache(maxsize=65_536)(_cut)
"""Publishers, licences and tags come again and again, and most titles are the name."""


@lru_cache(maxsize=65_536)
def mark_of(name: str, value: str) -> str:
    """A word that only one value of one field has."""
    return f"{name}_{''.join(split(value))[:_MAX_LENGTH]}"


def words_of(data: Mapping[str, Any], marks: Iterable[str]) -> str:
    """The words by which a record can be found, with a space between them; ``marks`` are those of the record."""
    about: Any = data.get("about") or {}
    licences = _texts(about.get("licenses") or about.get("+licenses"))
    found = [mark_of("type", str(data["type"])), *[mark_of("licence", licence) for licence in licences]]
    found += [mark_of("risk", name) for name, value in (data.get("risks") or {}).items() if _present(value)]
    publisher = about.get("publisher")
    owners = owners_of(publisher if isinstance(publisher, str) else "", marks)
    found += [mark_of("owner", owner) for owner in sorted(owners)[:_MAX_OF_RECORD]]
    most = len(found) + _MAX_OF_RECORD
    for text in (str(data["name"]), *licences):
        found += split(text)
    for field in _SEARCHED:
        if field in about:
            for text in _texts(about[field]):
                found += split(text)
    return " ".join(list(dict.fromkeys(found))[:most])


def page_of(
    candidates: Collection[tuple[str, str]],
    graph: GraphSource,
    query: Query,
    offset: int,
    limit: int,
    *,
    complete: bool,
) -> FoundPage:
    """Of candidates (name and version) those that are the newest of their name; those whose name fits come first."""
    held = graph.versions_of({name for name, _ in candidates})
    usable = {name: newest(versions, _ANY) or versions[-1].version for name, versions in held.items()}
    asked = "-".join(query.beginnings)
    fitting = sorted(
        {name for name, version in candidates if name in usable and version == str(usable[name])},
        key=lambda name: (name != asked, not name.startswith(asked), name),
    )
    shown = {f"{name}@{usable[name]}": name for name in fitting[offset : offset + limit]}
    facts = graph.facts(list(shown))
    found = tuple(Found(name, str(usable[name]), len(held[name]), facts[key]) for key, name in shown.items())
    return FoundPage(found, len(fitting), complete)


class RecordSearch:
    """Implements :class:`stemma.registry.SearchSource` over any store; all records are looked at, once."""

    def __init__(self, records: RecordStore, graph: GraphSource) -> None:
        self._records, self._graph = records, graph
        self._words: Sequence[tuple[str, str, tuple[str, ...]]] | None = None

    def forget(self) -> None:
        """Records were written: look again."""
        self._words = None

    def find(self, query: Query, *, offset: int = 0, limit: int = 20) -> FoundPage:
        """What fits a query."""
        candidates = [(name, version) for name, version, words in self._read() if _fits(query, words)]
        return page_of(candidates, self._graph, query, offset, limit, complete=True)

    def keys(self, query: Query) -> Sequence[str]:
        """Every version that fits a query, as ``name@version``."""
        return sorted(f"{name}@{version}" for name, version, words in self._read() if _fits(query, words))

    def made_of(self, name: str, limit: int) -> tuple[Sequence[DeclaredEdge], int]:
        """The first of the declared edges whose upstream end bears a name, and how many there are."""
        found = list(self._graph.declared([name], "upstream"))
        return found[:limit], len(found)

    def _read(self) -> Sequence[tuple[str, str, tuple[str, ...]]]:
        if self._words is None:
            self._words = [
                (name, str(version), tuple(_words(self._records.get(name, version).data)))
                for name in self._records.names()
                for version in self._records.versions(name)
            ]
        return self._words


def _fits(query: Query, words: Collection[str]) -> bool:
    marked = all(mark in words for mark in query.marks)
    return marked and all(any(word.startswith(start) for word in words) for start in query.beginnings)


def _words(data: Mapping[str, Any]) -> list[str]:
    return words_of(data, marks_in(data)).split()


def _texts(value: Any) -> list[str]:
    if isinstance(value, list):
        return [str(each) for each in value]
    return [] if value is None else [str(value)]


def _present(value: Any) -> bool:
    return value is True or (isinstance(value, dict) and value.get("present") is True)
