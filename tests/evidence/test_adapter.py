"""An adapter's fit to a base: uniform under the null, large where the adapter learned in the base's residual stream."""

from __future__ import annotations

import numpy as np

from stemma.evidence.adapter import gram, mantel


def test_unrelated_streams_have_standard_scores() -> None:
    """Null: independent matrices give scores of mean 0 and standard deviation 1."""
    scores = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        x, y = (np.stack([gram([rng.standard_normal((8, 64))], 64) for _ in range(3)]) for _ in range(2))
        scores.append(mantel(x, y))
    assert abs(np.mean(scores)) < 0.6
    assert 0.6 < np.std(scores) < 1.5
    assert max(scores) < 4.5


def test_one_stream_is_found_and_loses_its_sign_when_permuted() -> None:
    rng = np.random.default_rng(1)
    directions = rng.standard_normal((6, 64))
    read = [rng.standard_normal((32, 6)) @ directions + rng.standard_normal((32, 64)) for _ in range(3)]
    learned = [rng.standard_normal((8, 6)) @ directions for _ in range(3)]
    x, y = (np.stack([gram([m], 64) for m in side]) for side in (learned, read))
    order = rng.permutation(64)
    assert mantel(x, y) > 8
    assert abs(mantel(x[:, order][:, :, order], y)) < 4.5
