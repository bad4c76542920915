"""Outlines: what each kind of node looks like, how much room it needs, and where its border runs."""

from __future__ import annotations

import math

from stemma.publish.graph.model import Kind
from stemma.publish.graph.text import units

_CAP = 7.0  # half the height of a cylinder's lid
_ROOF = 16.0
_SLANT = 14.0
_POINT = 16.0


def padding(kind: Kind) -> tuple[float, float, float]:
    """Room that an outline needs beside, above and below its text."""
    return {
        Kind.MODEL: (14.0, 9.0, 9.0),
        Kind.DATASET: (14.0, 2 * _CAP + 4, _CAP + 5),
        Kind.FAMILY: (16.0, _ROOF + 4, 8.0),
        Kind.ADAPTER: (12.0 + _SLANT, 9.0, 9.0),
        Kind.BENCHMARK: (10.0 + _POINT, 9.0, 9.0),
        Kind.OTHER: (16.0, 9.0, 9.0),
    }[kind]


def border(kind: Kind, width: float, height: float) -> str:
    """The outline as a path around the middle (0, 0)."""
    x, y = width / 2, height / 2
    if kind is Kind.DATASET:
        side = units(height - 2 * _CAP)
        base = f"a{units(x)} {units(_CAP)} 0 0 0 {units(width)} 0"
        return f"M{units(-x)} {units(-y + _CAP)}v{side}{base}v-{side}" + _lid(x)
    if kind is Kind.FAMILY:
        return _polygon((-x, y), (-x, -y + _ROOF), (0, -y), (x, -y + _ROOF), (x, y))
    if kind is Kind.ADAPTER:
        return _polygon((-x, y), (-x + _SLANT, -y), (x, -y), (x - _SLANT, y))
    if kind is Kind.BENCHMARK:
        return _polygon((-x, 0), (-x + _POINT, -y), (x - _POINT, -y), (x, 0), (x - _POINT, y), (-x + _POINT, y))
    r = 5.0 if kind is Kind.MODEL else min(y, 18.0)
    arcs = ((r, -r), (r, r), (-r, r), (-r, -r))
    a, b, c, d = (f"a{units(r)} {units(r)} 0 0 1 {units(dx)} {units(dy)}" for dx, dy in arcs)
    across, down = units(width - 2 * r), units(height - 2 * r)
    return f"M{units(-x)} {units(-y + r)}{a}h{across}{b}v{down}{c}h-{across}{d}Z"


def rim(kind: Kind, width: float, height: float) -> str | None:
    """The lower edge of a cylinder's lid, drawn over its body; other kinds have none."""
    if kind is not Kind.DATASET:
        return None
    return f"M{units(-width / 2)} {units(-height / 2 + _CAP)}a{units(width / 2)} {units(_CAP)} 0 0 0 {units(width)} 0"


def inset(kind: Kind, width: float, height: float, side: str, offset: float) -> float:
    """How far inside its bounding box the border runs, at ``offset`` from the middle of ``side``.

    ``side`` is "top", "bottom", "left" or "right".
    """
    across, along = (width, height) if side in ("top", "bottom") else (height, width)
    part = min(1.0, abs(offset) / (across / 2))
    if kind is Kind.DATASET and side in ("top", "bottom"):
        return _CAP * (1 - math.sqrt(1 - part * part))
    if kind is Kind.FAMILY and side == "top":
        return _ROOF * part
    if kind is Kind.BENCHMARK and side in ("left", "right"):
        return min(_POINT * part, along / 2)
    if kind is Kind.ADAPTER and side in ("left", "right"):
        lean = 0.5 + (offset if side == "right" else -offset) / across
        return _SLANT * lean
    return 0.0


def _lid(x: float) -> str:
    return f"a{units(x)} {units(_CAP)} 0 0 0 {units(-2 * x)} 0Z"


def _polygon(*points: tuple[float, float]) -> str:
    return "M" + "L".join(f"{units(x)} {units(y)}" for x, y in points) + "Z"
