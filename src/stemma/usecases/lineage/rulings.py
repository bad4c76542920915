"""A ruling as an edge of the joined graph."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from hashlib import sha256
from typing import Any

from stemma.constitution.interface import Ruling
from stemma.evidence.interface import Evidence
from stemma.evidence.merge import Merge
from stemma.fingerprint import Fingerprint, component_of, sole_component, to_bytes
from stemma.identity import Missing
from stemma.identity.version import VERSION
from stemma.immutable import immutable
from stemma.publish.canonical import plain
from stemma.publish.result_json import evidence_fields, merge_fields
from stemma.registry.edges import Basis, FingerprintDigest, MeasuredEdge
from stemma.registry.forms import canonical
from stemma.usecases.at_hand import AtHand
from stemma.usecases.judging import rule_on, ruled
from stemma.usecases.models import FingerprintResult
from stemma.usecases.settings import Work


@immutable
class Known:
    """A subject whose fingerprint is at hand: its key, what it was read from, and how."""

    key: str
    result: FingerprintResult
    basis: Basis

    @property
    def fingerprint(self) -> Fingerprint:
        """The fingerprint."""
        return self.result.fingerprint

    @cached_property
    def digest(self) -> str:
        """The digest of the fingerprint's file."""
        return f"sha256:{sha256(to_bytes(self.fingerprint)).hexdigest()}"


def rule_between(parent: Known, child: Known, work: Work, when: str) -> MeasuredEdge:
    """Rule on a declared parent (A) and its child (B); goes back to the weights where both are at hand."""
    at_hand = AtHand(_reference(parent), _reference(child), work)
    ruling, _ = ruled(parent.result, child.result, at_hand)
    return as_edge(ruling, parent, child, when)


def rule_component(parent: Known, child: Known, component: str, work: Work, when: str) -> MeasuredEdge | Missing:
    """Rule on one component of a declared parent (A) and its child (B); Missing where neither has it.

    The other of the two is taken by its component of that name, or, as a tower is that stands alone, by its only stack.
    """
    named = [component_of(known.fingerprint, component) for known in (parent, child)]
    if all(isinstance(each, Missing) for each in named):
        return next(each for each in named if isinstance(each, Missing))
    sides = [
        sole_component(known.fingerprint) if isinstance(found, Missing) else found
        for known, found in zip((parent, child), named, strict=True)
    ]
    a, b = sides
    if isinstance(a, Missing) or isinstance(b, Missing):
        return a if isinstance(a, Missing) else b  # type: ignore[return-value]
    return replace(as_edge(rule_on(a, b, work), parent, child, when), component=component)


def as_edge(ruling: Ruling, a: Known, b: Known, when: str, merge: Merge | Missing | None = None) -> MeasuredEdge:
    """A ruling over two subjects with everything it rests on; ``merge`` is what the child was found to be put together
    of, and is kept beside its evidence."""
    evidence, _ = plain([_kept(each, merge) for each in ruling.evidence])
    weakest: Basis = next(basis for basis in _WEAKEST_FIRST if basis in (a.basis, b.basis))
    return MeasuredEdge(
        a=a.key,
        b=b.key,
        label=ruling.label,
        established=ruling.established,
        kinship=ruling.kinship,
        direction=ruling.direction,
        mechanism=ruling.mechanism,
        confidence=ruling.confidence,
        exclusion=ruling.exclusion,
        status=ruling.status,
        reasons=ruling.reasons,
        not_examined=ruling.not_examined,
        evidence=canonical(evidence),
        fingerprint_a=a.digest,
        fingerprint_b=b.digest,
        basis=weakest,
        date=when,
        alpha=ruling.alpha,
        constitution=ruling.constitution,
        stemma=VERSION,
        looked_everywhere=ruling.looked_everywhere,
    )


def _kept(evidence: Evidence, merge: Merge | Missing | None) -> dict[str, Any]:
    if isinstance(merge, Merge) and evidence is merge.evidence:
        return {**evidence_fields(evidence), "merge": merge_fields(merge)}
    return evidence_fields(evidence)


def digest_entry(known: Known, when: str) -> FingerprintDigest:
    """Which weights a subject had, and when."""
    return FingerprintDigest(known.key, known.digest, known.fingerprint.schema, when)


def sharing(work: Work, tests: int) -> Work:
    """The same work with alpha spread over several comparisons."""
    return replace(work, alpha=work.alpha / max(1, tests))


_WEAKEST_FIRST: tuple[Basis, ...] = ("fingerprint", "ranges", "weights")


def _reference(known: Known) -> str:
    """What to open for a closer look; a stored fingerprint cannot be opened."""
    return known.result.reference if known.basis != "fingerprint" else f"{known.key}.stemma"
