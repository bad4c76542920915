"""An adapter alone against a base: did it learn in the base's residual stream?

Training moves an adapter's input factors towards the directions of the residual stream that its base reads from. Over
the leading residual dimensions, X_l is the sum of A'(B'B)A over the adapter's modules in layer l that read the
residual stream (B begins at zero, so that B'B weighs the directions by what training made of them) and Y_l the sum of
W'W over the base's query, key and value matrices there, both scaled to unit norm and free of their diagonals; T = sum
over l of <X_l, Y_l>.

Measured on 56 adapters of 7 architectures (rank 4 to 16, 80 steps): median z 11.9 at the true base, 7.6 at its twin,
.0 with standard deviation 1 at others; without the weights B'B 6.0 and 4.9.

Null: the residual dimensions of the adapter's base stand in uniformly random order relative to this base's; one
permutation moves them in all layers. Mean and variance of T come from permutations drawn with a fixed seed, its
p-value from the normal tail (Mantel's test [1]), never below 1 / n!. Alternative: this base, a child or parent of it,
or a twin from the same initialisation: their residual dimensions all stand in one order, and no statistic of the
adapter alone was found that tells them apart. It says "this base or its kin".

References:
    [1] N. Mantel (1967), The detection of disease clustering and a generalized regression approach.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stemma.anatomy.interface import Role
from stemma.evidence.interface import Background, Evidence, SiteValue
from stemma.evidence.tails import log10_least_p, log10_skewed_tail
from stemma.evidence.units import Place
from stemma.fingerprint import Fingerprint, PartPrint
from stemma.identity import Missing, is_present

Array = NDArray[np.floating[Any]]

_READERS = (Role.Q, Role.K, Role.V)
_READING = frozenset({"q", "k", "v", "q+k+v", "gate", "up", "gate+up"})
_DIMENSIONS, _MINIMUM_DIMENSIONS = 192, 48
_PERMUTATIONS = 200


def is_adapter(fingerprint: Fingerprint) -> bool:
    """Whether these are the low-rank factors of an adapter without their base."""
    return any(p.role in (Role.ADAPTER_A, Role.ADAPTER_B) for p in fingerprint.parts.values())


def adapter_fit(adapter: Fingerprint, base: Fingerprint) -> Evidence | Missing:
    """T of an adapter against a base, or why it was not computed."""
    width = base.facts.hidden
    if not is_present(width):
        return Missing("the residual width of the base is unknown")
    factors = _factors(adapter, width)
    readers = _readers(base, width)
    places = [place for place in sorted(factors) if place in readers]
    if not places:
        return Missing("no input factor of the adapter stands where the base reads its residual stream")
    size = min(_DIMENSIONS, *(m.shape[1] for p in places for m in (*factors[p], *readers[p])))
    if size < _MINIMUM_DIMENSIONS:
        return Missing(f"{size} residual dimensions are held of both, too few")
    x, y = (np.stack([gram(side[p], size) for p in places]) for side in (factors, readers))
    each, mean, deviation, skewness = _moments(x, y)
    total = float(each.sum())
    z = (total - mean.sum()) / deviation if deviation > 0 else 0.0
    return Evidence(
        test="adapter fit",
        site=f"{len(places)} layers",
        statistic=float(z),
        effect=total / len(places),
        log10_p=max(log10_skewed_tail(float(z), skewness), log10_least_p(size)),
        null="the residual dimensions of the adapter's base stand in random order relative to this base's",
        method=f"Mantel's test, moments from {_PERMUTATIONS} joint permutations of dimensions, Pearson III tail",
        sample=size,
        background=Background(0.0, 1.0, "by construction: joint permutations of residual dimensions"),
        per_site=tuple(SiteValue(str(p), str(p), float(t), None, float(t)) for p, t in zip(places, each, strict=True)),
        facts={"layers": len(places), "skewness": skewness},
    )


def _factors(adapter: Fingerprint, width: int) -> Mapping[Place, list[Array]]:
    """For each layer the changes B A of the modules that read the residual stream, over what the corners hold."""
    layers: dict[Place, list[Array]] = {}
    for key, part in sorted(adapter.parts.items()):
        if part.role is not Role.ADAPTER_A or part.site.block.split(".")[-1] not in _READING:
            continue
        partner = adapter.parts.get(key.replace(Role.ADAPTER_A.value, Role.ADAPTER_B.value))
        if partner is None or not _reads(part, width) or part.site.layer < 0:
            continue
        a, b = part.coded, partner.coded
        if is_present(a) and is_present(b) and a.shape[0] == b.shape[1]:
            layers.setdefault(Place(part.site.stack, part.site.layer), []).append(b.decoded() @ a.decoded())
    return layers


def _readers(base: Fingerprint, width: int) -> Mapping[Place, list[Array]]:
    layers: dict[Place, list[Array]] = {}
    for _, part in sorted(base.parts.items()):
        if part.role in _READERS and _reads(part, width) and part.site.layer >= 0 and is_present(part.coded):
            layers.setdefault(Place(part.site.stack, part.site.layer), []).append(part.coded.decoded())
    return layers


def _reads(part: PartPrint, width: int) -> bool:
    return is_present(part.coded) and not part.bias and part.shape[-1] == width


def mantel(x: Array, y: Array) -> float:
    """Standard score of sum of <x_l, y_l> for stacks of symmetric matrices (l x n x n) under joint permutations."""
    each, mean, deviation, _ = _moments(x, y)
    return float((each.sum() - mean.sum()) / deviation) if deviation > 0 else 0.0


def gram(matrices: list[Array], size: int) -> Array:
    """Sum of M'M over the leading dimensions, each of unit norm, without its diagonal."""
    gram = np.zeros((size, size))
    for matrix in matrices:
        rows = matrix[:, :size].astype(np.float64)
        one = rows.T @ rows
        gram += one / max(float(np.linalg.norm(one)), 1e-30)
    np.fill_diagonal(gram, 0.0)
    norm = float(np.linalg.norm(gram))
    return gram / norm if norm > 0 else gram


def _moments(x: Array, y: Array) -> tuple[Array, Array, float, float]:
    """T by layer, and the null mean by layer, deviation and skewness of its sum."""
    generator = np.random.default_rng(0)
    size = x.shape[1]
    drawn = np.empty((_PERMUTATIONS, len(x)))
    for index in range(_PERMUTATIONS):
        order = generator.permutation(size)
        drawn[index] = np.einsum("lij,lij->l", x[:, order][:, :, order], y)
    sums = drawn.sum(axis=1)
    centred = sums - sums.mean()
    deviation = float(centred.std())
    skewness = float(np.mean(centred**3)) / deviation**3 if deviation > 0 else 0.0
    return np.einsum("lij,lij->l", x, y), drawn.mean(axis=0), deviation, max(0.0, skewness)
