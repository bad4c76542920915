"""The learned parts of two fingerprints beside each other, role by role: correlations as evidence."""

from __future__ import annotations

from collections.abc import Sequence

from stemma.anatomy.interface import Role
from stemma.evidence.calibration import calibration
from stemma.evidence.interface import Evidence
from stemma.evidence.learned_overlap import Block, Correlation, centred_units, learned_ratio, of_both
from stemma.evidence.order import Layers, Pairing
from stemma.evidence.units import LEARNED_ROLES, Array, Group, Place, corner, matrix_pairs, overlap
from stemma.fingerprint import LearnedPart, PartPrint
from stemma.fingerprint.plan import unit_axis
from stemma.identity import Missing, is_present
from stemma.immutable import immutable

MATCHED = "matched "
"""How the measures over neurons that were found again by their responses begin."""
COEFFICIENTS = "geometric mean of both sides' regression coefficients on the signal, jackknife error"


@immutable
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
    corners = [(p, q, x, y, *_corners(x, y)) for p, q, x, y in pairs if is_present(x.learned) or is_present(y.learned)]
    both = of_both(
        learned_ratio(_block(str(p), x.learned, role, u, v) for p, _, x, _, u, v in corners if is_present(x.learned)),
        learned_ratio(_block(str(q), y.learned, role, v, u) for _, q, _, y, u, v in corners if is_present(y.learned)),
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


def _corners(x: PartPrint, y: PartPrint) -> tuple[Array, Array]:
    """The corner that both parts hold, units x features, centred over the units."""
    u, v = overlap(corner(x), corner(y))
    return (centred_units(u.T), centred_units(v.T)) if unit_axis(x.role) else (centred_units(u), centred_units(v))


def _block(layer: str, learned: LearnedPart, role: Role, whole: Array, other: Array) -> Block:
    """The block of two :func:`_corners`; ``learned`` is the learned part of the first."""
    left, right = (learned.right, learned.left) if unit_axis(role) else (learned.left, learned.right)
    units, features = whole.shape
    left, right = left[:, :units], right[:, :features]
    return Block(layer, whole, left - left.mean(axis=1, keepdims=True), right, learned.shares, other)
