"""What the joined graph is made of: edges as records declare them, edges as weights show them, and versions at hand.

Declared edges are slim tuples, since a walk meets them by the ten thousand: the evidence of one is in the record that
declares it, ``registry.records.get(edge.name, edge.version).relations[edge.position]``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from enum import IntEnum
from functools import cached_property, lru_cache
from typing import Literal, NamedTuple

from stemma.identity import Range, Requirement, Version
from stemma.immutable import immutable
from stemma.records import Record, Relation
from stemma.registry.forms import later, line_of
from stemma.registry.marks import marks_in, owners_of
from stemma.vocabulary import Exclusion, Grounds, Kinship, Mechanism, RecordType, RelationKind, load_relations

Basis = Literal["weights", "fingerprint", "ranges"]


class Standing(IntEnum):
    """Bits of ``DeclaredEdge.standing``: the grounds that are given, and whether any evidence denies the edge."""

    NONE = 0
    E1 = 1
    E2 = 2
    E3 = 4
    DENIED = 8


class DeclaredEdge(NamedTuple):
    """``name@version`` declares that it relates to every version of ``target`` in ``range``.

    ``position`` is the place of the relation in that record, from 0. ``standing`` sums up its evidence. Where the files
    of a model declare it, which have no record, ``name`` is the node as it stands and ``version`` empty.
    """

    name: str
    version: str
    position: int
    kind: RelationKind
    target: str
    range: str
    standing: int

    @property
    def key(self) -> str:
        """The node that declares the edge."""
        return f"{self.name}@{self.version}" if self.version else self.name

    @property
    def requirement(self) -> Requirement:
        """What is asked of the target."""
        return Requirement(self.target, Range.parse(self.range))

    @property
    def target_is_upstream(self) -> bool:
        """True where the record was made from the target; False where the target was made from the record."""
        return load_relations().kinds[self.kind].target == "upstream"

    @property
    def upstream(self) -> str:
        """Name of the end that the other was made from."""
        return self.target if self.target_is_upstream else self.name

    @property
    def downstream(self) -> str:
        """Name of the end that was made from the other."""
        return self.name if self.target_is_upstream else self.target

    @property
    def grounds(self) -> tuple[Grounds, ...]:
        """The grounds on which it is declared."""
        return tuple(ground for ground in Grounds if self.standing & Standing[ground.name])

    @property
    def denied(self) -> bool:
        """True where some evidence of the declaration denies it."""
        return bool(self.standing & Standing.DENIED)


def declared_edges(record: Record) -> list[DeclaredEdge]:
    """The edges that a record declares, in its order."""
    version = str(record.version)
    return [
        DeclaredEdge(
            record.name, version, position, each.kind, each.target.name, str(each.target.range), standing(each)
        )
        for position, each in enumerate(record.relations)
    ]


def standing(relation: Relation) -> int:
    """The grounds of all evidence that speaks for a relation, and whether any speaks against it."""
    found = 0
    for each in relation.evidence:
        found |= Standing.DENIED if each.denies else Standing[each.grounds.name]
    return found


@immutable
class MeasuredEdge:
    """A ruling over the weights of two subjects, with what it rests on.

    A subject is ``NAME@VERSION`` of a record, or ``model:REFERENCE`` where the weights have none. ``label``,
    ``established``, ``direction`` and ``confidence`` are the words of :mod:`stemma.constitution`. ``evidence`` is JSON
    as in comparison documents. ``basis`` says what was read: weights, a stored fingerprint, or ranges of a remote file.
    ``looked_everywhere`` is that of the ruling; None where a ruling was kept before it was told.
    ``component`` is the part that alone was looked at, such as ``vision``; empty where whole models were.
    """

    a: str
    b: str
    label: str
    established: str
    kinship: Kinship
    direction: str
    mechanism: Mechanism | None
    confidence: str | None
    exclusion: Exclusion | None
    status: str
    reasons: tuple[str, ...]
    not_examined: tuple[str, ...]
    evidence: str
    fingerprint_a: str
    fingerprint_b: str
    basis: Basis
    date: str
    alpha: float
    constitution: str
    stemma: str
    looked_everywhere: bool | None = later()
    component: str = later("")

    @cached_property
    def id(self) -> str:
        """Digest of the content: the same ruling told twice is one."""
        return hashlib.sha256(line_of(self).encode()).hexdigest()


@immutable
class FingerprintDigest:
    """The fingerprint of a subject's weights: its digest (``sha256:...``), its schema, and when it was taken."""

    subject: str
    digest: str
    schema: str
    date: str


class Held(NamedTuple):
    """A version that a registry holds, by its text: a walk compares many and looks at few."""

    text: str
    yanked: bool

    @property
    def version(self) -> Version:
        """The version."""
        return Version.parse(self.text)


class Facts(NamedTuple):
    """What a record writes of itself, nothing inherited; empty where it writes nothing.

    ``owners`` are its publisher and the accounts on hubs under which it lies, in lower case.
    """

    type: RecordType
    state: str
    title: str
    publisher: str
    licenses: tuple[str, ...]
    owners: frozenset[str]


def facts_of(record: Record) -> Facts:
    """The facts of a record."""
    given, licenses = record.get("about.publisher"), record.get("about.licenses")
    publisher = given if isinstance(given, str) else ""
    return Facts(
        record.type,
        record.status.state,
        record.title,
        publisher,
        tuple(str(each) for each in licenses) if isinstance(licenses, list) else (),
        owners_of(publisher, marks_in(record.data)),
    )


def admitted(held: Iterable[Held], span: str) -> tuple[Version, ...]:
    """The versions that a range admits, as :func:`stemma.records.choose` would look at them, newest first.

    Pre-releases count where the range names one; yanked versions where it holds that one alone.
    """
    return _admitted(tuple(held), span)


@lru_cache(maxsize=16_384)
def _admitted(held: tuple[Held, ...], span: str) -> tuple[Version, ...]:
    """A walk asks the same thousands of times: most records have one version, most ranges are of a few kinds."""
    asked = Range.parse(span)
    pinned = asked.pinned is not None
    early = pinned or asked.names_prerelease
    fitting = [
        version
        for version, yanked in ((each.version, each.yanked) for each in held)
        if version in asked and (early or not version.prerelease) and (pinned or not yanked)
    ]
    return tuple(sorted(fitting, reverse=True))


def newest(held: Sequence[Held], span: str) -> Version | None:
    """The version that :func:`stemma.records.choose` would take; None where there is none."""
    return next(iter(admitted(held, span)), None)
