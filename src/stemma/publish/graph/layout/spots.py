"""Where labels of edges go: on their way, near the end with fewer edges, and not on each other or on a box."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from stemma.publish.graph.layout.values import Point, along

_TALL = 13.0
_CELL = 64.0
_TRIES = 14

Span = tuple[float, float, float, float]  # middle, width, height


class Spots:
    """Remembers what is taken, in a grid of cells, so that a look costs the same in a large picture.

    ``parts`` are the places to try on a piece of a way, seen from the end with fewer edges.
    """

    def __init__(self, boxes: Sequence[Span], parts: tuple[float, ...]) -> None:
        self._parts = parts
        self._taken: dict[tuple[int, int], list[Span]] = {}
        for box in boxes:
            self._mark(box)

    def take(self, points: Sequence[Point], wide: float, lean: int) -> Point:
        """A free place on the way for a label; ``lean`` is how many more edges the end has than the start.

        Where every place is taken, the first choice stands: the label has a halo and stays readable.
        """
        choices = [along(piece, part) for piece, part in _candidates(points, lean, self._parts)]
        free = (c for c in choices if not self._covered((*c, wide, _TALL)))
        chosen = next(free, choices[0])
        self._mark((*chosen, wide, _TALL))
        return chosen

    def _mark(self, span: Span) -> None:
        for cell in _cells(span):
            self._taken.setdefault(cell, []).append(span)

    def _covered(self, span: Span) -> bool:
        x, y, wide, tall = span
        return any(
            abs(x - ox) < (wide + ow) / 2 and abs(y - oy) < (tall + oh) / 2
            for cell in _cells(span)
            for ox, oy, ow, oh in self._taken.get(cell, ())
        )


def _candidates(points: Sequence[Point], lean: int, near: tuple[float, ...]) -> Iterator[tuple[Sequence[Point], float]]:
    pieces = [points[at : at + 4] for at in range(0, len(points) - 1, 3)]
    parts: tuple[float, ...] = (0.5, 0.4, 0.6, 0.3, 0.7) if lean == 0 else near
    if lean < 0:
        pieces, parts = pieces[::-1], tuple(1 - part for part in parts)
    for piece in pieces[:_TRIES]:
        for part in parts:
            yield piece, part


def _cells(span: Span) -> Iterator[tuple[int, int]]:
    x, y, wide, tall = span
    for column in range(int((x - wide / 2) // _CELL), int((x + wide / 2) // _CELL) + 1):
        for row in range(int((y - tall / 2) // _CELL), int((y + tall / 2) // _CELL) + 1):
            yield column, row
