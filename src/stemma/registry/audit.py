"""The audit log: every entry holds the hash of the one before, so that nothing can be changed or taken out unseen.

What the chain cannot show by itself is that its end was cut off: note the head (``stemma registry stats``) elsewhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from itertools import islice

from stemma.errors import InputError
from stemma.registry.forms import line_of
from stemma.registry.notices import GENESIS, AuditEntry, audit_entry


def chain_problems(entries: Iterable[AuditEntry]) -> Iterator[str]:
    """What is wrong with a log that should begin at its first entry; nothing where it is sound."""
    previous, expected = GENESIS, 1
    for entry in entries:
        if entry.seq != expected:
            yield f"Got entry {entry.seq}, expected entry {expected}: entries were taken out or put in."
        elif entry.previous != previous:
            yield f"Entry {entry.seq} does not follow the entry before it, which was changed or replaced."
        again = audit_entry(entry.seq, entry.at, entry.actor, entry.action, entry.subject, entry.digest, entry.previous)
        if again.hash != entry.hash:
            yield f"Entry {entry.seq} ({entry.action} {entry.subject}) was changed after it was written."
        previous, expected = entry.hash, entry.seq + 1


INIT = "registry.init"


def only_begun(entries: Iterable[AuditEntry]) -> bool:
    """Whether a log tells nothing but that its registry was made: then that of a backup may take its place."""
    first = list(islice(entries, 2))
    return not first or (len(first) == 1 and first[0].action == INIT)


def require_sound(entries: Iterable[AuditEntry]) -> list[AuditEntry]:
    """The entries of a log; raises InputError with the first thing that is wrong with it, or where it is empty."""
    given = list(entries)
    problem = next(chain_problems(given), None if given else "It has no entry.")
    if problem is not None:
        raise InputError(f"The audit log is not sound: {problem}", advice="Take the log from a safe copy.")
    return given


def digest_of(text: str) -> str:
    """The digest that an entry holds of a text."""
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def digest_of_all(values: Iterable[object]) -> str:
    """The digest that an entry holds of several values, in order."""
    whole = hashlib.sha256()
    for value in values:
        whole.update(line_of(value).encode() + b"\n")
    return f"sha256:{whole.hexdigest()}"
