"""Facts about a pair that order work and name look-alikes, and never make a ruling: shapes, sizes, vocabularies."""

from __future__ import annotations

from stemma.evidence.interface import Evidence
from stemma.fingerprint import Fingerprint
from stemma.identity import Missing, is_present
from stemma.immutable import immutable


@immutable
class PairFacts:
    """``same_shapes``: share of matrices with equal place and shape; ``token_overlap``: Jaccard index of anchor
    tokens; layer counts and widths as found."""

    same_shapes: float
    token_overlap: float | Missing
    same_vocabulary: bool
    hidden: tuple[int | Missing, int | Missing]
    layers: tuple[int, int]
    evidence: tuple[Evidence, ...]


def pair_facts(a: Fingerprint, b: Fingerprint) -> PairFacts:
    """Compare shapes and vocabularies."""
    shapes = _same_shapes(a, b)
    tokens = _token_overlap(a, b)
    evidence = [_fact("shape agreement", "all matrices", shapes, "share of matrices equal in place and shape")]
    if is_present(tokens):
        evidence.append(_fact("vocabulary overlap", "anchor tokens", tokens, "Jaccard index of bottom-k token hashes"))
    return PairFacts(
        shapes,
        tokens,
        is_present(a.tokenizer) and is_present(b.tokenizer) and a.tokenizer["sha256"] == b.tokenizer["sha256"],
        (a.facts.hidden, b.facts.hidden),
        (_layer_count(a), _layer_count(b)),
        tuple(evidence),
    )


def _same_shapes(a: Fingerprint, b: Fingerprint) -> float:
    left = {(k, p.shape) for k, p in a.parts.items() if len(p.shape) >= 2}
    right = {(k, p.shape) for k, p in b.parts.items() if len(p.shape) >= 2}
    return len(left & right) / max(1, len(left | right))


def _token_overlap(a: Fingerprint, b: Fingerprint) -> float | Missing:
    if not (is_present(a.anchors) and is_present(b.anchors)):
        return Missing("a model has no token embedding")
    if not (a.anchors.by_string and b.anchors.by_string):
        return Missing("a model came without its tokenizer")
    left, right = set(a.anchors.keys.tolist()), set(b.anchors.keys.tolist())
    size = min(len(left), len(right))
    smallest = sorted(left | right)[:size]
    return sum(key in left and key in right for key in smallest) / max(1, size)


def _layer_count(fingerprint: Fingerprint) -> int:
    return sum(len(fingerprint.layers(stack)) for stack in fingerprint.stacks)


def _fact(test: str, site: str, value: float, method: str) -> Evidence:
    return Evidence(
        test=test,
        site=site,
        statistic=value,
        effect=value,
        log10_p=None,
        null="none: reported, never counted",
        method=method,
        sample=1,
    )
