"""The learned parts of two fingerprints beside each other, role by role: correlations as evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from stemma.anatomy.interface import Role
from stemma.evidence.calibration import calibration
from stemma.evidence.interface import Evidence
from stemma.evidence.learned_overlap import Block, Correlation, centred_units, learned_ratio, of_both
from stemma.evidence.order import Layers, Pairing
from stemma.evidence.units import LEARNED_ROLES, Group, Place, corner, matrix_pairs
from stemma.fingerprint import LearnedPart, PartPrint
from stemma.fingerprint.plan import unit_axis
from stemma.identity import Missing, is_present

MATCHED = "matched "
"""How the measures over neurons that were found again by their responses begin."""
COEFFICIENTS = "geometric mean of both sides' regression coefficients on the signal, jackknife error"


@dataclass(frozen=True)
class Overlap:
    """A correlation of learned parts as evidence. Both sides must show a learned part, else there is none."""

    found: Correlation
    evidence: Evidence

    @property
    def rho(self) -> float:
        """The correlation."""
        return self.found.rho

    @property
    def error(self) -> float:
        """Its standard error."""
        return self.found.error

    @property
    def energy(self) -> float:
        """The share of the matrices' energy in the learned part, of the side where it is less."""
        return self.found.energy


def learned_overlaps(a: Layers, b: Layers, pairing: Pairing, group: Group) -> dict[str, Overlap | Missing]:
    """rho over the paired layers, from both sides, of every role of a group that stands in both models, by role."""
    standing = {
        role: [(p, q, x, y) for p, q in pairing for x, y in matrix_pairs(a[p], b[q], role)]
        for role in LEARNED_ROLES[group]
    }
    found = {str(role): _of_role(role, pairs) for role, pairs in standing.items() if pairs}
    return found or {group.value: Missing(f"no {group.value} matrices stand at matched places")}


def _of_role(role: Role, pairs: Sequence[tuple[Place, Place, PartPrint, PartPrint]]) -> Overlap | Missing:
    both = of_both(
        learned_ratio(_block(str(p), x.learned, x, y) for p, _, x, y in pairs if is_present(x.learned)),
        learned_ratio(_block(str(q), y.learned, y, x) for _, q, x, y in pairs if is_present(y.learned)),
    )
    if both is None:
        return Missing(
            f"a side shows no learned part above the noise in its {role} matrices, or the bulk is not shared"
        )
    return overlap_from(both, str(role), f"{both.matrices} matrices", COEFFICIENTS)


def overlap_from(found: Correlation, what: str, site: str, method: str) -> Overlap:
    """The correlation of the learned parts of ``what`` as evidence, beside what twins of the calibration zoo show."""
    evidence = Evidence(
        test=f"{what} learned part",
        site=site,
        statistic=found.rho,
        effect=found.rho,
        log10_p=None,
        null="twins: the initialisation is shared and nothing that training wrote (rho well below 1)",
        method=method,
        sample=found.matrices,
        background=known.background if (known := calibration().get(what)) else None,
        facts={"error": found.error, "bulk": found.bulk, "energy": found.energy},
    )
    return Overlap(found, evidence)


def _block(layer: str, learned: LearnedPart, part: PartPrint, other: PartPrint) -> Block:
    """The block over the corner that both parts hold; ``learned`` is the learned part of the first."""
    x, y = corner(part), corner(other)
    rows, columns = min(x.shape[0], y.shape[0]), min(x.shape[1], y.shape[1])
    x, y = x[:rows, :columns], y[:rows, :columns]
    left, right = learned.left[:, :rows], learned.right[:, :columns]
    if unit_axis(part.role):
        x, y, left, right = x.T, y.T, right, left
    left = left - left.mean(axis=1, keepdims=True)
    return Block(layer, centred_units(x), left, right, learned.shares, centred_units(y))
