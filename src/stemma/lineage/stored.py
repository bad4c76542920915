"""Advisories as the registry keeps them, and back."""

from __future__ import annotations

from stemma.advisories import Advisory, advisory_text, parse_advisory
from stemma.registry.notices import StoredAdvisory


def to_store(advisory: Advisory) -> StoredAdvisory:
    """What the registry keeps: the text, and by what it is found again."""
    return StoredAdvisory(
        id=advisory.id,
        modified=advisory.modified,
        text=advisory_text(advisory),
        names=advisory.records,
        subjects=tuple(sorted({*advisory.digests, *advisory.repositories})),
        withdrawn=advisory.withdrawn,
    )


def from_store(stored: StoredAdvisory) -> Advisory:
    """The advisory; raises InvalidAdvisory where what is kept breaks the rules."""
    return parse_advisory(stored.text, stored.id)
