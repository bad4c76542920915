"""What changed between two versions of a record, and which bump of the version that needs.

| change | bump |
|---|---|
| another name or type; digests of the weights; relations by which weights are handed on; licences | major |
| a field or relation is new or gone; a risk flag or an answer is another; number of parameters | minor |
| wording of a field; evidence and notes of a relation | patch |
| status | none |

The classes of the fields stand in the table of fields. Below 1.0.0 a minor bump does for what else needs a major one,
and a patch for the rest, as ranges with ``^`` take it; a pre-release promises nothing: any greater version does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

from stemma.errors import InvalidRecord, Problem
from stemma.identity import Version
from stemma.immutable import immutable
from stemma.records.record import Leaf, Record, Relation
from stemma.records.shapes import Bump, Json
from stemma.records.table import leaf, leaf_rank

Kind = Literal["added", "removed", "changed"]
_VERBS: Mapping[Kind, str] = {"added": "is new", "removed": "is gone", "changed": "is another"}


@immutable
class Change:
    """One difference: ``path`` is a dotted path, or ``relations`` with kind and target; ``reason`` is a sentence."""

    path: str
    kind: Kind
    old: Json
    new: Json
    bump: Bump
    reason: str


@immutable
class Difference:
    """All changes, in the order of the language."""

    old: str
    new: str
    changes: tuple[Change, ...]

    @property
    def bump(self) -> Bump:
        """The largest bump that any change needs."""
        return max((change.bump for change in self.changes), default=Bump.NONE)


def diff_records(old: Record, new: Record) -> Difference:
    """Compare two records as written; what they inherit is not looked at."""
    changes = [*_heads(old, new), *_relations(old, new), *_leaves(old.leaves, new.leaves)]
    return Difference(old.key, new.key, tuple(changes))


def needed_version(old: Version, bump: Bump) -> Version:
    """The least version after ``old`` that ``bump`` allows; ``old`` itself where nothing needs a bump."""
    major, minor, patch = old.release
    if bump is Bump.NONE:
        return old
    if old.prerelease:
        return Version.parse(f"{major}.{minor}.{patch}")
    level = Bump(bump - 1) if major == 0 and bump > Bump.PATCH else bump
    if level is Bump.MAJOR:
        return Version.parse(f"{major + 1}.0.0")
    return Version.parse(f"{major}.{minor + 1}.0" if level is Bump.MINOR else f"{major}.{minor}.{patch + 1}")


def check_bump(old: Record, new: Record) -> Difference:
    """The difference, if the version of ``new`` rises enough for it.

    Raises:
        InvalidRecord: it does not; the message names the least version that would do, and the changes that need it.
    """
    difference = diff_records(old, new)
    least = needed_version(old.version, difference.bump)
    enough = new.version.compare(least) >= 0
    if old.version.prerelease:
        enough = difference.bump is Bump.NONE or new.version.compare(old.version) > 0
    if enough:
        return difference
    line, column = new.places.get("version", (0, 0))
    why = "; ".join(change.reason for change in difference.changes if change.bump is difference.bump)
    message = f"Got version {new.version} after {old.version}, expected {least} or above: {why}."
    raise InvalidRecord([Problem(new.file or new.key, line, column, message, f"Bump to {least}.", "bump")])


def _heads(old: Record, new: Record) -> Iterator[Change]:
    if old.name != new.name:
        yield Change("name", "changed", old.name, new.name, Bump.MAJOR, "the name is another")
    if old.type is not new.type:
        yield Change("type", "changed", old.type.value, new.type.value, Bump.MAJOR, "the type is another")
    before, after = old.data.get("status"), new.data.get("status")
    if before != after:
        yield Change("status", "changed", before, after, Bump.NONE, "the status may change in place")


def _leaves(old: Mapping[str, Leaf], new: Mapping[str, Leaf]) -> Iterator[Change]:
    for path in sorted(old.keys() | new.keys(), key=leaf_rank):
        before, after = old.get(path), new.get(path)
        if before is not None and after is not None and (before.mode, before.value) == (after.mode, after.value):
            continue
        kind: Kind = "added" if before is None else "removed" if after is None else "changed"
        field = leaf(path)
        bump = {"added": field.added, "changed": field.changed}.get(kind, max(field.added, field.changed))
        yield Change(path, kind, _value(before), _value(after), bump, f"{path} {_VERBS[kind]}")


def _value(found: Leaf | None) -> Json:
    return None if found is None else found.value


def _relations(old: Record, new: Record) -> Iterator[Change]:
    before, after = _by_edge(old), _by_edge(new)
    for edge in [*before, *(edge for edge in after if edge not in before)]:
        one, other = before.get(edge), after.get(edge)
        if one is None or other is None:
            found = one or other
            assert found is not None
            kind: Kind = "added" if one is None else "removed"
            bump = Bump.MAJOR if found.definition.weight_edge else Bump.MINOR
            yield _edge_change(one, other, kind, bump, f"the relation {' '.join(edge).rstrip()} {_VERBS[kind]}")
        elif one.target != other.target or one.coefficient != other.coefficient:
            bump = Bump.MAJOR if one.definition.weight_edge else Bump.MINOR
            yield _edge_change(one, other, "changed", bump, f"the relation {' '.join(edge).rstrip()} leads elsewhere")
        elif _said(one) != _said(other):
            reason = f"what is said of the relation {' '.join(edge).rstrip()} is another"
            yield _edge_change(one, other, "changed", Bump.PATCH, reason)


def _by_edge(record: Record) -> dict[tuple[str, str, str], Relation]:
    return {(relation.kind.value, relation.target.name, relation.component): relation for relation in record.relations}


def _said(relation: Relation) -> tuple[object, ...]:
    return relation.method, relation.evidence, relation.note, dict(relation.extensions)


def _edge_change(one: Relation | None, other: Relation | None, kind: Kind, bump: Bump, reason: str) -> Change:
    found = other or one
    assert found is not None
    path = f"relations {found.kind.value} {found.target.name}"
    return Change(path, kind, _shown(one), _shown(other), bump, reason)


def _shown(relation: Relation | None) -> Json:
    if relation is None:
        return None
    share = "" if relation.coefficient is None else f" ({relation.coefficient:g})"
    return f"{relation.target}{share}"
