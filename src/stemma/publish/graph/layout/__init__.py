"""A layered layout: cycles broken, ranks, order within ranks, coordinates, routes. Deterministic; no clock, no chance.

After Sugiyama, Tagawa, Toda (1981), with the median heuristic of Gansner, Koutsofios, North, Vo (1993) for the order
and an exact least-squares placement under the separations (pool adjacent violators) for the coordinates.
"""

from __future__ import annotations

from stemma.publish.graph.layout.draw import lay_out
from stemma.publish.graph.layout.values import Box, Layout, Point, Route

__all__ = ["Box", "Layout", "Point", "Route", "lay_out"]
