"""Rulings over models whose lineage was made: every branch, both ways round."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import ml_dtypes
import numpy as np
import pytest

from stemma.anatomy.interface import Role
from stemma.constitution.interface import Direction, Established, Label, Ruling
from stemma.constitution.ruling import rule
from stemma.constitution.sharing import map_found
from stemma.errors import IncompatibleFingerprint
from stemma.evidence.pair import PLANNED, PairEvidence
from stemma.fingerprint import DEFAULT, Fingerprint
from stemma.identity import Missing
from stemma.vocabulary import Exclusion, Kinship, Mechanism
from tests.evidence import models

BASE = models.draw(1)
BASE_PRINT = models.fingerprint(BASE)
TUNED = models.tuned(BASE, 1)
TWIN = models.draw(2, bulk=1)
_SWAPPED = {
    Direction.A_TO_B: Direction.B_TO_A,
    Direction.B_TO_A: Direction.A_TO_B,
    Direction.UNDETERMINED: Direction.UNDETERMINED,
}
_KINSHIPS = {Kinship.DESCENDANT: Kinship.ANCESTOR, Kinship.ANCESTOR: Kinship.DESCENDANT}


def ruling(a: Fingerprint, b: Fingerprint, **options: Any) -> Ruling:
    return rule(PairEvidence(a, b), **options)


def _rounded(weights: models.Weights, kind: Any) -> models.Weights:
    return {key: w.astype(kind) for key, w in weights.items()}


def _only_gains_trained() -> models.Weights:
    rng = np.random.default_rng(1)
    return {k: w + 0.05 * rng.standard_normal(w.shape).astype(w.dtype) if w.ndim == 1 else w for k, w in BASE.items()}


@dataclass(frozen=True)
class Child:
    """A child of the base, and what is to be said of base and child."""

    make: Callable[[], models.Weights]
    mechanism: Mechanism
    kinship: Kinship
    says: str


LINKED: Mapping[str, Child] = {
    "copy": Child(lambda: BASE, Mechanism.M1, Kinship.COPY, "All 29 informative matrices agree value for value"),
    "bfloat16": Child(lambda: _rounded(BASE, ml_dtypes.bfloat16), Mechanism.M1, Kinship.COPY, "rounded to bfloat16"),
    "float16": Child(lambda: _rounded(BASE, np.float16), Mechanism.M1, Kinship.COPY, "rounded to float16"),
    "fine-tuned": Child(lambda: TUNED, Mechanism.M2, Kinship.UNDETERMINED, "moved by 16.1% of their norm"),
    "tuned hard": Child(lambda: models.tuned(BASE, 2, share=0.6), Mechanism.M2, Kinship.UNDETERMINED, "moved by"),
    "decayed": Child(lambda: models.tuned(BASE, 3, share=0.3, keep=0.5), Mechanism.M2, Kinship.UNDETERMINED, "moved"),
    "gains only": Child(_only_gains_trained, Mechanism.M2, Kinship.UNDETERMINED, "9 of 9 gains and biases differ"),
    "merged": Child(lambda: models.merged(BASE, models.draw(9)), Mechanism.M2, Kinship.UNDETERMINED, "moved by"),
    "pruned": Child(lambda: models.pruned(BASE), Mechanism.M6, Kinship.DESCENDANT, "the rest unchanged: B was pruned"),
    "pruned and tuned": Child(
        lambda: models.pruned(TUNED), Mechanism.M6, Kinship.UNDETERMINED, "the rest trained on: B was pruned"
    ),
    "int8": Child(lambda: models.quantised(BASE, 8), Mechanism.M7, Kinship.DESCENDANT, "to the nearest level"),
    "int4": Child(lambda: models.quantised(BASE, 4), Mechanism.M7, Kinship.DESCENDANT, "to the nearest level"),
    "int8 of tuned": Child(lambda: models.quantised(TUNED, 8), Mechanism.M7, Kinship.UNDETERMINED, "the way is open"),
    "layer dropped": Child(
        lambda: models.restacked(BASE, [0, 2, 3]), Mechanism.M6, Kinship.UNDETERMINED, "3 of B's 3 layers"
    ),
    "last layers cut off": Child(
        lambda: models.restacked(BASE, [0, 1]), Mechanism.M6, Kinship.UNDETERMINED, "2 of B's 2 layers"
    ),
    "deeper": Child(
        lambda: models.restacked(BASE, [0, 1, 2, 1, 2, 3]), Mechanism.M6, Kinship.DESCENDANT, "B was scaled up in depth"
    ),
    "deeper and tuned": Child(
        lambda: models.tuned(models.restacked(BASE, [0, 1, 2, 3, 2, 3]), 4),
        Mechanism.M6,
        Kinship.UNDETERMINED,
        "B was scaled up in depth",
    ),
    "layers reversed": Child(
        lambda: models.restacked(BASE, [3, 2, 1, 0]), Mechanism.M6, Kinship.UNDETERMINED, "layers were moved"
    ),
    "foreign layers between": Child(
        lambda: models.restacked(BASE, [0, 1, -2, -3, 2, 3], models.draw(7)),
        Mechanism.M6,
        Kinship.UNDETERMINED,
        "4 of A's 4 layers",
    ),
    "vocabulary extended": Child(
        lambda: models.with_rows(BASE, 1, 16), Mechanism.M4, Kinship.UNDETERMINED, "96 rows are untouched"
    ),
    "vocabulary extended, tuned": Child(
        lambda: models.with_rows(TUNED, 1, 16), Mechanism.M4, Kinship.UNDETERMINED, "96 and 112 rows"
    ),
    "low-rank adapter merged": Child(
        lambda: models.low_rank_changed(BASE, 1, 4, [Role.Q, Role.V]),
        Mechanism.M8,
        Kinship.DESCENDANT,
        "8 of 28 matrices differ",
    ),
    "neurons permuted": Child(
        lambda: models.neurons_permuted(BASE, 1), Mechanism.M1, Kinship.COPY, "unchanged otherwise"
    ),
    "disguised": Child(lambda: models.disguised(BASE, 1), Mechanism.M1, Kinship.COPY, "unchanged otherwise"),
    "disguised and tuned": Child(
        lambda: models.disguised(models.tuned(BASE, 2, share=0.1), 1),
        Mechanism.M2,
        Kinship.UNDETERMINED,
        "reparametrised, and trained on",
    ),
}


@pytest.mark.parametrize("name", LINKED)
def test_linked(name: str) -> None:
    child = LINKED[name]
    made = models.fingerprint(child.make())
    forward, backward = ruling(BASE_PRINT, made), ruling(made, BASE_PRINT)
    assert forward.label is Label.LINKED, forward.reasons
    assert forward.established is Established.SHOWN
    assert forward.mechanism is child.mechanism, forward.reasons
    assert forward.kinship is child.kinship
    assert forward.exclusion is None
    assert child.says in " ".join(forward.reasons)
    assert forward.kinship is Kinship.COPY or map_found(forward.evidence, forward.alpha) == forward.layer_map
    assert_mirrored(forward, backward)
    assert_cites_numbers(forward)


def assert_mirrored(forward: Ruling, backward: Ruling) -> None:
    assert backward.label is forward.label, (forward.reasons, backward.reasons)
    assert backward.established is forward.established
    assert backward.exclusion is forward.exclusion
    assert backward.mechanism is forward.mechanism, (forward.reasons, backward.reasons)
    assert backward.direction is _SWAPPED[forward.direction]
    assert backward.kinship is _KINSHIPS.get(forward.kinship, forward.kinship)


def assert_cites_numbers(result: Ruling) -> None:
    assert result.reasons
    assert any(re.search(r"\d", reason) for reason in result.reasons)
    assert all(reason.endswith(".") and reason[0] == reason[0].upper() for reason in result.reasons)
    assert result.tests_planned == len(PLANNED)
    for item in result.evidence:
        assert item.null and item.method and item.sample > 0
        assert item.log10_p is None or -np.inf < item.log10_p <= 0


def test_twins_share_their_seed_alone() -> None:
    twin = models.fingerprint(TWIN)
    result = ruling(BASE_PRINT, twin)
    assert (result.label, result.established, result.exclusion) == (
        Label.INDEPENDENT,
        Established.SHOWN,
        Exclusion.X4,
    )
    assert "shared far less than the rest, as between runs from one seed" in result.reasons[-1]
    assert_mirrored(result, ruling(twin, BASE_PRINT))
    assert_cites_numbers(result)


def test_disguised_twins_share_their_seed_alone() -> None:
    result = ruling(BASE_PRINT, models.fingerprint(models.disguised(TWIN, 3)))
    assert result.label is Label.INDEPENDENT
    assert result.exclusion is Exclusion.X4


def test_between_twins_and_derived_nothing_is_established() -> None:
    """Merges of two twins, from mostly the other to mostly the base: twins are shown, then nothing is, then a link."""
    outcomes = []
    for share in np.linspace(0.05, 0.65, 61):
        mixed = {k: (w + share * (BASE[k] - w)).astype(np.float32) for k, w in TWIN.items()}
        result = ruling(BASE_PRINT, models.fingerprint(mixed))
        linked, default = result.label is Label.LINKED, result.established is Established.DEFAULT
        assert not (linked and default)
        assert linked or default == (result.exclusion is None)
        outcomes.append(2 if linked else 1 if default else 0)
    assert outcomes == sorted(outcomes)
    assert set(outcomes) == {0, 1, 2}


def test_untrained_models_of_one_seed_are_not_linked_by_their_seed() -> None:
    start = models.fingerprint(models.untrained(1))
    for trained in (BASE, TWIN):
        result = ruling(start, models.fingerprint(trained))
        assert result.label is Label.INDEPENDENT
        assert result.established is Established.DEFAULT
        assert "no learned part could be compared on both sides" in result.reasons[-1]


def test_frozen_initialisation_is_no_shared_training() -> None:
    """Two runs of one seed that train the attention alone: their MLPs are equal to the bit, and untrained."""
    start, left, right = models.untrained(1), models.draw(3, bulk=1), models.draw(4, bulk=1)
    trained = (Role.Q, Role.K, Role.V, Role.O)
    sides = [{**start, **{k: w for k, w in side.items() if k[0] in trained}} for side in (left, right)]
    assert ruling(*(models.fingerprint(side) for side in sides)).label is Label.INDEPENDENT


SEEN_ALIKE: Mapping[str, tuple[models.Size, dict[str, Any], Exclusion | None]] = {
    "same shapes and tokens": (models.SMALL, {}, None),
    "same shapes, other tokens": (models.SMALL, {"prefix": "piece"}, Exclusion.X5),
    "same family, tokens and width, other depth": (models.Size(layers=6), {}, None),
    "same family and tokens, other size": (models.Size(hidden=96, neurons=192), {}, Exclusion.X2),
    "other scheme, same tokens": (models.Size(hidden=96, neurons=160), {"scheme": "other"}, Exclusion.X7),
    "same width only": (models.Size(neurons=160), {"scheme": "other", "prefix": "piece"}, Exclusion.X6),
    "nothing in common": (models.Size(hidden=96, neurons=160), {"scheme": "other", "prefix": "piece"}, None),
}


@pytest.mark.parametrize("name", SEEN_ALIKE)
def test_nothing_shared(name: str) -> None:
    size, options, exclusion = SEEN_ALIKE[name]
    other = models.fingerprint(models.draw(50, size=size), **options)
    result = ruling(BASE_PRINT, other)
    assert result.label is Label.INDEPENDENT
    assert result.kinship is Kinship.NONE
    assert result.mechanism is None
    assert result.direction is Direction.UNDETERMINED
    if result.established is Established.SHOWN:
        assert result.exclusion is exclusion
    else:
        assert result.exclusion is None
    assert_mirrored(result, ruling(other, BASE_PRINT))
    assert any("istillation into fresh weights" in text for text in result.not_examined)


def test_of_one_vocabulary_independence_is_never_shown() -> None:
    """A student that learned from the other's outputs would look the same."""
    result = ruling(BASE_PRINT, models.fingerprint(models.draw(51)))
    assert (result.label, result.established, result.exclusion) == (Label.INDEPENDENT, Established.DEFAULT, None)
    assert any("one learned from the other's outputs" in text for text in result.reasons)
    assert result.looked_everywhere


def test_a_ruling_says_whether_every_planned_test_looked_with_power() -> None:
    """Few neurons, or neurons only sampled, could hide a link; a link, or what hints at one, is not nothing."""
    few = models.fingerprint(models.draw(51, size=models.Size(layers=1, hidden=64, neurons=96)))
    sampled = models.fingerprint(models.draw(51), full=False)
    for other in (few, sampled, models.fingerprint(TWIN), models.fingerprint(TUNED)):
        assert ruling(BASE_PRINT, other).looked_everywhere is False


@pytest.mark.parametrize("full", [(False, False), (False, True), (True, False)])
def test_samples_link_children_and_show_no_independence(full: tuple[bool, bool]) -> None:
    base, child, twin, other = (
        [models.fingerprint(w, full=f) for f in full] for w in (BASE, TUNED, TWIN, models.draw(52))
    )
    assert ruling(base[0], child[1]).label is Label.LINKED
    assert ruling(base[0], base[1]).label is Label.LINKED
    assert ruling(base[0], twin[1]).exclusion is Exclusion.X4
    unrelated = ruling(base[0], other[1])
    assert unrelated.label is Label.INDEPENDENT
    assert unrelated.established is Established.DEFAULT
    assert any("was only sampled" in text for text in unrelated.not_examined)


DECLARED: list[dict[str, Any]] = [
    {"label": "org/other"},
    {"scheme": "falcon"},
    {"declared": {"base_model": "org/model", "author": "someone"}},
    {"label": "org/model-finetuned", "scheme": "gpt2", "declared": {"base_model": ["org/model"]}},
]


@pytest.mark.parametrize("options", DECLARED)
@pytest.mark.parametrize("name", ["fine-tuned", "disguised", "twin", "other"])
def test_what_a_model_says_of_itself_changes_no_label(name: str, options: dict[str, Any]) -> None:
    weights = {"twin": TWIN, "other": models.draw(53)}.get(name) or LINKED[name].make()
    plain, claimed = (ruling(BASE_PRINT, models.fingerprint(weights, **o)) for o in ({}, options))
    assert claimed.label is plain.label
    assert claimed.kinship is plain.kinship
    assert claimed.mechanism is plain.mechanism


@pytest.mark.parametrize("tokens", [{"prefix": "piece"}, {"tokens": False}])
def test_tokens_make_no_link_and_hide_no_plain_one(tokens: dict[str, Any]) -> None:
    for weights, label in ((BASE, Label.LINKED), (TUNED, Label.LINKED), (TWIN, Label.INDEPENDENT)):
        assert ruling(BASE_PRINT, models.fingerprint(weights, **tokens)).label is label
    assert ruling(BASE_PRINT, models.fingerprint(models.draw(54), **tokens)).label is Label.INDEPENDENT


def test_a_wrong_head_count_may_only_weaken() -> None:
    for weights in (TUNED, TWIN, models.draw(55)):
        right = ruling(BASE_PRINT, models.fingerprint(weights))
        wrong = ruling(BASE_PRINT, models.fingerprint(weights, head_dim=32))
        assert right.label is Label.LINKED or wrong.label is Label.INDEPENDENT
        assert any("head dimension" in text for text in wrong.not_examined)


def test_models_without_layers() -> None:
    table = {k: w for k, w in BASE.items() if k[1].layer < 0}
    other = {k: w for k, w in models.draw(56).items() if k[1].layer < 0}
    left, right = models.fingerprint(table), models.fingerprint(other)
    assert ruling(left, left).kinship is Kinship.COPY
    for a, b in ((left, right), (left, BASE_PRINT), (BASE_PRINT, right)):
        result = ruling(a, b)
        assert result.label is Label.INDEPENDENT
        assert result.established is Established.DEFAULT


def test_adapters_alone() -> None:
    """An adapter's factors say nothing of their base; two unlike adapters share nothing; a copy is a copy."""

    def adapter(seed: int) -> models.Weights:
        rng = np.random.default_rng(seed)
        return {
            (role, replace(models.MODEL, stack="decoder", layer=layer, block="q")): (
                rng.standard_normal((4, 64) if role is Role.ADAPTER_A else (64, 4)).astype(np.float32)
            )
            for layer in range(4)
            for role in (Role.ADAPTER_A, Role.ADAPTER_B)
        }

    one, two = models.fingerprint(adapter(1)), models.fingerprint(adapter(2))
    assert ruling(one, one).kinship is Kinship.COPY
    for a, b in ((one, two), (one, BASE_PRINT), (BASE_PRINT, two)):
        result = ruling(a, b)
        assert (result.label, result.established) == (Label.INDEPENDENT, Established.DEFAULT)


def test_constant_matrices_are_no_identity() -> None:
    blank = {k: np.full_like(w, 0.5) for k, w in BASE.items()}
    result = ruling(models.fingerprint(blank), models.fingerprint(blank, "org/second"))
    assert result.label is Label.INDEPENDENT
    assert any("no informative tensor" in text for text in result.not_examined)


def test_missing_parts_are_named() -> None:
    result = ruling(replace(BASE_PRINT, missing={"head": "tied"}, anchors=Missing("no table")), BASE_PRINT)
    assert any("tied" in text for text in result.not_examined)


def test_alpha_decides_how_much_is_asked() -> None:
    weak = {k: (0.02 * BASE[k] + w).astype(np.float32) for k, w in models.draw(57).items()}
    made = models.fingerprint(weak)
    strict, loose = ruling(BASE_PRINT, made, alpha=1e-300), ruling(BASE_PRINT, made, alpha=0.9)
    assert strict.label is Label.INDEPENDENT
    assert (strict.alpha, loose.alpha) == (1e-300, 0.9)


def test_other_schemas_are_refused() -> None:
    other = models.fingerprint(BASE, parameters=replace(DEFAULT, sketch=64))
    with pytest.raises(IncompatibleFingerprint, match="different schemas"):
        PairEvidence(BASE_PRINT, other)


def test_rulings_are_deterministic() -> None:
    made = models.fingerprint(TUNED)
    assert ruling(BASE_PRINT, made) == ruling(BASE_PRINT, made)
