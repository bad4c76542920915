"""Third question, for linked pairs: how did one become the other, and which way?

The first clue in the decision order of the constitution that holds names the mechanism. Direction is named only by a
clue that is exact: the side with the coarser grid, the rounding, the zeros or the repeated layers is the child.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from stemma.anatomy.interface import Role
from stemma.constitution.interface import Direction
from stemma.constitution.sharing import Sharing
from stemma.evidence.grid import on_even_grid
from stemma.evidence.interface import Evidence
from stemma.evidence.pair import PairEvidence
from stemma.fingerprint import Fingerprint
from stemma.identity import is_present
from stemma.vocabulary import Kinship, Mechanism

_STORAGE_CHANGE = 0.02  # responses are stored to 1/127, and disguises are stored in 16 bits
_NEARLY_ALL = 0.95
_PLAIN_STORAGE = ("F64", "F32", "F16", "BF16", "GGUF F32", "GGUF F16", "GGUF BF16", "ONNX FLOAT", "ONNX FLOAT16")


@dataclass(frozen=True)
class Finding:
    """A named mechanism with the sentence that supports it; ``copy`` where the weights are numerically the same."""

    mechanism: Mechanism
    direction: Direction
    reason: str
    evidence: tuple[Evidence, ...] = ()
    copy: bool = False


def find_mechanism(pair: PairEvidence, sharing: Sharing) -> Finding:
    """The first clue that holds; fine-tuning where none does, for that is what is left of C1 and C3."""
    for clue in _CLUES:
        finding = clue(pair, sharing)
        if finding is not None:
            return finding
    return _disguised(pair) if sharing.disguised else _tuned(pair)


def kinship_of(finding: Finding) -> Kinship:
    """Kinship as far as the finding tells."""
    if finding.copy:
        return Kinship.COPY
    by_direction = {
        Direction.A_TO_B: Kinship.DESCENDANT,
        Direction.B_TO_A: Kinship.ANCESTOR,
        Direction.UNDETERMINED: Kinship.UNDETERMINED,
    }
    return by_direction[finding.direction]


def _copy(pair: PairEvidence, _sharing: Sharing) -> Finding | None:
    tensors = pair.tensors
    if not (is_present(tensors) and tensors.is_copy):
        return None
    same_files = is_present(pair.files) and pair.files.statistic == 1.0
    how = "the weight files are byte for byte the same" if same_files else "every informative matrix is equal"
    reason = f"All {tensors.compared} informative matrices agree value for value; {how}."
    return Finding(Mechanism.M1, Direction.UNDETERMINED, reason, (tensors.evidence,), copy=True)


def _rounded(pair: PairEvidence, sharing: Sharing) -> Finding | None:
    entries = pair.entries
    if not is_present(entries) or pair.facts.same_shapes < 0.8 or not sharing.in_place:
        return None
    for kind, direction in ((entries.rounded_b_of_a, Direction.A_TO_B), (entries.rounded_a_of_b, Direction.B_TO_A)):
        if kind:
            fine, coarse = ("A", "B") if direction is Direction.A_TO_B else ("B", "A")
            reason = f"All {entries.evidence.sample} exact entries of {coarse} are those of {fine} rounded to {kind}."
            return Finding(Mechanism.M1, direction, reason, (entries.evidence,), copy=True)
    return None


def _restacked(pair: PairEvidence, sharing: Sharing) -> Finding | None:
    a, b = pair.facts.layers
    if (a == b and not sharing.searched) or not is_present(pair.alignment) or not pair.alignment.pairing:
        return None
    evidence = (pair.alignment.evidence,)
    matched = pair.alignment.pairing
    used_a, used_b = Counter(p for p, _ in matched), Counter(q for _, q in matched)
    if b > a and max(used_a.values()) > 1:
        reason = f"{b} layers of B come from {a} of A, some used more than once: B was scaled up in depth."
        return Finding(Mechanism.M6, Direction.A_TO_B, reason, evidence)
    if a > b and max(used_b.values()) > 1:
        reason = f"{a} layers of A come from {b} of B, some used more than once: A was scaled up in depth."
        return Finding(Mechanism.M6, Direction.B_TO_A, reason, evidence)
    counts = f"{len(used_b)} of B's {b} layers have an origin among A's {a}"
    what = "layers were removed or inserted" if a != b else "layers were moved or exchanged"
    return Finding(Mechanism.M6, Direction.UNDETERMINED, f"{counts}: {what}.", evidence)


def _pruned(pair: PairEvidence, sharing: Sharing) -> Finding | None:
    entries = pair.entries
    if not is_present(entries) or sharing.disguised:
        return None
    sides = (
        ("B", entries.zeroed_in_b, entries.zeroed_in_a, entries.kept_in_b, Direction.A_TO_B),
        ("A", entries.zeroed_in_a, entries.zeroed_in_b, entries.kept_in_a, Direction.B_TO_A),
    )
    for child, zeroed, others, kept, direction in sides:
        if zeroed > 0.05 and zeroed > 20 * others:
            # Where the rest moved too, the other model may as well be another child of the one that was pruned.
            exact = kept > 0.95
            left = "the rest unchanged" if exact else "the rest trained on"
            reason = f"{zeroed:.0%} of the compared entries are zero in {child} alone, {left}: {child} was pruned."
            way = direction if exact else Direction.UNDETERMINED
            return Finding(Mechanism.M6, way, reason, (entries.evidence,))
    return None


def _quantised(pair: PairEvidence, _sharing: Sharing) -> Finding | None:
    a, b = _grid(pair.a), _grid(pair.b)
    if bool(a) == bool(b):
        return None
    child, how, direction = ("B", b, Direction.A_TO_B) if b else ("A", a, Direction.B_TO_A)
    reason = f"The matrices of {child} lie on a coarser grid ({how})"
    entries = pair.entries
    if not is_present(entries):
        return Finding(Mechanism.M7, Direction.UNDETERMINED, f"{reason}.")
    nearest = entries.blocks_gridded_b if b else entries.blocks_gridded_a
    if nearest > _NEARLY_ALL:
        reason += f", and {nearest:.0%} of their blocks are the other's to the nearest step."
        return Finding(Mechanism.M7, direction, reason, (entries.evidence,))
    reason += f", {entries.relative_change:.1%} away."
    return Finding(Mechanism.M7, Direction.UNDETERMINED, reason, (entries.evidence,))


def _grid(fingerprint: Fingerprint) -> str:
    """How the sampled matrices are quantised, or ""."""
    sampled = [p for p in fingerprint.parts.values() if is_present(p.exact)]
    packed = Counter(p.storage for p in sampled if p.storage not in _PLAIN_STORAGE)
    if sampled and sum(packed.values()) > len(sampled) / 2:
        return packed.most_common(1)[0][0]
    gridded = sum(on_even_grid(p.exact) for p in sampled if is_present(p.exact))
    return "rows on even grids of at most 256 steps" if sampled and gridded > 0.8 * len(sampled) else ""


def _vocabulary(pair: PairEvidence, _sharing: Sharing) -> Finding | None:
    rows_a, rows_b = _vocabulary_rows(pair.a), _vocabulary_rows(pair.b)
    if not rows_a or not rows_b or rows_a == rows_b:
        return None
    direction = Direction.UNDETERMINED
    untouched = _untouched_anchor_rows(pair)
    if untouched:
        direction = Direction.A_TO_B if rows_b > rows_a else Direction.B_TO_A
    detail = f"; {untouched} anchor rows are untouched" if untouched else ""
    reason = f"The vocabularies have {rows_a} and {rows_b} rows over shared trained weights{detail}."
    return Finding(Mechanism.M4, direction, reason)


def _vocabulary_rows(fingerprint: Fingerprint) -> int:
    rows = [p.shape[0] for p in fingerprint.parts.values() if p.role is Role.TOKEN_EMBEDDING and len(p.shape) == 2]
    return max(rows, default=0)


def _untouched_anchor_rows(pair: PairEvidence) -> int:
    a, b = pair.a.anchors, pair.b.anchors
    if (
        not (is_present(a) and is_present(b))
        or a.by_string != b.by_string
        or a.embedding.shape[1] != b.embedding.shape[1]
    ):
        return 0
    _, left, right = np.intersect1d(a.keys, b.keys, assume_unique=True, return_indices=True)
    return int((a.embedding[left] == b.embedding[right]).all(axis=1).sum())


def _only_vectors(pair: PairEvidence, _sharing: Sharing) -> Finding | None:
    tensors = pair.tensors
    if not is_present(tensors) or tensors.equal < tensors.compared or not tensors.vectors_differ:
        return None
    reason = (
        f"All {tensors.compared} matrices are equal and {tensors.vectors_differ} of {tensors.vectors} gains and biases "
        "differ: only those were trained."
    )
    return Finding(Mechanism.M2, Direction.UNDETERMINED, reason, (tensors.evidence,))


def _adapted(pair: PairEvidence, sharing: Sharing) -> Finding | None:
    change = pair.change
    if not is_present(change) or not is_present(pair.tensors) or sharing.disguised:
        return None
    largest = max(change.ranks)
    if largest == 0 or largest > 32 or change.explained < 0.9:
        return None
    reason = (
        f"{change.changed} of {change.compared} matrices differ, each by a change of rank at most {largest} "
        f"that carries {change.explained:.0%} of it: a merged low-rank adapter."
    )
    return Finding(Mechanism.M8, Direction.UNDETERMINED, reason, (change.evidence,))


def _disguised(pair: PairEvidence) -> Finding:
    matching = pair.matching
    share, change = (matching.evidence.effect, matching.change) if is_present(matching) else (0.0, 1.0)
    same = change < _STORAGE_CHANGE
    reason = (
        f"The same neurons ({share:.0%} of those compared) stand in another order or basis, their responses "
        f"{change:.1%} apart: one model is the other reparametrised, "
        + ("unchanged otherwise." if same else "and trained on.")
    )
    return Finding(Mechanism.M1 if same else Mechanism.M2, Direction.UNDETERMINED, reason, copy=same)


def _tuned(pair: PairEvidence) -> Finding:
    change = f" by {pair.entries.relative_change:.1%} of their norm" if is_present(pair.entries) else ""
    reason = (
        f"The same matrices moved{change} with no sign of pruning, quantisation, restacking or a low-rank change: "
        "fine-tuning or continued pretraining, which weights cannot tell apart."
    )
    evidence = (pair.entries.evidence,) if is_present(pair.entries) else ()
    return Finding(Mechanism.M2, Direction.UNDETERMINED, reason, evidence)


_CLUES: tuple[Callable[[PairEvidence, Sharing], Finding | None], ...] = (
    _copy,
    _rounded,
    _restacked,
    _quantised,
    _pruned,
    _vocabulary,
    _only_vectors,
    _adapted,
)
