"""Identity: equal digests, and what counts as a copy."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from stemma.evidence.facts import pair_facts
from stemma.evidence.identity import TensorIdentity, file_identity, tensor_identity
from stemma.fingerprint import FilePrint, Fingerprint
from stemma.identity import Digest, Missing, is_present
from tests.evidence import models

BASE = models.draw(1)
BASE_PRINT = models.fingerprint(BASE)


def identity(weights: models.Weights) -> TensorIdentity:
    found = tensor_identity(BASE_PRINT, models.fingerprint(weights))
    assert is_present(found)
    return found


def test_a_copy() -> None:
    found = identity(BASE)
    assert found.is_copy
    assert (found.compared, found.equal, found.vectors, found.vectors_differ) == (29, 29, 9, 0)
    assert found.equal_elements == found.elements


@pytest.mark.parametrize(
    "make",
    [
        lambda: {k: w + np.float32(1e-3) if w.ndim == 1 else w for k, w in BASE.items()},
        lambda: models.restacked(BASE, [0, 1, 2]),
        lambda: models.restacked(BASE, [0, 1, 2, 3, 3]),
        lambda: models.with_rows(BASE, 1, 8),
        lambda: {k: np.nextafter(w, np.float32(1)) if k[1].layer == 2 else w for k, w in BASE.items()},
    ],
    ids=["gains moved", "layer less", "layer more", "rows more", "one bit"],
)
def test_no_copy(make: object) -> None:
    assert callable(make)
    found = identity(make())
    assert not found.is_copy
    assert found.equal >= 21


def test_untouched_starts_are_not_trained() -> None:
    """200 matrices of pure noise: none passes for trained, so that twins of a frozen start are never linked by it."""
    size = models.Size(layers=6)
    prints = [models.fingerprint(models.untrained(i, size)) for i in range(5)]
    for one in prints:
        found = tensor_identity(one, one)
        assert is_present(found)
        assert (found.equal, found.equal_trained) == (43, 0)


def test_trained_matrices_are_trained() -> None:
    assert identity(BASE).equal_trained == 28


def test_strangers_and_twins_have_no_equal_matrix() -> None:
    for other in (models.draw(2), models.draw(2, bulk=1)):
        found = identity(other)
        assert (found.equal, found.equal_trained) == (0, 0)


def test_storage_type_does_not_matter() -> None:
    halves = {k: w.astype(np.float16) for k, w in BASE.items()}
    found = tensor_identity(
        models.fingerprint(halves), models.fingerprint({k: w.astype(np.float32) for k, w in halves.items()})
    )
    assert is_present(found)
    assert found.is_copy


def test_samples_have_no_digests() -> None:
    assert not is_present(tensor_identity(BASE_PRINT, models.fingerprint(BASE, full=False)))


def _with_files(*digits: str) -> Fingerprint:
    files = tuple(FilePrint(f"{i}.bin", 1, Digest("sha256", d * 64)) for i, d in enumerate(digits))
    return replace(BASE_PRINT, files=files)


def test_files() -> None:
    same = file_identity(_with_files("a", "b"), _with_files("b", "a"))
    other = file_identity(_with_files("a", "b"), _with_files("a", "c"))
    assert is_present(same) and is_present(other)
    assert (same.statistic, other.statistic) == (1.0, 0.0)


def test_files_without_digests_or_none_at_all() -> None:
    undigested = replace(BASE_PRINT, files=(FilePrint("a", 1, Missing("remote")),))
    assert not is_present(file_identity(undigested, _with_files("a")))
    assert not is_present(file_identity(BASE_PRINT, BASE_PRINT))


def test_facts_are_symmetric_and_make_no_p_value() -> None:
    other = models.fingerprint(models.draw(2, size=models.Size(layers=3, vocabulary=120)))
    forward, backward = pair_facts(BASE_PRINT, other), pair_facts(other, BASE_PRINT)
    assert forward.same_shapes == backward.same_shapes
    assert forward.token_overlap == backward.token_overlap
    assert forward.layers == backward.layers[::-1] == (4, 3)
    assert all(e.log10_p is None for e in forward.evidence)


def test_vocabulary_overlap_by_hand() -> None:
    """96 tokens inside 120: Jaccard .8; of a bottom-96 sample of the union about .8 are shared."""
    wide = models.fingerprint(models.draw(2, size=models.Size(vocabulary=120)))
    found = pair_facts(BASE_PRINT, wide).token_overlap
    assert is_present(found)
    assert found == pytest.approx(0.8, abs=0.1)
    none = pair_facts(BASE_PRINT, models.fingerprint(BASE, prefix="piece")).token_overlap
    assert none == 0.0
