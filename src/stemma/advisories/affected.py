"""What an advisory is about: records in ranges of versions, digests, repositories with commits, packages."""

from __future__ import annotations

from stemma.advisories.advisory import Affected, Commits, Span
from stemma.advisories.fields import Fields, report
from stemma.advisories.identifiers import repository_of, repository_of_purl
from stemma.errors import BadVersion
from stemma.identity import Digest, Version, name_problem

KEYS = ("package", "severity", "ranges", "versions", "ecosystem_specific", "database_specific")
OWN_KEYS = ("record", "digests", "purl", "repositories")
RANGE_KEYS = ("type", "repo", "events", "database_specific")
RANGE_TYPES = ("SEMVER", "GIT", "ECOSYSTEM")
EVENTS = ("introduced", "fixed", "last_affected", "limit")
_ENDS = ("fixed", "last_affected", "limit")


def read_affected(fields: Fields) -> Affected:
    """One entry of ``affected``; what is wrong goes to the findings of ``fields``."""
    fields.known(KEYS, strict=False)
    package = fields.object("package")
    package.known(("ecosystem", "name", "purl"), strict=False)
    own = fields.object("database_specific").object("stemma")
    own.known(OWN_KEYS, strict=True)
    record, purl = _record(own), own.text("purl") or package.text("purl")
    spans: list[Span] = []
    commits: list[Commits] = []
    for each in fields.objects("ranges"):
        _read_range(each, spans, commits, ours=bool(record))
    named = [repository_of_purl(purl), *own.texts("repositories"), *(repository_of(c.repository) for c in commits)]
    return Affected(
        record=record,
        spans=tuple(spans),
        versions=_versions(fields) if record else frozenset(),
        digests=_digests(own),
        commits=tuple(commits),
        repositories=tuple(dict.fromkeys(name for name in named if name)),
        purl=purl,
        package=_package(package),
    )


def _record(own: Fields) -> str:
    name = own.text("record", most=128)
    if name and name_problem(name) is not None:
        report(own, "record", "the name of a record: lower-case letters, digits, and . _ - between them")
        return ""
    return name


def _package(package: Fields) -> tuple[str, str]:
    if not package.entries:
        return "", ""
    return package.text("ecosystem", required=True), package.text("name", required=True)


def _versions(fields: Fields) -> frozenset[Version]:
    texts = fields.texts("versions", lambda text: None if _version(text) else "a semantic version such as 1.0.0")
    return frozenset(version for text in texts if (version := _version(text)))


def _digests(own: Fields) -> tuple[Digest, ...]:
    expected = "a digest such as sha256: and 64 hexadecimal digits"
    texts = own.texts("digests", lambda text: None if _digest(text) else expected)
    return tuple(digest for text in texts if (digest := _digest(text)))


def _read_range(fields: Fields, spans: list[Span], commits: list[Commits], *, ours: bool) -> None:
    fields.known(RANGE_KEYS, strict=False)
    kind = fields.text("type", required=True)
    if kind and kind not in RANGE_TYPES:
        report(fields, "type", f"one of {', '.join(RANGE_TYPES)}")
        return
    if ours and kind == "ECOSYSTEM":
        report(fields, "type", "SEMVER for a record, whose versions are semantic")
        return
    events = _events(fields)
    if kind == "GIT":
        repository = fields.text("repo", required=True)
        told = {name: tuple(value for key, value in events if key == name) for name in EVENTS}
        commits.append(Commits(repository, *(told[name] for name in EVENTS)))
    elif kind == "SEMVER" and ours:
        spans.extend(_spans(fields, events))


def _events(fields: Fields) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for each in fields.objects("events"):
        each.known(EVENTS, strict=False)
        keys = [key for key in EVENTS if key in each.entries]
        if len(keys) != 1:
            expected = f"exactly one of {', '.join(EVENTS)}"
            each.findings.add(each.node.start, "events", f"{each.where}: got {len(keys)} events, expected {expected}.")
            continue
        found.append((keys[0], each.text(keys[0])))
    names = {key for key, _ in found}
    if "introduced" not in names:
        report(fields, "events", "a list with an event introduced", "events")
    if {"fixed", "last_affected"} <= names:
        report(fields, "events", "either fixed or last_affected, not both", "events")
    return found


def _spans(fields: Fields, events: list[tuple[str, str]]) -> list[Span]:
    """Stretches between events, in the order of their versions; ``introduced: 0`` is the very beginning."""
    placed: list[tuple[str, Version | None]] = []
    for name, text in events:
        version = None if name == "introduced" and text == "0" else _version(text)
        if version is None and not (name == "introduced" and text == "0"):
            report(fields, "events", f"semantic versions (or introduced: 0), not {text[:40]!r}", "events")
            return []
        placed.append((name, version))
    begins = [version for name, version in placed if name == "introduced"]
    ends = sorted((v, name) for name, v in placed if name in _ENDS and v is not None)
    return [_span(begin, ends) for begin in sorted(begins, key=lambda v: (v is not None, v or _ANY))]


def _span(begin: Version | None, ends: list[tuple[Version, str]]) -> Span:
    after = [(v, name) for v, name in ends if begin is None or v.compare(begin) >= 0]
    if not after:
        return Span(begin)
    end, name = after[0]
    return Span(begin, end, inclusive=name == "last_affected")


def _version(text: str) -> Version | None:
    try:
        return Version.parse(text)
    except BadVersion:
        return None


def _digest(text: str) -> Digest | None:
    try:
        return Digest.parse(text)
    except ValueError:
        return None


_ANY = Version.parse("0.0.0-0")
