"""The closer look finds the same units under every disguise, finds none in unrelated models, and tells twins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from stemma.anatomy.interface import Role
from stemma.evidence.aligned.basis import rotation
from stemma.evidence.aligned.look import Aligned, look_closer
from stemma.evidence.matching import MINIMUM_SHARE
from stemma.identity import Missing, is_present
from tests.evidence import models
from tests.evidence.aligned import sources
from tests.evidence.aligned.sources import Arrays, named, without_tokens
from tests.evidence.models import MODEL, Weights

BASE = models.draw(1)
CHILD = models.tuned(BASE, 1)
TWIN = models.draw(2, bulk=1)
SCRAMBLED = np.random.default_rng(9).permutation(len(BASE[Role.TOKEN_EMBEDDING, MODEL]))


def look(a: Arrays, b: Arrays) -> Aligned:
    found = look_closer(a, b)
    assert is_present(found)
    return found


MLP, ATTENTION, STATE = ("gate", "up", "down"), ("q", "k", "v", "o"), ("x", "z", "out")


def rhos(found: Aligned, views: tuple[str, ...]) -> list[float]:
    overlaps = [found.ratios.overlaps[f"aligned {view}"] for view in views]
    assert all(is_present(o) for o in overlaps), overlaps
    return [o.rho for o in overlaps if is_present(o)]


def rho(found: Aligned, views: tuple[str, ...]) -> float:
    """The mean over views."""
    return float(np.mean(rhos(found, views)))


def with_vocabulary_moved(weights: Weights) -> Arrays:
    key = (Role.TOKEN_EMBEDDING, MODEL)
    return named({**weights, key: weights[key][SCRAMBLED]}, SCRAMBLED)


DISGUISES: dict[str, Callable[[Weights], Arrays]] = {
    "neurons permuted": lambda w: named(models.neurons_permuted(w, 3)),
    "residual permuted": lambda w: named(models.residual_turned(w, models.permutation(3, 64))),
    "residual rotated": lambda w: named(models.residual_turned(w, models.rotation(3, 64))),
    "neurons scaled": lambda w: named(sources.scaled(w, 3)),
    "heads changed": lambda w: named(sources.heads_changed(w, 3)),
    "all at once": lambda w: named(sources.all_at_once(w, 3)),
    "all at once, vocabulary moved": lambda w: with_vocabulary_moved(sources.all_at_once(w, 3)),
    "all at once, other tokenizer": lambda w: replace(
        with_vocabulary_moved(sources.all_at_once(w, 3)), tokens=named(w, prefix="other").tokens
    ),
    "all at once, no tokens": lambda w: without_tokens(sources.all_at_once(w, 3)),
    "as it was": named,
}


@pytest.mark.parametrize("name", DISGUISES)
def test_a_disguise_alone_changes_nothing(name: str) -> None:
    found = look(named(BASE), DISGUISES[name](BASE))
    assert found.evidence.effect > 0.99 and found.evidence.log10_p is not None and found.evidence.log10_p < -50
    assert [(p.layer, q.layer) for p, q in found.pairing] == [(i, i) for i in range(4)]
    assert rho(found, MLP) == pytest.approx(1, abs=0.01)
    assert rho(found, ATTENTION) == pytest.approx(1, abs=0.01)
    assert found.ratios.change < 0.01


@pytest.mark.parametrize("name", DISGUISES)
def test_a_tuned_child_is_found_under_every_disguise_and_shares_what_was_trained(name: str) -> None:
    found = look(named(BASE), DISGUISES[name](CHILD))
    assert found.evidence.effect > 0.8
    assert rho(found, MLP) > 0.9 and rho(found, ATTENTION) > 0.9


@pytest.mark.parametrize("name", ["all at once", "residual permuted", "as it was"])
def test_twins_share_units_and_not_what_was_trained(name: str) -> None:
    found = look(named(BASE), DISGUISES[name](TWIN))
    if found.pairing:
        assert rho(found, MLP) < 0.5 and rho(found, ATTENTION) < 0.5


def test_the_ratio_does_not_depend_on_the_disguise() -> None:
    plain, hidden = (look(named(BASE), b) for b in (named(CHILD), named(sources.all_at_once(CHILD, 5))))
    for name in (MLP, ATTENTION):
        assert rho(plain, name) == pytest.approx(rho(hidden, name), abs=0.05)


@pytest.mark.parametrize("tokens", [named, without_tokens])
def test_nothing_is_found_between_unrelated_models(tokens: Callable[[Weights], Arrays]) -> None:
    """The null: whatever basis is fitted, layers that took no part in the fit do not agree."""
    for seed in range(12):
        found = look(tokens(models.draw(30 + 2 * seed)), tokens(models.draw(31 + 2 * seed)))
        assert found.evidence.log10_p == 0 and found.evidence.effect < MINIMUM_SHARE
        assert not found.ratios.overlaps


def test_dropped_and_inserted_layers_are_mapped() -> None:
    shallow = look(named(BASE), named(sources.all_at_once(models.restacked(BASE, [0, 1, 3]), 4)))
    assert [(p.layer, q.layer) for p, q in shallow.pairing] == [(0, 0), (1, 1), (3, 2)]
    deep = look(named(BASE), named(sources.all_at_once(sources.identity_inserted(BASE, 1, 4), 4)))
    assert [(p.layer, q.layer) for p, q in deep.pairing] == [(0, 0), (1, 1), (2, 3), (3, 4)]
    assert rho(deep, MLP) == pytest.approx(1, abs=0.01)


def test_experts_are_assigned_before_their_neurons() -> None:
    other = sources.experts_moved(sources.experts(sources.all_at_once(BASE, 6), 1), 6)
    found = look(named(sources.experts(BASE, 1)), named(other))
    assert found.evidence.effect > 0.99
    split = sources.experts_moved(sources.experts(models.residual_turned(BASE, models.rotation(7, 64)), 4), 7)
    found = look(named(sources.experts(BASE, 4)), named(split))
    assert found.evidence.effect > 0.99 and rho(found, MLP) == pytest.approx(1, abs=0.01)


def test_state_space_channels_are_matched_and_tell_twins() -> None:
    base = sources.state_space(1)
    found = look(named(base), named(sources.channels_permuted(base, 8)))
    assert found.evidence.effect > 0.99 and rho(found, STATE) == pytest.approx(1, abs=0.01)
    twin = look(named(base), named(sources.channels_permuted(sources.state_space(2, bulk=1), 8)))
    assert not twin.pairing or rho(twin, STATE) < 0.6


def test_an_alignment_is_judged_on_layers_outside_the_fit() -> None:
    """Without tokens the fitted layer agrees in unrelated models too; it must not count."""
    found = look(without_tokens(BASE), without_tokens(sources.all_at_once(BASE, 3)))
    assert found.evidence.facts["basis_from"].startswith("neurons")
    assert "fitted layers not counted" in found.evidence.method


def test_streams_of_two_widths_that_have_nothing_in_common_are_not_looked_at() -> None:
    for seed in range(12):
        wide = models.draw(40 + seed, size=replace(models.SMALL, hidden=96))
        found = look_closer(named(BASE), named(wide))
        assert isinstance(found, Missing) and "no common dimensions" in found.reason


@pytest.mark.parametrize("turned", [False, True])
def test_a_pruned_width_is_looked_at_over_the_dimensions_that_were_kept(turned: bool) -> None:
    kept = np.random.default_rng(5).permutation(64)[:48]
    cut = np.eye(64)[:, kept if turned else np.sort(kept)]
    child, twin = (named(models.residual_turned(w, cut)) for w in (CHILD, TWIN))
    for a, b in ((named(BASE), child), (child, named(BASE))):
        found = look(a, b)
        assert found.evidence.effect > 0.8 and len(found.pairing) == 4
        assert rho(found, MLP) > 0.9 and rho(found, ATTENTION) > 0.9
    beside = look_closer(named(BASE), twin)
    if is_present(beside) and beside.pairing:
        assert rho(beside, MLP) < 0.5 and rho(beside, ATTENTION) < 0.5


def test_both_directions_agree() -> None:
    hidden = named(sources.all_at_once(CHILD, 3))
    forward, backward = look(named(BASE), hidden), look(hidden, named(BASE))
    assert forward.evidence.effect == pytest.approx(backward.evidence.effect, abs=0.05)
    assert rho(forward, MLP) == pytest.approx(rho(backward, MLP), abs=0.05)


def test_without_a_pair_of_rows_the_basis_stays() -> None:
    rows = np.random.default_rng(1).standard_normal((5, 8)).astype(np.float32)
    assert np.array_equal(rotation(np.zeros((8, 8), np.float32)).to_a(rows), rows)


TOWER = {
    (role, replace(site, stack="vision")): part
    for (role, site), part in models.draw(7, size=replace(models.SMALL, hidden=96)).items()
    if site.layer >= 0
}


def test_a_tower_of_another_width_does_not_keep_a_turned_model_from_being_found() -> None:
    turned = models.residual_turned(CHILD, models.rotation(3, 64))
    found = look(named({**BASE, **TOWER}), named({**turned, **TOWER}))
    assert {p.stack for cell in found.pairing for p in cell} == {"decoder"} and len(found.pairing) == 4
    assert rho(found, MLP) > 0.9 and rho(found, ATTENTION) > 0.9


@pytest.mark.parametrize("role", [Role.Q, Role.K, Role.V, Role.O, Role.GATE, Role.UP, Role.DOWN, Role.TOKEN_EMBEDDING])
@pytest.mark.parametrize("axis", [0, 1, None])
def test_matrices_that_fit_nothing_are_passed_over(role: Role, axis: int | None) -> None:
    def cut(weights: Weights) -> Weights:
        own = {k: w for k, w in weights.items() if k[0] is role and k[1].layer != 0}
        return weights | {k: w.take(range(40), axis) if axis is not None else w[:, 0] for k, w in own.items()}

    turned = models.residual_turned(CHILD, models.rotation(3, 64))
    for a, b in ((BASE, cut(turned)), (cut(BASE), turned), (cut(BASE), cut(turned))):
        found = look_closer(replace(named(BASE), weights=a), replace(named(turned), weights=b))
        assert is_present(found) or "no common dimensions" not in found.reason
