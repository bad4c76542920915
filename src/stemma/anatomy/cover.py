"""All names of one component explained: by the scheme that explains most, and what it leaves by the next ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from stemma.anatomy.choose import choose, kinds
from stemma.anatomy.naming import MAIN, Path
from stemma.anatomy.scheme import Match, load_schemes

_ROUNDS = 4


@dataclass
class Covered:
    """Paths with their meaning, those without one, and the schemes used in order."""

    matched: list[tuple[Path, Match]] = field(default_factory=list)
    unknown: list[Path] = field(default_factory=list)
    schemes: list[str] = field(default_factory=list)


def cover(paths: Sequence[Path], shapes: Mapping[str, tuple[int, ...]], component: str, width: int) -> Covered:
    """Explain the paths of one component.

    A composite model may join parts of different families under one name, so that what the first scheme leaves
    is offered to the others.
    """
    out = Covered(unknown=list(paths))
    for _ in range(_ROUNDS):
        if not out.unknown:
            break
        choice = choose(kinds(out.unknown, shapes), width, load_schemes(), component)
        if choice is None:
            break
        left: list[Path] = []
        for path in out.unknown:
            match = choice.match(path.segments)
            if match is None:
                left.append(path)
            else:
                out.matched.append((path, _placed(match, component)))
        out.unknown = left
        out.schemes.append(choice.name)
    return out


def _placed(match: Match, component: str) -> Match:
    """In a component the main stack takes the component's name, any other is written behind it."""
    if component == MAIN:
        return match
    stack = component if match.stack in ("encoder", "decoder", component) else f"{component}.{match.stack}"
    return replace(match, stack=stack)
