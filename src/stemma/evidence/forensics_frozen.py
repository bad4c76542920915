"""Which parts are equal bit for bit, and which moved: the trace of a frozen backbone or of an adapter's modules.

Facts, no null: equal value digests are equal values.
"""

from __future__ import annotations

from collections import Counter

from stemma.evidence.interface import Evidence, SiteValue
from stemma.fingerprint import Fingerprint, PartPrint
from stemma.identity import Missing, is_present
from stemma.immutable import immutable


@immutable
class Frozen:
    """``equal`` of ``compared`` tensors at the same place and of the same shape; layers with every tensor equal, with
    some and with none; ``moved`` counts the tensors that differ by role."""

    compared: int
    equal: int
    whole_layers: tuple[str, ...]
    moved_layers: tuple[str, ...]
    moved: Counter[str]
    outside_equal: tuple[str, ...]
    evidence: Evidence


def frozen_parts(a: Fingerprint, b: Fingerprint) -> Frozen | Missing:
    """Compare the digests of all parts; Missing where a side was only sampled or nothing is comparable."""
    shared = {
        key: (part, b.parts[key])
        for key, part in sorted(a.parts.items())
        if key in b.parts and b.parts[key].shape == part.shape and is_present(part.digest)
    }
    shared = {k: v for k, v in shared.items() if is_present(v[1].digest) and _informative(v[0])}
    if not shared:
        return Missing("no tensors with value digests stand at the same place in both models")
    layers: dict[str, list[bool]] = {}
    for x, y in shared.values():
        if x.site.layer >= 0:
            layers.setdefault(f"{x.site.stack}.{x.site.layer}", []).append(x.digest == y.digest)
    equal = sum(x.digest == y.digest for x, y in shared.values())
    moved = Counter(_name(x) for x, y in shared.values() if x.digest != y.digest)
    evidence = Evidence(
        test="frozen parts",
        site=f"{len(shared)} tensors",
        statistic=float(equal),
        effect=equal / len(shared),
        log10_p=None,
        null="none: equal BLAKE3 digests are equal values",
        method="value digests by role and site; one cell a layer: the share of its tensors that are equal",
        sample=len(shared),
        per_site=tuple(SiteValue(k, k, float(sum(v)), None, sum(v) / len(v)) for k, v in layers.items()),
        facts={"equal": equal, "compared": len(shared), "moved_by_role": dict(sorted(moved.items()))},
    )
    return Frozen(
        len(shared),
        equal,
        tuple(k for k, v in layers.items() if all(v)),
        tuple(k for k, v in layers.items() if not all(v)),
        moved,
        tuple(k for k, (x, y) in shared.items() if x.site.layer < 0 and x.digest == y.digest),
        evidence,
    )


def _informative(part: PartPrint) -> bool:
    return is_present(part.moments) and part.moments.smallest < part.moments.largest


def _name(part: PartPrint) -> str:
    return part.role.value + (" bias" if part.bias else "")
