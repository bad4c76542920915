"""From a stored name to a canonical path: wrappers stripped, the component of a composite model found.

The tables are in ``data/paths.toml``: ``wrappers`` are segments that only say how a model was wrapped,
``components`` are segments that open a part with its own stacks (a vision tower, an audio encoder),
``endings`` are last segments whose tensors are never trained weights, with the reason.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

MAIN = ""


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
    split = [tuple(name.split(".")) for name in names]
    common = _unknown_wrapper(split, known)
    return tuple(_path(segments, known, common) for segments in split)


def _path(segments: tuple[str, ...], known: Tables, common: str) -> Path:
    component, at = MAIN, 0
    while at < len(segments) - 1:
        segment = segments[at]
        if segment in known.components:
            part = known.components[segment]
            component = part if component == MAIN else component
        elif segment not in known.wrappers and not (at == 0 and segment == common):
            break
        at += 1
    return Path(".".join(segments), component, segments[at:])


def _unknown_wrapper(split: list[tuple[str, ...]], known: Tables) -> str:
    """A first segment that every name shares and that is no path of any scheme can only be a wrapper."""
    from stemma.anatomy.scheme import load_schemes  # noqa: PLC0415

    first, count = Counter(segments[0] for segments in split).most_common(1)[0] if split else ("", 0)
    if count < len(split) or first in known.wrappers or first in known.components or count < 2:
        return ""
    taken = {segment for scheme in load_schemes() for segment in scheme.root.children}
    return "" if first in taken else first
