"""From a stored name to a canonical path: wrappers stripped, the component of a composite model found.

The tables are in ``data/paths.toml``: ``wrappers`` are segments that only say how a model was wrapped,
``components`` are segments that open a part with its own stacks (a vision tower, an audio encoder),
``endings`` are last segments whose tensors are never trained weights, with the reason.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

MAIN = ""
_NUMBERED = re.compile(r"\b(expert)_(\d+)\b")


@dataclass(frozen=True)
class Path:
    """A name taken apart; ``component`` is "" for the main model."""

    name: str
    component: str
    segments: tuple[str, ...]


@dataclass(frozen=True)
class Tables:
    """What ``paths.toml`` holds."""

    wrappers: frozenset[str]
    components: Mapping[str, str]
    endings: Mapping[str, str]


@lru_cache(maxsize=1)
def tables() -> Tables:
    """The package's tables."""
    text = (files("stemma.anatomy") / "data" / "paths.toml").read_text(encoding="utf-8")
    document = tomllib.loads(text)
    components = {word: part for part, words in document["components"].items() for word in words}
    endings = {word: reason for reason, words in document["endings"].items() for word in words}
    return Tables(frozenset(document["wrappers"]), components, endings)


def paths(names: Iterable[str]) -> tuple[Path, ...]:
    """Each name as a path, in order."""
    known = tables()
    listed = list(names)
    split = [_segments(name) for name in listed]
    common = _unknown_wrapper(split, known)
    return tuple(_path(name, segments, known, common) for name, segments in zip(listed, split, strict=True))


def _segments(name: str) -> tuple[str, ...]:
    """The segments of a name; a numbered expert in one segment becomes two."""
    if "expert_" not in name:
        return tuple(name.split("."))
    return tuple(_NUMBERED.sub(r"\1.\2", name).split("."))


def _path(name: str, segments: tuple[str, ...], known: Tables, common: str) -> Path:
    component, at = _component(segments, known)
    while at < len(segments) - 1 and (segments[at] in known.wrappers or (at == 0 and segments[0] == common)):
        at += 1
    return Path(name, component, segments[at:])


def _component(segments: tuple[str, ...], known: Tables) -> tuple[str, int]:
    """The outermost component that the path enters before any number, and where the path goes on behind it."""
    component, at = MAIN, 0
    for place, segment in enumerate(segments[:-1]):
        if segment.isdecimal():
            break
        if segment in known.components:
            component, at = component or known.components[segment], place + 1
    return component, at


def _unknown_wrapper(split: list[tuple[str, ...]], known: Tables) -> str:
    """A first segment that every name shares and that is no path of any scheme can only be a wrapper."""
    from stemma.anatomy.scheme import load_schemes  # noqa: PLC0415

    first, count = Counter(segments[0] for segments in split).most_common(1)[0] if split else ("", 0)
    if count < len(split) or first in known.wrappers or first in known.components or count < 2:
        return ""
    taken = {segment for scheme in load_schemes() for segment in scheme.root.children}
    return "" if first in taken else first
