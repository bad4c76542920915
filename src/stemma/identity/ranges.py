"""Version ranges as values: half-open intervals of versions with holes.

| written | means |
|---|---|
| ``*`` or nothing | every version |
| ``1.2.3``, ``==1.2.3`` | that version, whatever its build metadata |
| ``!=1.2.3`` | every other version |
| ``>=1.2``, ``>1.2.3``, ``<2``, ``<=1.9.9`` | bounds |
| ``^1.2.3`` | ``>=1.2.3 <2.0.0``; below 1.0.0 the leftmost digit that is not zero may not change |
| ``~1.2.3`` | ``>=1.2.3 <1.3.0`` |
| ``>=1.0.0 <2.0.0 !=1.4.0`` | all of them; a comma may stand for a space |

A pre-release of 2.0.0 is no part of ``<2.0.0``. Every version has a successor (after ``1.0.0`` comes ``1.0.1-0``,
after ``1.0.0-a`` comes ``1.0.0-a.0``), so every range is ``[low, high)`` less finitely many points: intersection and
emptiness are exact, and equal sets have one canonical text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from stemma.errors import BadVersion
from stemma.identity.semantic import Version, successor
from stemma.immutable import immutable

MAX_RANGE = 512
_ADVICE = "Write such as ^1.2.0, ~1.2.0, >=1.0.0 <2.0.0, ==1.2.3, !=1.2.3 or *."
_TERM = re.compile(r"(==|!=|>=|<=|>|<|=|\^|~)?\s*([^\s,<>=!^~*]+)|(\*)")
_PARTIAL = re.compile(r"(0|[1-9][0-9]{0,17})(?:\.(0|[1-9][0-9]{0,17}))?", re.ASCII)
_PARTIAL_ALLOWED = frozenset({"^", "~", ">=", "<"})


@immutable
class Range:
    """The versions from ``low`` on and below ``high`` (None: no end) that are not in ``holes``. Make with ``parse``."""

    low: Version
    high: Version | None
    holes: tuple[Version, ...] = ()

    @staticmethod
    def parse(text: str) -> Range:
        """Read a range.

        Raises:
            BadVersion: the text is no range, or longer than ``MAX_RANGE``.
        """
        return _parse(text)

    @staticmethod
    def exactly(version: Version) -> Range:
        """The range that holds ``version`` alone, whatever its build metadata."""
        return _point(version.without_build())

    @property
    def is_empty(self) -> bool:
        """True where no version whatever is in the range."""
        return self.high is not None and self.low >= self.high

    @property
    def pinned(self) -> Version | None:
        """The one version that the range holds, if it is one."""
        return self.low if self.high is not None and successor(self.low) == self.high else None

    @property
    def names_prerelease(self) -> bool:
        """True where the lower bound is a pre-release that somebody wrote, so pre-releases are asked for."""
        return self.low.prerelease not in ("", "0")

    def __contains__(self, version: object) -> bool:
        if not isinstance(version, Version):
            return False
        if version.compare(self.low) < 0 or (self.high is not None and version.compare(self.high) >= 0):
            return False
        return all(version.compare(hole) for hole in self.holes)

    def intersect(self, other: Range) -> Range:
        """The versions in both."""
        ends = [end for end in (self.high, other.high) if end is not None]
        return _range(max(self.low, other.low), min(ends) if ends else None, (*self.holes, *other.holes))

    def __and__(self, other: Range) -> Range:
        return self.intersect(other)

    def __str__(self) -> str:
        if self.is_empty:
            return "<0.0.0"
        return " ".join([*_bounds(self), *(f"!={hole}" for hole in self.holes)]) or "*"


def _bounds(span: Range) -> list[str]:
    low, high = span.low, span.high
    if span.pinned is not None:
        return [f"=={low}"]
    if high is not None and low.prerelease != "0":
        for sign, end in (("^", _caret_end(low.release)), ("~", _tilde_end(low.release))):
            if end == high:
                return [f"{sign}{low}"]
    parts = [] if low == _lowest() else [_low_text(low)]
    if high is not None:
        parts.append(f"<{high.text.removesuffix('-0') if high.prerelease == '0' else high}")
    return parts


def _low_text(low: Version) -> str:
    major, minor, patch = low.release
    return f">{major}.{minor}.{patch - 1}" if low.prerelease == "0" and patch else f">={low}"


def _range(low: Version, high: Version | None, holes: Iterable[Version] = ()) -> Range:
    """The canonical range: holes sorted, inside, and none at the lower end; one empty range."""
    inside = sorted({h.without_build() for h in holes if h.compare(low) >= 0 and (high is None or h.compare(high) < 0)})
    while inside and inside[0] == low:
        low = successor(inside.pop(0))
    if high is not None and low >= high:
        return Range(_lowest(), _lowest())
    return Range(low, high, tuple(inside))


def _point(version: Version) -> Range:
    return Range(version, successor(version))


@lru_cache(maxsize=16_384)
def _parse(text: str) -> Range:
    if len(text) > MAX_RANGE:
        raise BadVersion(f"A range of {len(text)} characters is longer than {MAX_RANGE}.", advice=_ADVICE)
    whole, at, body = _range(_lowest(), None), 0, text.replace(",", " ").strip()
    while at < len(body):
        found = _TERM.match(body, at)
        if found is None:
            raise BadVersion(f"Got {text[:60]!r}, expected a version range.", advice=_ADVICE)
        if not found[3]:
            whole = whole.intersect(_term(found[1] or "==", found[2], text))
        at = len(body) - len(body[found.end() :].lstrip())
    return whole


def _term(sign: str, text: str, whole: str) -> Range:  # noqa: PLR0911 one return a sign
    version, parts = _bound(sign, text, whole)
    if sign in ("==", "="):
        return _point(version)
    if sign == "!=":
        return _range(_lowest(), None, (version,))
    if sign in (">=", ">"):
        return _range(version if sign == ">=" else successor(version), None)
    if sign == "<=":
        return _range(_lowest(), successor(version))
    if sign == "<":
        return _range(_lowest(), version if version.prerelease else _before(*version.release))
    if sign == "^":
        return _range(version, _caret_end(version.release, parts))
    return _range(version, _tilde_end(version.release, parts))


def _bound(sign: str, text: str, whole: str) -> tuple[Version, int]:
    """The version of one term, and how many of its three numbers were written."""
    partial = _PARTIAL.fullmatch(text)
    if partial is None:
        return Version.parse(text).without_build(), 3
    if sign not in _PARTIAL_ALLOWED:
        message = f"{whole[:60]!r}: {sign}{text} could mean more than one thing."
        raise BadVersion(message, advice="Write all three numbers.")
    return Version.parse(f"{partial[1]}.{partial[2] or 0}.0"), 2 if partial[2] else 1


def _before(major: int, minor: int, patch: int) -> Version:
    """The least version of all that belong to a release: below it lies everything before its pre-releases."""
    return Version.parse(f"{major}.{minor}.{patch}-0")


def _lowest() -> Version:
    return _before(0, 0, 0)


def _caret_end(release: tuple[int, int, int], parts: int = 3) -> Version:
    major, minor, patch = release
    if major or parts == 1:
        return _before(major + 1, 0, 0)
    if minor or parts == 2:
        return _before(0, minor + 1, 0)
    return _before(0, 0, patch + 1)


def _tilde_end(release: tuple[int, int, int], parts: int = 3) -> Version:
    major, minor, _ = release
    return _before(major, minor + 1, 0) if parts > 1 else _before(major + 1, 0, 0)
