"""Layers in effective coordinates: what a matrix does to the residual stream, whatever the gains beside it say.

Norm gains are folded into the matrices that read through them, mean-free where the norm subtracts the mean; output
matrices are turned, so that every row, input or output, is a vector over residual dimensions. Folding a gain, or
replacing it, changes nothing here.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from stemma.anatomy.config import SHIFTED_GAIN
from stemma.anatomy.interface import Role, Site
from stemma.evidence.aligned.interface import Array, WeightSource, whole
from stemma.evidence.units import Place
from stemma.identity import is_present
from stemma.immutable import immutable

_MLP = (Role.GATE, Role.UP, Role.DOWN)


@immutable(eq=False)
class Units:
    """Exchangeable units of a layer: ``views`` maps "gate", "up", "down" (or "x", "z", "out") to n x hidden.

    ``expert`` tells the expert of each unit. The views in ``free`` carry one sign and one scale per unit that no
    function fixes: it is multiplied into one of them and divided out of the other.
    """

    views: Mapping[str, Array]
    expert: NDArray[np.int64]
    free: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.expert)


@immutable(eq=False)
class Head:
    """One key/value group: ``q`` and ``o`` are (queries x d) x hidden, ``k`` and ``v`` d x hidden."""

    q: Array
    k: Array
    v: Array
    o: Array


def unit_places(source: WeightSource) -> tuple[Place, ...]:
    """The layers that hold neurons or state-space channels over the residual stream, in order."""
    found = {s for r, s in source.shapes if r in (Role.DOWN, Role.STATE_OUT) and s.layer >= 0 and _writes(source, r, s)}
    return tuple(sorted({Place(s.stack, s.layer) for s in found}))


def _writes(source: WeightSource, role: Role, site: Site) -> bool:
    """Whether a part is a matrix that writes the residual stream of ``source.facts.hidden`` dimensions."""
    shape = source.shapes[role, site]
    return len(shape) == 2 and shape[0] == source.facts.hidden


def _reads(source: WeightSource, role: Role, site: Site) -> bool:
    """Whether a part is there and is a matrix that reads it."""
    shape = source.shapes.get((role, site), ())
    return len(shape) == 2 and shape[1] == source.facts.hidden


def units_of(source: WeightSource, place: Place) -> Units | None:
    """The neurons of all experts of a layer, else its state-space channels; None where it has neither."""
    found = [u for site in _sites(source, place, Role.DOWN) if (u := _neurons(source, site)) is not None]
    if not found:
        found = [u for site in _sites(source, place, Role.STATE_OUT) if (u := _channels(source, site)) is not None]
    names = set.intersection(*({*u.views} for u in found)) if found else set()
    if len(names) < 2:
        return None
    if len(found) == 1:
        return found[0]
    return Units(
        {n: np.concatenate([u.views[n] for u in found]) for n in found[0].views if n in names},
        np.concatenate([u.expert for u in found]),
        found[0].free,
    )


def _sites(source: WeightSource, place: Place, role: Role) -> list[Site]:
    """Where a layer writes the residual stream by matrices of ``role``."""
    found = [s for r, s in source.shapes if r is role and (s.stack, s.layer) == (place.stack, place.layer)]
    return sorted(s for s in found if _writes(source, role, s))


def _neurons(source: WeightSource, site: Site) -> Units | None:
    keys = {r: (r, site) for r in _MLP if (r, site) in source.shapes}
    shapes = {r: source.shapes[k] for r, k in keys.items()}
    count = shapes[Role.DOWN][-1]
    if Role.UP not in keys or any(s != (count, shapes[Role.DOWN][0]) for r, s in shapes.items() if r is not Role.DOWN):
        return None
    gain = _gain(source, site, Role.MLP_NORM)
    views = {r.value: _seen(source, whole(source, keys[r]), gain) for r in (Role.GATE, Role.UP) if r in keys}
    views["down"] = _written(source, whole(source, keys[Role.DOWN]).T, site, Role.MLP_NORM)
    return Units(views, np.full(count, max(site.expert, 0)), ("up", "down"))


def _channels(source: WeightSource, site: Site) -> Units | None:
    """A selective state space: the leading rows of its input matrix are x and the gate z, one row a channel each."""
    entry = (Role.STATE_IN, site)
    count = source.shapes[Role.STATE_OUT, site][1]
    if site.block or not _reads(source, *entry) or source.shapes[entry][0] < 2 * count:
        return None
    both = _seen(source, source.rows(entry, 0, 2 * count), _gain(source, site, Role.ATTENTION_NORM))
    out = _written(source, whole(source, (Role.STATE_OUT, site)).T, site, Role.ATTENTION_NORM)
    return Units({"x": both[:count], "z": both[count:], "out": out}, np.zeros(count, np.int64), ())


def heads_of(source: WeightSource, place: Place) -> tuple[tuple[Head, ...], ...]:
    """The key/value groups of every attention block of a layer whose shapes are those of plain attention."""
    blocks = []
    for site in _sites(source, place, Role.O):
        if all(_reads(source, role, site) for role in (Role.Q, Role.K, Role.V)):
            groups = _groups(source, site)
            if groups:
                blocks.append(groups)
    return tuple(blocks)


def _groups(source: WeightSource, site: Site) -> tuple[Head, ...]:
    width = source.facts.head_dim
    (rows, hidden), (grouped, _), (valued, _) = (source.shapes[r, site] for r in (Role.Q, Role.K, Role.V))
    if not is_present(width) or grouped != valued or grouped % width or rows % grouped:
        return ()
    if source.shapes[Role.O, site] != (hidden, rows):
        return ()
    own = _gain(source, site, Role.ATTENTION_NORM)
    other = _encoder_gain(source) if site.block == "cross" else own
    q, k, v = (_seen(source, whole(source, (r, site)), g) for r, g in ((Role.Q, own), (Role.K, other), (Role.V, other)))
    o = _written(source, whole(source, (Role.O, site)).T, site, Role.ATTENTION_NORM)
    each = rows // grouped * width
    return tuple(
        Head(
            q[i * each : (i + 1) * each],
            k[i * width : (i + 1) * width],
            v[i * width : (i + 1) * width],
            o[i * each : (i + 1) * each],
        )
        for i in range(grouped // width)
    )


def is_post_norm(source: WeightSource) -> bool:
    """Whether norms stand on the residual stream itself (BERT), so that their gains are part of it."""
    return not any(r is Role.FINAL_NORM for r, _ in source.shapes)


def _gain(source: WeightSource, site: Site, role: Role) -> Array | None:
    """The gain through which a block reads; of a block without one, that of the layer's attention."""
    if is_post_norm(source):
        return None
    for wanted in (role, Role.ATTENTION_NORM, Role.NORM):
        for key in ((wanted, Site(site.stack, site.layer, -1, site.block)), (wanted, Site(site.stack, site.layer))):
            if key in source.shapes and len(source.shapes[key]) == 1:
                return _shifted(source, whole(source, key))
    return None


def _encoder_gain(source: WeightSource) -> Array | None:
    key = (Role.FINAL_NORM, Site("encoder"))
    return _shifted(source, whole(source, key)) if len(source.shapes.get(key, ())) == 1 else None


def _shifted(source: WeightSource, gain: Array) -> Array:
    return gain + 1 if source.facts.norm == SHIFTED_GAIN else gain


def _seen(source: WeightSource, rows: Array, gain: Array | None) -> Array:
    """Input rows with their gain, mean-free where the norm subtracts the mean."""
    if gain is not None and len(gain) == rows.shape[1]:
        rows = rows * gain
    return centred(source, rows)


def _written(source: WeightSource, rows: Array, site: Site, role: Role) -> Array:
    """Output rows with the gain of a norm that stands behind the block (Gemma 2)."""
    key = (role, Site(site.stack, site.layer, -1, "post"))
    if key in source.shapes and source.shapes[key] == rows.shape[1:]:
        rows = rows * _shifted(source, whole(source, key))
    return centred(source, np.ascontiguousarray(rows))


def centred(source: WeightSource, rows: Array) -> Array:
    """Rows without their mean where the model's norm takes it away."""
    if source.facts.norm == "layernorm" and not is_post_norm(source):
        less: Array = rows - rows.mean(axis=1, keepdims=True, dtype=np.float32)
        return less
    return rows
