"""The decision order: from evidence to ruling.

* A copy is a copy: equal values settle the pair.
* Nothing shared beyond chance: independent. It is *shown* only where every planned test could run, else the default.
* Something shared: trained weights make a link, the initialisation alone makes none (X4), and what lies between the
  two is not established, which means independent by default.
* Names, cards, tokenizers and config never decide.
"""

from __future__ import annotations

from stemma.constitution.exclusions import look_alike
from stemma.constitution.interface import Direction, Established, Label, LayerPair, Ruling
from stemma.constitution.mechanism import Finding, find_mechanism, kinship_of
from stemma.constitution.sharing import Sharing, find_sharing, level
from stemma.constitution.training import Shared, TrainingVerdict, judge_training
from stemma.evidence.interface import Evidence
from stemma.evidence.pair import PLANNED, PairEvidence
from stemma.identity import Missing, is_present
from stemma.vocabulary import Exclusion, Kinship

DEFAULT_ALPHA = 1e-6


def rule(pair: PairEvidence, *, alpha: float = DEFAULT_ALPHA) -> Ruling:
    """What the constitution says of a pair; ``alpha`` is the family-wise error for independent models."""
    sharing = find_sharing(pair, alpha)
    tensors = pair.tensors
    if is_present(tensors) and tensors.is_copy:
        return _linked(pair, sharing, None, alpha)
    if not sharing.found:
        return _nothing_shared(pair, sharing, alpha)
    verdict = judge_training(pair, sharing)
    if verdict.shared is Shared.TRAINING:
        return _linked(pair, sharing, verdict, alpha)
    return _not_derived(pair, sharing, verdict, alpha)


def _linked(pair: PairEvidence, sharing: Sharing, verdict: TrainingVerdict | None, alpha: float) -> Ruling:
    finding = find_mechanism(pair, sharing)
    reasons = [*_shared_sentences(sharing), finding.reason]
    if verdict is not None:
        reasons.insert(len(reasons) - 1, f"It is trained weights that are shared: {verdict.reason}")
    evidence = (*sharing.evidence, *(verdict.evidence if verdict else ()), *finding.evidence, *pair.facts.evidence)
    missing = (*sharing.not_examined, *(verdict.not_examined if verdict else ()), *_always_unseen(pair))
    return Ruling(
        label=Label.LINKED,
        established=Established.SHOWN,
        kinship=kinship_of(finding),
        direction=finding.direction,
        mechanism=finding.mechanism,
        exclusion=None,
        reasons=tuple(reasons),
        not_examined=missing,
        evidence=_unique(evidence),
        layer_map=_layer_map(sharing, finding),
        alpha=alpha,
        tests_planned=len(PLANNED),
    )


def _nothing_shared(pair: PairEvidence, sharing: Sharing, alpha: float) -> Ruling:
    alike = look_alike(pair)
    bounds = [f"{t.test} z = {t.statistic:.1f}" for t in sharing.evidence if t.log10_p is not None]
    found = f"Nothing is shared beyond chance ({', '.join(bounds)})." if bounds else "Nothing could be compared."
    reasons = [found, *([alike[1]] if alike else [])]
    missing = (
        *sharing.not_examined,
        "disguises: a permuted or rotated copy would not be seen by the tests that ran",
        *_always_unseen(pair),
    )
    return _independent(pair, sharing, None, alpha, Established.DEFAULT, None, tuple(reasons), missing)


def _not_derived(pair: PairEvidence, sharing: Sharing, verdict: TrainingVerdict, alpha: float) -> Ruling:
    twins = verdict.shared is Shared.SEED
    reasons = (*_shared_sentences(sharing), f"But {verdict.reason}")
    return _independent(
        pair,
        sharing,
        verdict,
        alpha,
        Established.SHOWN if twins else Established.DEFAULT,
        Exclusion.X4 if twins else None,
        reasons,
        (*sharing.not_examined, *verdict.not_examined, *_always_unseen(pair)),
    )


def _independent(
    pair: PairEvidence,
    sharing: Sharing,
    verdict: TrainingVerdict | None,
    alpha: float,
    established: Established,
    exclusion: Exclusion | None,
    reasons: tuple[str, ...],
    missing: tuple[str, ...],
) -> Ruling:
    evidence = (*sharing.evidence, *(verdict.evidence if verdict else ()), *pair.facts.evidence)
    return Ruling(
        label=Label.INDEPENDENT,
        established=established,
        kinship=Kinship.NONE,
        direction=Direction.UNDETERMINED,
        mechanism=None,
        exclusion=exclusion,
        reasons=reasons,
        not_examined=missing,
        evidence=_unique(evidence),
        alpha=alpha,
        tests_planned=len(PLANNED),
    )


def _shared_sentences(sharing: Sharing) -> list[str]:
    return [
        f"{t.test.capitalize()} is shared far beyond chance over {t.site}: z = {t.statistic:.1f}, "
        f"p = 10^{t.log10_p:.0f}, correlation {t.effect:.2f}."
        for t in sharing.shared
        if t.log10_p is not None
    ]


def _layer_map(sharing: Sharing, finding: Finding) -> tuple[LayerPair, ...]:
    if finding.copy:
        return ()
    return tuple(LayerPair(str(a), str(b)) for a, b in sharing.pairing)


def _always_unseen(pair: PairEvidence) -> tuple[str, ...]:
    missing = ["distillation into fresh weights leaves no trace in weights"]
    for name, side in (("A", pair.a), ("B", pair.b)):
        if side.reading != "full":
            missing.append(f"{name} was only sampled: no digests, no exact identity")
        missing.extend(f"{name}: {what}: {why}" for what, why in sorted(side.missing.items()))
    if isinstance(pair.tensors, Missing):
        missing.append(f"tensor identity: {pair.tensors.reason}")
    return tuple(missing)


def _unique(evidence: tuple[Evidence, ...]) -> tuple[Evidence, ...]:
    seen: dict[tuple[str, str], Evidence] = {}
    for item in evidence:
        seen.setdefault((item.test, item.site), item)
    return tuple(seen.values())


__all__ = ["DEFAULT_ALPHA", "level", "rule"]
