"""Identity: which tensors hold the very same values.

No null hypothesis is needed: equal digests of tensors that training shaped mean equal weights. Only tensors that carry
information count: matrices that are not constant. Gains and biases take no part in the count, but a model whose
gains or biases differ is no copy. A tensor counts as *trained* where its learned part is clear:
untouched initialisation is bit-equal in two runs of one seed, and equality there proves no shared training.
"""

from __future__ import annotations

from stemma.evidence.interface import Evidence
from stemma.fingerprint import Fingerprint, PartPrint
from stemma.identity import Digest, Missing, is_present
from stemma.immutable import immutable

# Noise passes the edge in one matrix of a hundred, by one component and by little.
_TRAINED_COUNT, _TRAINED_STRENGTH = 3, 1.2
_NULL = "none: equal BLAKE3 digests of non-constant tensors are equal values"


@immutable
class TensorIdentity:
    """``equal`` of ``compared`` informative matrices are equal; ``equal_trained`` of those show a learned part.

    ``only_a`` and ``only_b`` count informative matrices that the other side lacks or has in another shape;
    ``vectors_differ`` of ``vectors`` gains and biases at the same place differ.
    """

    compared: int
    equal: int
    equal_trained: int
    equal_elements: int
    elements: int
    only_a: int
    only_b: int
    vectors: int
    vectors_differ: int
    evidence: Evidence

    @property
    def is_copy(self) -> bool:
        """Every informative matrix of both models is there in the other, value for value, and no vector differs."""
        whole = self.equal == self.compared > 0 and not self.only_a and not self.only_b
        return whole and not self.vectors_differ


def tensor_identity(a: Fingerprint, b: Fingerprint) -> TensorIdentity | Missing:
    """Compare value digests by role and site; Missing where a side was only sampled."""
    if a.reading != "full" or b.reading != "full":
        return Missing("value digests need a full reading of both models")
    left, right = _informative(a), _informative(b)
    shared = [k for k in left if k in right and left[k].shape == right[k].shape]
    if not shared:
        return Missing("no informative tensor has the same place and shape in both models")
    equal = [k for k in shared if left[k].digest == right[k].digest]
    trained = [k for k in equal if _is_trained(left[k])]
    vectors, differing = _vectors(a, b)
    elements = sum(_count(left[k]) for k in shared)
    equal_elements = sum(_count(left[k]) for k in equal)
    evidence = Evidence(
        test="tensor identity",
        site=f"{len(shared)} matrices",
        statistic=float(len(equal)),
        effect=equal_elements / elements,
        log10_p=None,
        null=_NULL,
        method="value digests, independent of container and storage type",
        sample=len(shared),
        facts={"equal": len(equal), "equal_with_learned_part": len(trained), "compared": len(shared)},
    )
    only_a, only_b = len(left) - len(shared), len(right) - len(shared)
    return TensorIdentity(
        len(shared),
        len(equal),
        len(trained),
        equal_elements,
        elements,
        only_a,
        only_b,
        vectors,
        differing,
        evidence,
    )


def file_identity(a: Fingerprint, b: Fingerprint) -> Evidence | Missing:
    """Whether the weight files are the same, byte for byte."""
    left = sorted(str(f.sha256) for f in a.files if isinstance(f.sha256, Digest))
    right = sorted(str(f.sha256) for f in b.files if isinstance(f.sha256, Digest))
    if not a.files or not b.files:
        return Missing("a model came without files")
    if len(left) != len(a.files) or len(right) != len(b.files):
        return Missing("not every weight file has a SHA-256")
    same = left == right
    return Evidence(
        test="file identity",
        site="weight files",
        statistic=float(same),
        effect=float(same),
        log10_p=None,
        null="none: equal SHA-256 digests are equal files",
        method="SHA-256 of every weight file",
        sample=len(left),
    )


def _informative(fingerprint: Fingerprint) -> dict[str, PartPrint]:
    return {
        key: part
        for key, part in fingerprint.parts.items()
        if len(part.shape) >= 2 and is_present(part.moments) and part.moments.smallest < part.moments.largest
    }


def _vectors(a: Fingerprint, b: Fingerprint) -> tuple[int, int]:
    """How many gains and biases stand at the same place in both models, and how many of them differ."""
    shared = [
        key
        for key, part in a.parts.items()
        if len(part.shape) == 1 and key in b.parts and b.parts[key].shape == part.shape
    ]
    return len(shared), sum(a.parts[key].digest != b.parts[key].digest for key in shared)


def _is_trained(part: PartPrint) -> bool:
    learned = part.learned
    return is_present(learned) and learned.count >= _TRAINED_COUNT and learned.strengths[0] >= _TRAINED_STRENGTH


def _count(part: PartPrint) -> int:
    return part.moments.count if is_present(part.moments) else 0
