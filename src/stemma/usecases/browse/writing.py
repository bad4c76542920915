"""Records and advisories that come in over a server, by the bearer of a token: all of it or nothing, with the log."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from stemma.advisories import Advisory, parse_advisory
from stemma.errors import AccessDenied, ChangedMeanwhile, Conflict, InputError
from stemma.identity import Version
from stemma.immutable import immutable
from stemma.lineage import from_store
from stemma.records import Resolver, parse_record
from stemma.registry import Registry
from stemma.usecases.alerts.raising import Raised, keep_advisories, keep_records
from stemma.usecases.browse.tokens import EVERYTHING, Token


@immutable
class Written:
    """What was written: its key, the tag of its text, whether it is new, and what that did to alerts."""

    key: str
    tag: str
    created: bool
    raised: Raised


def tag_of(text: str) -> str:
    """By which a text is known again."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def put_record(
    text: str, place: tuple[str, str], registry: Registry, token: Token, when: str, expected: tuple[str, ...] | None
) -> Written:
    """Put the record ``place`` (name and version) in. What is published stays as it is, unless ``expected`` holds the
    tag of what is there (``*``: of anything); then it is replaced.

    Raises:
        InvalidRecord: the text is no record.
        InputError: it is the record of another place.
        Conflict: other content is there.
        ChangedMeanwhile: what is there has none of the expected tags.
        UnresolvedRecord: it would close a circle.
    """
    record = parse_record(text, "record")
    if (record.name, str(record.version)) != place:
        raise InputError(f"Got the record {record.key}, expected {place[0]}@{place[1]}.")
    with registry.transaction():
        there = _text(registry, record.name, record.version)
        if expected is not None and (there is None or not {"*", tag_of(there)} & set(expected)):
            raise ChangedMeanwhile(f"{record.key} is not as it was read.", advice="Read it again.")
        if there is not None and there != text and expected is None:
            advice = "Give the change a version of its own, or replace what is there with If-Match."
            raise Conflict(f"{record.key} is there already, with other content.", advice=advice)
        raised = keep_records(registry, [text], when, replace=there is not None)
        Resolver(registry.records, dangling="report").resolve(registry.records.get(record.name, record.version))
        _log(registry, "web.record", record.key, token)
    return Written(record.key, tag_of(text), there is None, raised)


def put_advisory(text: str, identity: str, registry: Registry, token: Token, when: str) -> Written:
    """Put an advisory in, or a later version of one.

    Raises:
        InvalidAdvisory: the text is none.
        InputError: it is another one.
        AccessDenied: it is about something that the token does not cover.
        Conflict: the one that is there was modified at the same time or later.
    """
    advisory = parse_advisory(text, "advisory")
    if advisory.id != identity:
        raise InputError(f"Got the advisory {advisory.id[:80]}, expected {identity}.")
    with registry.transaction():
        history = registry.advisories.history(identity)
        before = [from_store(history[-1])] if history else []
        require_cover(token, [advisory, *before])
        (kept,) = keep_advisories(registry, [advisory], when)
        if not kept.fresh and before != [advisory]:
            advice = "Set a later time of modification."
            raise Conflict(f"{identity} is there already, modified at {before[0].modified}.", advice=advice)
        if kept.fresh:
            _log(registry, "web.advisory", identity, token)
    return Written(identity, tag_of(text), not history, kept.raised)


def require_cover(token: Token, advisories: Iterable[Advisory]) -> None:
    """Raises AccessDenied unless a token covers all that advisories name; what is no record of a name, such as digests,
    takes a token for everything."""
    if EVERYTHING in token.namespaces:
        return
    for affected in (each for advisory in advisories for each in advisory.affected):
        others = bool(affected.digests or affected.repositories or affected.commits or affected.purl)
        if not affected.record or others or not token.covers(affected.record):
            what = affected.record if affected.record and not others else "what has no record here"
            raise AccessDenied(f"This token does not cover {what}.")


def _text(registry: Registry, name: str, version: Version) -> str | None:
    return registry.records.text(name, version) if version in registry.records.versions(name) else None


def _log(registry: Registry, action: str, subject: str, token: Token) -> None:
    registry.audit.append(action, f"{subject} by {token.name} (token {token.id})")
