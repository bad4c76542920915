"""The grid of all layers says of every pair what S1 of that pair says."""

from __future__ import annotations

import numpy as np
import pytest

from stemma.evidence.layer_grid import Grid, grid_of
from stemma.evidence.order import layer_trace, remembered_units
from stemma.evidence.units import Group, LayerParts, by_layer
from tests.evidence import models


def layers_of(weights: models.Weights) -> list[LayerParts]:
    return [layer for _, layer in sorted(by_layer(models.fingerprint(weights)).items())]


def check(rows: list[LayerParts], columns: list[LayerParts], group: Group = Group.MLP) -> Grid:
    grid = grid_of(rows, columns, group, remembered_units())
    for i, b in enumerate(rows):
        for j, a in enumerate(columns):
            trace = layer_trace(a, b, group, None)
            if trace is None:
                assert np.isnan(grid.z[i, j]) and grid.units[i, j] == 0
            else:
                assert grid.z[i, j] == pytest.approx(trace.z, abs=1e-3)
                assert grid.units[i, j] == trace.units
    return grid


def test_every_pair_of_layers() -> None:
    base = models.draw(1)
    grid = check(layers_of(models.tuned(base, 3)), layers_of(base))
    assert (np.argmax(grid.z, axis=1) == np.arange(len(grid.z))).all()


def test_layers_of_two_shapes() -> None:
    wide, narrow = (layers_of(models.draw(seed, size=models.Size(2, 32, n))) for seed, n in ((1, 96), (2, 48)))
    check([*wide, *narrow], narrow)


def test_too_few_units() -> None:
    few = layers_of(models.draw(1, size=models.Size(2, 32, 16)))
    assert np.isnan(check(few, few).z).all()


def test_no_channels_of_that_kind() -> None:
    layers = layers_of(models.draw(1))
    grid = check(layers, layers, Group.STATE)
    assert np.isnan(grid.z).all()
    assert not np.isnan(check(layers, layers).filled_from(grid).z).any()


def test_units_without_variance() -> None:
    flat = {key: np.ones_like(w) if key[1].layer >= 0 else w for key, w in models.draw(1).items()}
    grid = grid_of(layers_of(flat), layers_of(models.draw(2)), Group.MLP, remembered_units())
    assert not (grid.z > 10).any()


def test_wide_units_one_by_one() -> None:
    layers = layers_of(models.draw(1))
    one_by_one = grid_of(layers, layers, Group.MLP, remembered_units(), widest=8)
    np.testing.assert_allclose(one_by_one.z, check(layers, layers).z, atol=1e-3)
