"""From a stored name to a canonical path: wrappers stripped, the component of a composite model found.

The tables are in ``data/paths.toml``: ``wrappers`` are segments that only say how a model was wrapped,
````language`` are the wrappers that
set a language model apart from towers beside it, ``components`` are segments that open a part with its own stacks
(a vision tower, an audio encoder),
``endings`` are last segments whose tensors are never trained weights, with the reason.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import lru_cache

from stemma.anatomy.compiled import table
from stemma.immutable import immutable

MAIN = ""
LEAVES = {"weight": False, "bias": True, "gamma": False, "beta": True}
_HALVES = frozenset(("encoder", "decoder"))
_NUMBERED = re.compile(r"\b(expert)_(\d+)\b")


@immutable
class Path:
    """A name taken apart; ``component`` is "" for the main model."""

    name: str
    component: str
    segments: tuple[str, ...]


@immutable
class Tables:
    """What ``paths.toml`` holds."""

    wrappers: frozenset[str]
    language: frozenset[str]
    components: Mapping[str, str]
    endings: Mapping[str, str]


@lru_cache(maxsize=1)
def tables() -> Tables:
    """The package's tables."""
    document = table("paths")
    components = {word: part for part, words in document["components"].items() for word in words}
    endings = {word: reason for reason, words in document["endings"].items() for word in words}
    language = frozenset(document["language"])
    return Tables(frozenset(document["wrappers"]) | language, language, components, endings)


def paths(names: Iterable[str], heads: Callable[[], Collection[str]] = tuple) -> tuple[Path, ...]:
    """Each name as a path, in order; ``heads`` gives the first segments that schemes know, where that matters."""
    known = tables()
    listed = list(names)
    split = [_segments(name) for name in listed]
    common = _unknown_wrapper(split, heads)
    halves = _halves(split, known)
    return tuple(_path(name, segs, known, common, halves) for name, segs in zip(listed, split, strict=True))


def _segments(name: str) -> tuple[str, ...]:
    """The segments of a name; a numbered expert in one segment becomes two."""
    if "expert_" not in name:
        return tuple(name.split("."))
    return tuple(_NUMBERED.sub(r"\1.\2", name).split("."))


def _halves(split: Iterable[tuple[str, ...]], known: Tables) -> frozenset[str]:
    """Whether "encoder" and "decoder" at the head of a name join two whole models, rather than name a stack.

    So it is where a decoder holds a wrapped model, or where the language model lies beside them in a part of
    its own.
    """
    for segments in split:
        head = segments[:2] if segments[0] != "model" else segments[1:3]
        if head[0] in known.language or (head[0] == "decoder" and len(head) > 1 and head[1] in known.wrappers):
            return _HALVES
    return frozenset()


def _path(name: str, segments: tuple[str, ...], known: Tables, common: str, halves: frozenset[str]) -> Path:
    component, at = _component(segments, known, halves)
    while at < len(segments) - 1 and (segments[at] in known.wrappers or (at == 0 and segments[0] == common)):
        at += 1
    return Path(name, component, segments[at:])


def _component(segments: tuple[str, ...], known: Tables, halves: frozenset[str]) -> tuple[str, int]:
    """The outermost component that the path enters before any number, and where the path goes on behind it."""
    component, at, wrapped = MAIN, 0, True
    last = -2 if segments[-1] in LEAVES else -1
    for place, segment in enumerate(segments[:last]):
        if segment.isdecimal():
            break
        if segment in known.components:
            component, at = component or known.components[segment], place + 1
        elif wrapped and segment in halves:
            component, at = segment, place + 1
        wrapped = wrapped and segment in known.wrappers and segment not in known.language
    return component, at


def _unknown_wrapper(split: Sequence[tuple[str, ...]], heads: Callable[[], Collection[str]]) -> str:
    """A first segment that every name shares and that no scheme begins with can only be a wrapper."""
    first = split[0][0] if len(split) > 1 else ""
    if any(segments[0] != first for segments in split) or first in heads():
        return ""
    return first
