"""An adapter alone beside a base: it is ranked, and never called linked.

What an adapter shows is the residual stream that it was trained in. A twin of its base, and every child of it, has
the same one, and twins are no kin (X4); no statistic of an adapter alone was found that tells them apart. So the
label stays independent by default, and a status says "trained on this base or its kin" where the test's null falls.
"""

from __future__ import annotations

import math

from stemma.constitution.interface import Direction, Established, Label, Ruling
from stemma.evidence.adapter import adapter_fit, is_adapter
from stemma.evidence.interface import Evidence
from stemma.evidence.pair import PLANNED, PairEvidence
from stemma.identity import Missing
from stemma.vocabulary import Kinship

KIN = "adapter of this base or its kin"


def rule_adapter(pair: PairEvidence, alpha: float) -> Ruling | None:
    """The ruling where exactly one side is an adapter without its base; None elsewhere."""
    sides = is_adapter(pair.a), is_adapter(pair.b)
    if sides[0] == sides[1]:
        return None
    adapter, base = (pair.a, pair.b) if sides[0] else (pair.b, pair.a)
    name, against = ("A", "B") if sides[0] else ("B", "A")
    fit = adapter_fit(adapter, base)
    status = ""
    evidence: tuple[Evidence, ...] = ()
    reasons: tuple[str, ...]
    open_question = f"{name} is an adapter without its base: name the base with --base to compare the weights."
    if isinstance(fit, Missing):
        reasons = (f"{name} is an adapter alone and could not be held against {against}: {fit.reason}.",)
    else:
        evidence = (fit,)
        fell = fit.log10_p is not None and fit.log10_p < math.log10(alpha / len(PLANNED))
        status = KIN if fell else ""
        numbers = f"z = {fit.statistic:.1f} over {fit.site}"
        reasons = (
            (
                f"{name} is a low-rank adapter (M8) that learned in the residual stream of {against} ({numbers}, "
                f"p < 10^{math.ceil(fit.log10_p or 0)}): it was trained on {against} or its kin.",
                f"A twin of {against} from the same initialisation would show the same, so no link is established.",
            )
            if fell
            else (f"Nothing in the adapter {name} points to the residual stream of {against} ({numbers}).",)
        )
    return Ruling(
        label=Label.INDEPENDENT,
        established=Established.DEFAULT,
        kinship=Kinship.NONE,
        direction=Direction.UNDETERMINED,
        mechanism=None,
        exclusion=None,
        reasons=reasons,
        not_examined=(open_question,),
        evidence=evidence,
        status=status,
        alpha=alpha,
        tests_planned=len(PLANNED),
    )
