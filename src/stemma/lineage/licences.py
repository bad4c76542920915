"""A declared licence beside those inherited along the edges: what was named upstream and is not named here.

Names are compared, nothing else; a difference is a reason to look, not a breach. Terms are inherited along the
relations that hand them on (the facet ``terms`` of the vocabulary).
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from functools import cache
from importlib.resources import files

from stemma.identity import is_present
from stemma.immutable import immutable
from stemma.records import Record, Resolver
from stemma.vocabulary import Facet


class Agreement(StrEnum):
    """How the licences of a record and of one upstream compare."""

    SAME = "same"
    DIFFERS = "differs"
    DROPPED = "restriction dropped"
    NOT_STATED = "not stated"


@immutable
class LicenceFinding:
    """One upstream record that states a licence. ``path`` leads from the record to it; ``dropped`` says in words what
    the upstream licence asks for and those of the record do not."""

    upstream: str
    stated: tuple[str, ...]
    declared: tuple[str, ...]
    agreement: Agreement
    dropped: tuple[str, ...]
    path: tuple[str, ...]


def licence_findings(record: Record, resolver: Resolver) -> tuple[LicenceFinding, ...]:
    """Every record upstream that states a licence of its own, nearest first, beside what ``record`` declares itself."""
    declared = _stated(record)
    found, seen = [], {record.key}
    level: list[tuple[Record, tuple[str, ...]]] = [(record, (record.key,))]
    while level:
        following: list[tuple[Record, tuple[str, ...]]] = []
        for at, path in level:
            for parent in _parents(at, resolver):
                if parent.key in seen:
                    continue
                seen.add(parent.key)
                way = (*path, parent.key)
                following.append((parent, way))
                stated = _stated(parent)
                if stated:
                    found.append(_finding(parent.key, stated, declared, way))
        level = following
    return tuple(found)


def _parents(record: Record, resolver: Resolver) -> Iterable[Record]:
    for edge in resolver.edges(record):
        definition = edge.relation.definition
        if Facet.TERMS in definition.passes and definition.target == "upstream" and is_present(edge.target):
            yield edge.target


def _stated(record: Record) -> tuple[str, ...]:
    value = record.get("about.licenses")
    return tuple(str(each) for each in value) if isinstance(value, list) else ()


def _finding(key: str, stated: Sequence[str], declared: Sequence[str], path: tuple[str, ...]) -> LicenceFinding:
    asked, kept = traits_of(stated), traits_of(declared)
    dropped = tuple(meaning for trait, meaning in asked.items() if trait not in kept)
    if not declared:
        agreement, dropped = Agreement.NOT_STATED, ()
    elif {_plain(name) for name in stated} <= {_plain(name) for name in declared}:
        agreement = Agreement.SAME
    else:
        agreement = Agreement.DROPPED if dropped else Agreement.DIFFERS
    return LicenceFinding(key, tuple(stated), tuple(declared), agreement, dropped, path)


def traits_of(names: Iterable[str]) -> dict[str, str]:
    """What some licences ask for, by trait, with its meaning."""
    wanted = {_plain(name) for name in names}
    return {trait: meaning for trait, (meaning, known) in _traits().items() if wanted & known}


@cache
def _traits() -> Mapping[str, tuple[str, frozenset[str]]]:
    path = files("stemma.lineage") / "data" / "licences.toml"
    table = tomllib.loads(path.read_text(encoding="utf-8"))["trait"]
    return {name: (entry["meaning"], frozenset(map(_plain, entry["names"]))) for name, entry in table.items()}


def _plain(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum() or letter == "+")
