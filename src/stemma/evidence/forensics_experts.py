"""Dense MLPs beside experts: was a dense model made into a mixture, or a dense model taken out of one?

Facts about matrices of one layer: a dense MLP and an expert of another model's layer that point the same way. Null:
independent layers, whose corners have a cosine of 0 give or take 1 / sqrt(entries) (below .03 for corners of 1,024
entries and more), so that .5 does not come up.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from stemma.anatomy.interface import Role
from stemma.evidence.interface import Background, Evidence, SiteValue
from stemma.evidence.units import overlap
from stemma.fingerprint import Fingerprint, PartPrint
from stemma.identity import Missing, is_present
from stemma.immutable import immutable

_ROLES = (Role.GATE, Role.UP, Role.DOWN)
_LIKE = 0.5
_MINIMUM_SIDE = 16


@immutable
class ExpertOrigin:
    """``dense`` and ``mixed`` are "A" and "B" or the reverse. ``cosine`` of the dense matrices with the experts they
    resemble most, ``alike`` share of expert matrices that resemble the dense one, ``equal`` share of dense matrices
    that equal an expert's, ``experts_equal`` tells that the experts of a layer are all the same."""

    dense: str
    mixed: str
    cosine: float
    alike: float
    equal: float
    experts_equal: bool
    evidence: Evidence


def expert_origin(a: Fingerprint, b: Fingerprint) -> ExpertOrigin | Missing:
    """Compare the dense MLPs of one side with the experts of the other."""
    experts = [_has_experts(side) for side in (a, b)]
    if experts[0] == experts[1]:
        return Missing("both models have experts, or neither has")
    dense, mixed = (b, a) if experts[0] else (a, b)
    best: list[float] = []
    alike: list[bool] = []
    equal: list[bool] = []
    same: list[bool] = []
    sites: list[SiteValue] = []
    for part in (p for _, p in sorted(dense.parts.items()) if p.role in _ROLES and is_present(p.coded) and not p.bias):
        rivals = _experts(mixed, part)
        if not rivals:
            continue
        cosines = [_cosine(part, rival) for rival in rivals]
        best.append(max(cosines))
        alike.extend(c > _LIKE for c in cosines)
        equal.append(any(r.digest == part.digest for r in rivals))
        same.append(len({str(r.digest) for r in rivals}) == 1)
        sites.append(SiteValue(part.key, rivals[int(np.argmax(cosines))].key, max(cosines), None, max(cosines)))
    if not best:
        return Missing("no dense MLP stands where the other model has experts")
    mean = float(np.mean(best))
    evidence = Evidence(
        test="experts and dense layers",
        site=f"{len(best)} dense matrices",
        statistic=mean,
        effect=mean,
        log10_p=None,
        null="independent layers: cosine 0",
        method="cosine of the corners of a dense matrix and the experts of the same layer, the best of them",
        sample=len(best),
        background=Background(0.0, 0.03, "theory: independent entries, corners of 1,024 entries"),
        per_site=tuple(sites),
        facts={"alike_share": float(np.mean(alike)), "equal_share": float(np.mean(equal))},
    )
    names = ("B", "A") if experts[0] else ("A", "B")
    return ExpertOrigin(*names, mean, float(np.mean(alike)), float(np.mean(equal)), all(same), evidence)


def _has_experts(fingerprint: Fingerprint) -> bool:
    return any(p.site.expert >= 0 and p.role in _ROLES for p in fingerprint.parts.values())


def _experts(mixed: Fingerprint, dense: PartPrint) -> list[PartPrint]:
    wanted = [
        p
        for _, p in sorted(mixed.parts.items())
        if p.role is dense.role
        and p.site.expert >= 0
        and replace(p.site, expert=-1, block="") == replace(dense.site, block="")
    ]
    return [p for p in wanted if is_present(p.coded) and min(p.coded.shape) >= _MINIMUM_SIDE and not p.bias]


def _cosine(x: PartPrint, y: PartPrint) -> float:
    first, second = x.coded, y.coded
    if not (is_present(first) and is_present(second)):
        return 0.0
    p, q = overlap(first.decoded(), second.decoded())
    norm = float(np.linalg.norm(p) * np.linalg.norm(q))
    return float(np.vdot(p, q)) / norm if norm > 0 else 0.0
