"""Names of records, and what is asked of one: a name with a range of versions.

| written | means |
|---|---|
| ``llama2`` | the newest version |
| ``llama2@^1.0.0``, ``llama2@1.0.0`` | a range, one version |
| ``llama2>=1.0.0``, ``llama2==1.0.0`` | the same, as UMR writes it |
| ``llama2-1.0.0`` | one version, as UMR names files |

Only the first two are written in records; people and foreign files may use all of them.
"""

from __future__ import annotations

import re

from stemma.errors import BadReference
from stemma.identity.ranges import MAX_RANGE, Range
from stemma.identity.semantic import Version
from stemma.immutable import immutable

MAX_NAME = 128
_NAME = re.compile(r"[a-z0-9]+(?:[._-]+[a-z0-9]+)*", re.ASCII)
_DEVICES = frozenset({"con", "prn", "aux", "nul", *(f"{d}{n}" for d in ("com", "lpt") for n in range(10))})
_SIGNED = re.compile(r"([A-Za-z0-9._-]+?)\s*((?:==|!=|>=|<=|>|<|\^|~).*)", re.ASCII)
_DASHED = re.compile(r"(.+?)-((?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)(?:[-+].*)?)", re.ASCII)
_ADVICE = f"A name has lower-case letters and digits, with dots, hyphens and underscores between; at most {MAX_NAME}."


@immutable
class Requirement:
    """A record by name, in any version of ``range``."""

    name: str
    range: Range

    def __str__(self) -> str:
        written = str(self.range)
        return self.name if written == "*" else f"{self.name}@{written.removeprefix('==')}"


def name_problem(name: str) -> str | None:
    """What is wrong with the name of a record; None where it is well formed.

    Names are file names on every system: lower case, so that two names never differ in case alone.
    """
    if len(name) > MAX_NAME:
        return f"a name of {len(name)} characters"
    if _NAME.fullmatch(name) is None or ".." in name:
        return f"the name {name[:60]!r}"
    return f"the name {name!r}, which some systems keep for a device" if name.partition(".")[0] in _DEVICES else None


def parse_name(text: str) -> str:
    """The text, if it is the name of a record; raises BadReference otherwise."""
    problem = name_problem(text)
    if problem is not None:
        raise BadReference(f"Got {problem}, expected the name of a record.", advice=_ADVICE)
    return text


def parse_requirement(text: str) -> Requirement:
    """Read ``NAME`` or ``NAME@RANGE``.

    Raises:
        BadReference: the name is not well formed.
        BadVersion: the range is none.
    """
    name, at, span = _bounded(text).partition("@")
    if at and not span.strip():
        advice = "Leave the @ out to ask for any version."
        raise BadReference(f"{text[:80]!r} has no version after the @.", advice=advice)
    return Requirement(parse_name(name), Range.parse(span))


def _bounded(text: str) -> str:
    if len(text) > MAX_NAME + MAX_RANGE:
        raise BadReference(f"Got {len(text)} characters, expected NAME or NAME@RANGE.", advice=_ADVICE)
    return text


def parse_loose_requirement(text: str) -> Requirement:
    """As :func:`parse_requirement`, and also ``NAME>=1.0.0`` and ``NAME-1.0.0``."""
    if "@" in _bounded(text):
        return parse_requirement(text)
    signed = _SIGNED.fullmatch(text)
    if signed is not None:
        return Requirement(parse_name(signed[1]), Range.parse(signed[2]))
    dashed = _DASHED.fullmatch(text)
    if dashed is not None:
        return Requirement(parse_name(dashed[1]), Range.exactly(Version.parse(dashed[2])))
    return parse_requirement(text)
