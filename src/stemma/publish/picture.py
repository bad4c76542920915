"""The per-layer picture as data: tests as rows, layers of B as columns, for any rendering to draw."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from stemma.constitution.interface import Ruling
from stemma.evidence.interface import Evidence, SiteValue
from stemma.immutable import immutable

_LAYER = re.compile(r"(?P<stack>[^./]*)\.(?P<layer>\d{1,6})(?:\.[^/]*)?(?:/.*)?", re.DOTALL)
_MOST_COLUMNS = 256
STEPS = (0.05, 0.15, 0.30, 0.50, 0.70, 0.85, 0.95, 0.99)


@immutable
class Cell:
    """What one test found at one layer.

    ``count`` site values stand behind it (experts, blocks); ``effect`` is their mean, ``low`` and ``high`` their
    range, ``log10_p`` the smallest, and ``sure`` says whether that lies below alpha.
    """

    effect: float
    low: float
    high: float
    log10_p: float | None
    sure: bool
    count: int
    sites: str

    @property
    def step(self) -> int:
        """0 (nothing shared) to 8 (all shared); what is not finite counts as 0."""
        return sum(self.effect >= edge for edge in STEPS)


@immutable
class Row:
    """One test (and role) over all columns; None where it did not look."""

    name: str
    cells: tuple[Cell | None, ...]


@immutable
class Column:
    """A layer of a stack of B."""

    stack: str
    layer: int


@immutable
class Picture:
    """``left_out`` counts layers beyond the most that are drawn."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    left_out: int

    def bands(self, width: int) -> Iterator[tuple[tuple[Column, ...], tuple[Row, ...]]]:
        """The picture cut into pieces of at most ``width`` columns."""
        for start in range(0, len(self.columns), width):
            stop = start + width
            yield self.columns[start:stop], tuple(Row(r.name, r.cells[start:stop]) for r in self.rows)


def layer_picture(ruling: Ruling) -> Picture | None:
    """The picture of a ruling, or None where no test looked at single layers."""
    rows: dict[str, dict[Column, list[SiteValue]]] = {}
    for evidence in ruling.evidence:
        for cell in evidence.per_site:
            place = _place(cell)
            if place:
                column, role = place
                name = f"{evidence.test}, {role}" if role else evidence.test
                rows.setdefault(name, {}).setdefault(column, []).append(cell)
    columns = sorted({c for row in rows.values() for c in row}, key=lambda c: (c.stack, c.layer))
    if not columns:
        return None
    shown = tuple(columns[:_MOST_COLUMNS])
    limit = math.log10(ruling.alpha) if ruling.alpha > 0 else -math.inf
    return Picture(
        shown,
        tuple(Row(n, tuple(_cell(row.get(c, []), limit) for c in shown)) for n, row in rows.items()),
        len(columns) - len(shown),
    )


def elsewhere(evidence: Evidence) -> tuple[SiteValue, ...]:
    """The site values that belong to no layer, such as embeddings."""
    return tuple(cell for cell in evidence.per_site if _place(cell) is None)


def site_layer(site: str) -> Column | None:
    """The stack and layer that a site such as ``decoder.3`` or ``decoder.3/q`` names, if it names one."""
    found = _LAYER.fullmatch(site)
    return Column(found["stack"], int(found["layer"])) if found else None


def _place(cell: SiteValue) -> tuple[Column, str] | None:
    column = site_layer(cell.b)
    return (column, cell.b.partition("/")[2]) if column else None


def _cell(values: list[SiteValue], limit: float) -> Cell | None:
    if not values:
        return None
    effects = [v.effect for v in values]
    ps = [v.log10_p for v in values if v.log10_p is not None and not math.isnan(v.log10_p)]
    smallest = min(ps, default=None)
    return Cell(
        effect=sum(effects) / len(effects),
        low=min(effects),
        high=max(effects),
        log10_p=smallest,
        sure=smallest is not None and smallest <= limit,
        count=len(values),
        sites=f"{values[0].a} / {values[0].b}" if values[0].a != values[0].b else values[0].b,
    )
