"""The decision order: from evidence to ruling.

* A copy is a copy: equal values settle the pair.
* Nothing shared beyond chance: independent. It is *shown* only where every planned test could run and the vocabularies
  differ, for a student distilled into fresh weights inherits nothing that weights show; else the default.
* Something shared: trained weights make a link, the initialisation alone makes none (X4), and what lies between the
  two is not established, which means independent by default.
* Names, cards, tokenizers and config never decide.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from stemma.anatomy.interface import Role
from stemma.constitution.adapters import rule_adapter
from stemma.constitution.exclusions import look_alike
from stemma.constitution.interface import Direction, Established, Label, LayerPair, Ruling
from stemma.constitution.mechanism import Finding, find_mechanism, kinship_of
from stemma.constitution.sharing import DISGUISED, Sharing, find_sharing
from stemma.constitution.training import Shared, TrainingVerdict, judge_training
from stemma.evidence.interface import Evidence
from stemma.evidence.pair import PLANNED, PairEvidence
from stemma.identity import Missing, is_present
from stemma.immutable import immutable
from stemma.vocabulary import Exclusion, Kinship

DEFAULT_ALPHA = 1e-6
_ADAPTER_ROLES = frozenset({Role.ADAPTER_A, Role.ADAPTER_B})
_ORDERS = frozenset({"mlp order", "state order", "layer alignment"})
_MINIMUM_UNITS = 100
_FEW_NEURONS = 4
_HINTS = -4.0
_ONE_VOCABULARY = frozenset({Exclusion.X1, Exclusion.X2, Exclusion.X7})
_PERHAPS_STUDENT = (
    "No weights were inherited, as far as these tests see. Whether one learned from the other's outputs, or both "
    "started from one seed and one was disguised since, weights of models with one vocabulary cannot tell."
)


def rule(pair: PairEvidence, *, alpha: float = DEFAULT_ALPHA) -> Ruling:
    """What the constitution says of a pair; ``alpha`` is the family-wise error for independent models."""
    alone = rule_adapter(pair, alpha)
    if alone is not None:
        return alone
    sharing = find_sharing(pair, alpha)
    tensors = pair.tensors
    if is_present(tensors) and tensors.is_copy:
        return _linked(pair, sharing, None, alpha)
    if not sharing.found:
        return _independent(pair, sharing, None, _nothing_shared(pair, sharing), alpha)
    verdict = judge_training(pair, sharing)
    if verdict.shared is Shared.TRAINING:
        return _linked(pair, sharing, verdict, alpha)
    return _independent(pair, sharing, verdict, _not_derived(sharing, verdict), alpha)


def _linked(pair: PairEvidence, sharing: Sharing, verdict: TrainingVerdict | None, alpha: float) -> Ruling:
    finding = find_mechanism(pair, sharing)
    trained = [f"It is trained weights that are shared: {verdict.reason}"] if verdict else []
    return Ruling(
        label=Label.LINKED,
        established=Established.SHOWN,
        kinship=kinship_of(finding),
        direction=finding.direction,
        mechanism=finding.mechanism,
        confidence=finding.confidence,
        exclusion=None,
        reasons=(*_shared_sentences(sharing), *trained, finding.reason),
        not_examined=_not_examined(pair, sharing, verdict),
        evidence=_evidence(pair, sharing, verdict, finding),
        layer_map=_layer_map(sharing, finding),
        alpha=alpha,
        tests_planned=len(PLANNED),
    )


def _independent(
    pair: PairEvidence, sharing: Sharing, verdict: TrainingVerdict | None, outcome: _Outcome, alpha: float
) -> Ruling:
    evidence = _evidence(pair, sharing, verdict, None)
    return Ruling(
        label=Label.INDEPENDENT,
        established=outcome.established,
        kinship=Kinship.NONE,
        direction=Direction.UNDETERMINED,
        mechanism=None,
        exclusion=outcome.exclusion,
        reasons=outcome.reasons,
        not_examined=_not_examined(pair, sharing, verdict),
        evidence=evidence,
        alpha=alpha,
        tests_planned=len(PLANNED),
        looked_everywhere=_looked_everywhere(evidence),
    )


@immutable
class _Outcome:
    """Why a pair is independent, and whether that was shown."""

    established: Established
    exclusion: Exclusion | None
    reasons: tuple[str, ...]


def _nothing_shared(pair: PairEvidence, sharing: Sharing) -> _Outcome:
    """Shown only where neurons in place and neurons in disguise were both looked for, with power, and not found.

    Never for models of one vocabulary: a student that learned from the other's outputs shares no weights with it.
    """
    alike = look_alike(pair)
    scores = [f"{t.test} {t.statistic:.1f}" for t in sharing.evidence if t.log10_p is not None]
    found = f"Nothing is shared beyond chance ({', '.join(scores)})." if scores else "Nothing could be compared."
    if alike is not None and alike[0] in _ONE_VOCABULARY:
        return _Outcome(Established.DEFAULT, None, (found, alike[1], _PERHAPS_STUDENT))
    if alike is not None and _looked_everywhere(sharing.evidence):
        return _Outcome(Established.SHOWN, alike[0], (found, alike[1]))
    return _Outcome(Established.DEFAULT, None, (found, *([alike[1]] if alike else [])))


def _looked_everywhere(tests: Sequence[Evidence]) -> bool:
    """Neurons in place and in disguise were both looked for over enough units, and nothing even hints at a link."""
    run = [test for test in tests if test.sample >= _MINIMUM_UNITS]
    hinted = any(test.log10_p is not None and test.log10_p < _HINTS for test in tests)
    ordered = any(test.test in _ORDERS for test in run)
    return ordered and not hinted and any(t.test in DISGUISED and t.statistic < _FEW_NEURONS for t in run)


def _not_derived(sharing: Sharing, verdict: TrainingVerdict) -> _Outcome:
    twins = verdict.shared is Shared.SEED
    reasons = (*_shared_sentences(sharing), f"But {verdict.reason}")
    if twins:
        return _Outcome(Established.SHOWN, Exclusion.X4, reasons)
    return _Outcome(Established.DEFAULT, None, reasons)


def _evidence(
    pair: PairEvidence, sharing: Sharing, verdict: TrainingVerdict | None, finding: Finding | None
) -> tuple[Evidence, ...]:
    pulled = (
        *sharing.evidence,
        *(verdict.evidence if verdict else ()),
        *(finding.evidence if finding else ()),
        *pair.facts.evidence,
    )
    seen: dict[tuple[str, str], Evidence] = {}
    for item in pulled:
        seen.setdefault((item.test, item.site), item)
    return tuple(seen.values())


def _shared_sentences(sharing: Sharing) -> list[str]:
    return [_sentence(t) for t in sharing.shared if t.log10_p is not None]


def _sentence(test: Evidence) -> str:
    name = test.test if test.test[:3] != "mlp" else "MLP" + test.test[3:]
    rounded = math.ceil(test.log10_p) if test.log10_p is not None else 0
    number = f"{test.statistic:.0f} neurons agree" if test.test in DISGUISED else f"z = {test.statistic:.1f}"
    return (
        f"{name[0].upper()}{name[1:]} is shared far beyond chance over {test.site}: {number}, "
        f"p < 10^{rounded}, effect {test.effect:.2f}."
    )


def _layer_map(sharing: Sharing, finding: Finding) -> tuple[LayerPair, ...]:
    if finding.copy:
        return ()
    return tuple(LayerPair(str(a), str(b)) for a, b in sharing.pairing)


def _not_examined(pair: PairEvidence, sharing: Sharing, verdict: TrainingVerdict | None) -> tuple[str, ...]:
    """What could not be looked at, as sentences."""
    missing = [*sharing.not_examined, *(verdict.not_examined if verdict else ())]
    for name, side in (("A", pair.a), ("B", pair.b)):
        if side.reading != "full":
            missing.append(f"{name} was only sampled: no digests, no exact identity, no neuron matching")
        if any(p.role in _ADAPTER_ROLES for p in side.parts.values()):
            missing.append(f"{name} is an adapter without its base: name the base with --base to compare the weights")
        missing.extend(f"{name}, {what}: {why}" for what, why in sorted(side.missing.items()))
        missing.extend(f"{name}: {warning}" for warning in side.warnings)
    if isinstance(pair.tensors, Missing):
        missing.append(f"tensor identity: {pair.tensors.reason}")
    missing.append("distillation into fresh weights, which leaves no trace in weights")
    return tuple(dict.fromkeys(f"{text[0].upper()}{text[1:].rstrip('.')}." for text in missing))
