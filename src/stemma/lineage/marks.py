"""Marks of nodes that are no records: by which digests and repositories unrecorded weights are recognised."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from stemma.registry.interface import IdentitySource


class Marked:
    """Implements :class:`stemma.registry.IdentitySource`: another one, with the marks of one more node."""

    def __init__(self, others: IdentitySource, key: str, marks: frozenset[str]) -> None:
        self._others, self._key, self._marks = others, key, marks

    def marks(self, keys: Collection[str]) -> Mapping[str, frozenset[str]]:
        """The marks of nodes by key."""
        found = dict(self._others.marks(keys))
        if self._key in keys:
            found[self._key] = found.get(self._key, frozenset()) | self._marks
        return found

    def bearers(self, marks: Collection[str]) -> Mapping[str, Sequence[str]]:
        """Keys of the nodes that bear each of these marks."""
        found = dict(self._others.bearers(marks))
        for mark in sorted(self._marks & set(marks)):
            found[mark] = sorted({*found.get(mark, ()), self._key})
        return found


def files_of(marks: frozenset[str]) -> frozenset[str]:
    """Of some marks those that are digests of files or of weights."""
    return frozenset(mark for mark in marks if mark.startswith(("sha256:", "blake3:")))
