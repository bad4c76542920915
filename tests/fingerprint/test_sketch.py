"""The search vector: strangers are near 0, relatives near their correlation, also with layers dropped."""

from __future__ import annotations

import numpy as np
import pytest

from stemma.fingerprint import Fingerprint
from stemma.fingerprint.sketch import sketch_of
from stemma.identity import Missing
from tests.fingerprint.models import changed, draw_weights, fingerprint_of_weights, keep_layers

LENGTH = 256
STRANGERS = [fingerprint_of_weights(draw_weights(seed), f"m{seed}") for seed in range(16)]


def cosine(a: Fingerprint, b: Fingerprint) -> float:
    return float(a.sketch @ b.sketch)


def test_it_is_a_unit_vector() -> None:
    for model in STRANGERS:
        assert model.sketch.shape == (LENGTH,)
        assert model.sketch.dtype == np.float32
        assert np.linalg.norm(model.sketch) == pytest.approx(1, abs=1e-6)


def test_strangers_spread_as_chance_does() -> None:
    sketches = np.stack([model.sketch for model in STRANGERS])
    cosines = (sketches @ sketches.T)[np.triu_indices(len(STRANGERS), 1)]
    assert abs(cosines.mean()) < 0.03
    assert cosines.std() == pytest.approx(LENGTH**-0.5, rel=0.25)
    assert np.abs(cosines).max() < 0.3


@pytest.mark.parametrize("share", [0.02, 0.3, 1.0])
def test_a_relative_stands_near_its_correlation(share: float) -> None:
    base = draw_weights(0)
    relative = fingerprint_of_weights(changed(base, 99, share))
    assert cosine(STRANGERS[0], relative) == pytest.approx((1 + share**2) ** -0.5, abs=0.1)


def test_a_copy_under_another_name_is_the_same_vector() -> None:
    assert cosine(STRANGERS[0], fingerprint_of_weights(draw_weights(0), "other")) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("layers", [[0, 1, 2, 4, 5], [0, 1, 4, 5], [0, 2, 3, 5], [0, 1, 2, 3]], ids=str)
def test_a_relative_with_layers_dropped_is_still_first(layers: list[int]) -> None:
    dropped = fingerprint_of_weights(changed(keep_layers(draw_weights(0), layers), 7, 0.05))
    ranked = sorted(STRANGERS, key=lambda model: -cosine(dropped, model))
    assert ranked[0] is STRANGERS[0]
    assert cosine(dropped, ranked[0]) > cosine(dropped, ranked[1]) + 0.05


def test_other_tokens_appended_leave_it_close() -> None:
    base = draw_weights(0)
    longer = {k: np.concatenate([w, w[:8]]) if k[0].value == "token_embedding" else w for k, w in base.items()}
    assert cosine(STRANGERS[0], fingerprint_of_weights(longer)) > 0.9


def test_a_model_without_any_sampled_matrix_has_none() -> None:
    assert not sketch_of({}, Missing("none"), LENGTH).any()


def test_the_order_of_parts_does_not_matter() -> None:
    model = STRANGERS[0]
    turned = dict(reversed(list(model.parts.items())))
    assert np.allclose(sketch_of(turned, model.anchors, LENGTH), model.sketch, atol=1e-6)
