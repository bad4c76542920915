"""How wide text is and where it breaks, without a font at hand: widths are estimated high."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from stemma.publish.figures import visible

# Sizes of letters and steps of lines, as the style sheet has them.
NAME_SIZE, LINE_SIZE, EDGE_SIZE = 13.0, 11.0, 11.0
NAME_STEP, LINE_STEP = 16.0, 14.0

_NARROW = frozenset("iIljtf.,:;!|'`()[]{} ")
_WIDE = frozenset("mwMW@%&")
_PIECE = re.compile(r"[^\s\-_/.:@]*[\s\-_/.:@]*")
_LONGEST = 200


def width(text: str, size: float) -> float:
    """The width of ``text`` in a sans-serif face of ``size`` units, rather too wide than too narrow."""
    return size * sum(map(_advance, text))


def units(value: float) -> str:
    """A coordinate with one digit after the point, where it has one."""
    return "0" if abs(value) < 0.05 else f"{value:.1f}".removesuffix(".0")


@lru_cache(maxsize=4_096)
def _advance(character: str) -> float:
    if character in _NARROW:
        return 0.36
    if character in _WIDE:
        return 0.92
    if unicodedata.east_asian_width(character) in "WF":
        return 1.05
    return 0.68 if character.isupper() else 0.58


def wrap(text: str, size: float, limit: float, most: int) -> tuple[str, ...]:
    """``text`` in at most ``most`` lines no wider than ``limit``, broken after separators where there are any.

    What does not fit ends in an ellipsis. Control characters are made visible.
    """
    pieces = [part for piece in _PIECE.findall(visible(text, _LONGEST)) for part in _chopped(piece, size, limit)]
    lines = [""]
    for piece in pieces:
        if lines[-1] and width(lines[-1] + piece.rstrip(), size) > limit:
            lines.append("")
        lines[-1] += piece
    lines = [line.strip() for line in lines]
    if len(lines) > most:
        lines = [*lines[: most - 1], _shortened(lines[most - 1], size, limit)]
    return tuple(lines)


def _chopped(piece: str, size: float, limit: float) -> list[str]:
    parts = [""]
    for character in piece:
        if parts[-1] and width(parts[-1] + character, size) > limit:
            parts.append("")
        parts[-1] += character
    return [part for part in parts if part]


def _shortened(line: str, size: float, limit: float) -> str:
    while line and width(line + "…", size) > limit:
        line = line[:-1]
    return line.rstrip() + "…"
