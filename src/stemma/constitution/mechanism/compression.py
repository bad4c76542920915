"""Quantisation (M7) and zeros (M6)."""

from __future__ import annotations

from stemma.constitution.interface import Confidence, Direction
from stemma.constitution.mechanism.finding import Finding, other, towards
from stemma.constitution.sharing import Sharing
from stemma.evidence.pair import PairEvidence
from stemma.identity import is_present
from stemma.vocabulary import Mechanism

# Below this a little training before quantising cannot be excluded; measured: .9999 and above where there was none.
_ALL_NEAREST = 0.9995
_LEAST_COMPARED = 4
_LEAST_ZEROS, _TIMES_OTHERS = 0.05, 20
_KEPT = 0.95


def quantised(pair: PairEvidence, _sharing: Sharing) -> Finding | None:
    """One side alone lies on a lattice; it is the child where its entries are the other's to the nearest level."""
    found = {"A": pair.forensics.quantised_a, "B": pair.forensics.quantised_b}
    sides = [side for side, how in found.items() if how is not None]
    if not sides:
        return None
    if len(sides) == 2 and (found["A"] and found["B"] and found["A"].name == found["B"].name):
        return None
    child = min(sides, key=lambda s: (f.bits if (f := found[s]) else 0) or 16)
    how = found[child]
    if how is None:
        return None
    reason = f"The matrices of {child} lie on a lattice ({how.name}; {how.evidence.site})"
    if how.matrices >= _LEAST_COMPARED and how.nearest >= _ALL_NEAREST:
        reason += f", and {how.nearest:.2%} of their inner entries are {other(child)}'s to the nearest level."
        return Finding(Mechanism.M7, Confidence.EXACT, towards(child), reason, (how.evidence,))
    if how.matrices:
        reason += f", of whose entries only {how.nearest:.1%} are {other(child)}'s to the nearest level: "
        reason += "something else changed too, so the way is open."
    else:
        reason += "."
    return Finding(Mechanism.M7, Confidence.STRONG, Direction.UNDETERMINED, reason, (how.evidence,))


def pruned(pair: PairEvidence, sharing: Sharing) -> Finding | None:
    """One side alone has zeros; it is the child where its other entries are unchanged."""
    entries = pair.entries
    if not is_present(entries):
        return None
    if sharing.disguised and not sharing.in_place:
        return _zeros_alone(pair)
    sides = (
        ("B", entries.zeroed_in_b, entries.zeroed_in_a, entries.kept_in_b, pair.forensics.zeros_b),
        ("A", entries.zeroed_in_a, entries.zeroed_in_b, entries.kept_in_a, pair.forensics.zeros_a),
    )
    for child, zeroed, others, kept, zeros in sides:
        if zeroed <= _LEAST_ZEROS or zeroed <= _TIMES_OTHERS * others:
            continue
        # Where the rest moved too, the other model may as well be another child of the one that was pruned.
        exact = kept > _KEPT
        pattern = f" ({zeros.pattern})" if is_present(zeros) and zeros.pattern not in ("none", "unstructured") else ""
        left = f"{kept:.0%} of the rest unchanged" if exact else "the rest trained on"
        reason = f"{zeroed:.0%} of the compared entries are zero in {child} alone{pattern}, {left}: {child} was pruned."
        evidence = (entries.evidence, *((zeros.evidence,) if is_present(zeros) else ()))
        way = towards(child) if exact else Direction.UNDETERMINED
        return Finding(Mechanism.M6, Confidence.EXACT if exact else Confidence.STRONG, way, reason, evidence)
    return None


def _zeros_alone(pair: PairEvidence) -> Finding | None:
    """Where the units stand in another order, zeros can only be counted."""
    a, b = pair.forensics.zeros_a, pair.forensics.zeros_b
    if not (is_present(a) and is_present(b)):
        return None
    child, more, fewer = ("B", b, a) if b.share > a.share else ("A", a, b)
    if more.share <= _LEAST_ZEROS or more.share <= _TIMES_OTHERS * fewer.share:
        return None
    reason = f"{more.share:.0%} of the exact entries of {child} are zero, {fewer.share:.1%} of {other(child)}'s."
    return Finding(Mechanism.M6, Confidence.STRONG, Direction.UNDETERMINED, reason, (more.evidence,))
