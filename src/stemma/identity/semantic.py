"""Semantic versions (SemVer 2.0.0) as ordered values.

Grammar and precedence are those of the library ``semver``. Build metadata has no precedence; it only breaks ties, so
that the order is total and every sort gives one answer.
"""

from __future__ import annotations

from functools import lru_cache, total_ordering
from typing import TYPE_CHECKING

from stemma.errors import BadVersion

if TYPE_CHECKING:
    import semver

MAX_VERSION = 128
_ADVICE = "Write a semantic version such as 1.0.0 or 2.1.0-rc.1, as a quoted string where a YAML file holds it."


@total_ordering
class Version:
    """One semantic version. Equal means equal in every part, build metadata included."""

    __slots__ = ("_parts", "text")

    def __init__(self, parts: semver.Version) -> None:
        self._parts = parts
        self.text = str(parts)

    @staticmethod
    def parse(text: str) -> Version:
        """Read ``MAJOR.MINOR.PATCH[-PRERELEASE][+BUILD]``.

        Raises:
            BadVersion: the text is anything else, or longer than ``MAX_VERSION``.
        """
        return _parse(text)

    @property
    def release(self) -> tuple[int, int, int]:
        """Major, minor and patch."""
        return self._parts.major, self._parts.minor, self._parts.patch

    @property
    def prerelease(self) -> str:
        """The part after the hyphen; empty for a release."""
        return self._parts.prerelease or ""

    @property
    def build(self) -> str:
        """The part after the plus sign, which has no precedence."""
        return self._parts.build or ""

    def compare(self, other: Version) -> int:
        """-1, 0 or 1 by SemVer precedence, which leaves build metadata out."""
        return self._parts.compare(other._parts)

    def without_build(self) -> Version:
        """The same version with no build metadata."""
        return _parse(self.text.partition("+")[0])

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"Version({self.text!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Version) and self.text == other.text

    def __lt__(self, other: object) -> bool:
        if not isinstance(other, Version):
            return NotImplemented
        order = self.compare(other)
        return order < 0 or (order == 0 and self.build < other.build)

    def __hash__(self) -> int:
        return hash(self.text)

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return _parse, (self.text,)


@lru_cache(maxsize=65_536)
def _parse(text: str) -> Version:
    import semver  # noqa: PLC0415 its command line module is slow to load, and not every command needs versions

    if not isinstance(text, str) or len(text) > MAX_VERSION:
        raise BadVersion(f"Got {str(text)[:40]!r}, expected a semantic version.", advice=_ADVICE)
    try:
        return Version(semver.Version.parse(text))
    except ValueError as error:
        raise BadVersion(f"Got {text[:40]!r}, expected a semantic version.", advice=_ADVICE) from error


def successor(version: Version) -> Version:
    """The least version above ``version``: between ``1.0.0`` and ``1.0.1-0`` there is none."""
    if version.prerelease:
        return _parse(f"{version.text.partition('+')[0]}.0")
    major, minor, patch = version.release
    return _parse(f"{major}.{minor}.{patch + 1}-0")
