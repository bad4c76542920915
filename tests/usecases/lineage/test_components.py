"""A tower in a model of several, held against the model that it is said to come from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from stemma.fingerprint import component_of, sole_component
from stemma.identity import Missing, is_present
from stemma.lineage import Verdict, conflicts, impact_of, reach
from stemma.registry import Registry
from stemma.usecases.lineage.verify import Asked, verify_in
from stemma.usecases.models import fingerprint
from stemma.vocabulary import RelationKind
from tests.lineage.graphs import NOW, advisory, fill, text
from tests.models import draw, tuned, write
from tests.registry.backends import Backend

Weights = dict[str, NDArray[Any]]
_LAYERS, _WIDTH, _UNITS = 3, 96, 192


def _tower(seed: int) -> Weights:
    """The layers of a vision encoder, named as where it stands alone."""
    random = np.random.default_rng([7, seed])
    found: Weights = {}
    for layer in range(_LAYERS):
        at = f"vision_model.encoder.layers.{layer}"
        shapes = {f"{at}.self_attn.{part}_proj.weight": (_WIDTH, _WIDTH) for part in ("q", "k", "v", "out")}
        shapes |= {f"{at}.mlp.fc1.weight": (_UNITS, _WIDTH), f"{at}.mlp.fc2.weight": (_WIDTH, _UNITS)}
        for name, (rows, columns) in shapes.items():
            strength = 0.15 * np.sqrt(rows + columns) / np.sqrt(rows * columns) / np.arange(1, 7)
            learned = (random.normal(size=(rows, 6)) * strength) @ random.normal(size=(6, columns))
            found[name] = (random.normal(0, 0.02, (rows, columns)) + learned).astype(np.float32)
    return found


def _joined(language: Mapping[str, NDArray[Any]], tower: Weights) -> Weights:
    inner = {name.replace("model.", "model.language_model.", 1): weight for name, weight in language.items()}
    return inner | {f"model.vision_tower.{name}": weight for name, weight in tower.items()}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A tower alone, and models with it, with it after training, and with another."""
    folder = tmp_path_factory.mktemp("towers")
    language, tower = draw(1), _tower(1)
    made = {
        "tower": tower,
        "same": _joined(language, tower),
        "trained": _joined(language, tuned(tower, 5)),
        "other": _joined(language, _tower(2)),
    }
    config = {"model_type": "llava", "text_config": {"num_attention_heads": 4}, "vision_config": {}}
    vision = {"model_type": "clip_vision_model", "num_attention_heads": 4}
    return {
        name: str(write(folder / name, weights, config=vision if name == "tower" else config))
        for name, weights in made.items()
    }


def _record(name: str, component: str = "vision") -> str:
    return text(name, {"kind": "composed-from", "target": "tower", "component": component})


def _filled(kept: Backend) -> Registry:
    return fill(kept.open(), text("tower"), *(_record(name) for name in ("same", "trained", "other")))


def _verify(registry: Registry, name: str, models: dict[str, str], folder: Path) -> Any:
    return verify_in(registry, name, Asked(catalog=folder / "none", weights=models, keep=True, when=NOW)).verification


def test_claims_on_a_tower_are_held_against_the_tower(kept: Backend, models: dict[str, str], tmp_path: Path) -> None:
    registry = _filled(kept)
    told = {name: _verify(registry, name, models, tmp_path).claims[0] for name in ("same", "trained", "other")}
    assert {name: claim.verdict for name, claim in told.items()} == {
        "same": Verdict.HOLDS, "trained": Verdict.HOLDS, "other": Verdict.NOT_ESTABLISHED,
    }  # fmt: skip
    rulings = {name: claim.ruling for name, claim in told.items()}
    assert {each.component for each in rulings.values() if is_present(each)} == {"vision"}
    assert str(rulings["same"].kinship) == "copy"
    assert {edge.component for edge in kept.open().rulings.all()} == {"vision"}


@pytest.mark.parametrize("kept", ["memory"], indirect=True)
def test_a_shared_tower_leads_like_a_part_and_never_surely_both_ways(
    kept: Backend, models: dict[str, str], tmp_path: Path
) -> None:
    registry = _filled(kept)
    _verify(registry, "same", models, tmp_path)
    down = reach(registry.graph, "tower@1.0.0", "descendants", keep_all=True)
    measured = [link for link in down.links["same@1.0.0"] if not link.declared]
    assert [(link.kind, link.sure) for link in measured] == [(RelationKind.COMPOSED_FROM, False)]
    above = impact_of(advisory("same"), registry.graph, registry.identities)
    assert not above.hits["tower@1.0.0"].certain
    assert [step.kind for step in above.path("tower@1.0.0")] == ["M1 of vision"]


@pytest.mark.parametrize("kept", ["memory"], indirect=True)
def test_another_tower_says_nothing_of_the_rest(kept: Backend, models: dict[str, str], tmp_path: Path) -> None:
    registry = fill(kept.open(), text("tower"), text("base"))
    tuned_tower = {"kind": "finetuned-from", "target": "base"}
    registry.records.put(text("other", tuned_tower, {"kind": "composed-from", "target": "base", "component": "vision"}))
    _verify(registry, "other", {"other": models["other"], "base": models["same"]}, tmp_path)
    rulings = {edge.component: edge.label for edge in registry.rulings.all()}
    assert rulings == {"": "linked", "vision": "independent"}
    (sure, *_) = reach(registry.graph, "base@1.0.0", "descendants").path("other@1.0.0")
    assert sure.sure and not [each for each in conflicts(registry.graph, ["other"]) if "disagree" in str(each.kind)]


@pytest.mark.parametrize("kept", ["memory"], indirect=True)
def test_a_component_that_is_not_there_is_said(kept: Backend, models: dict[str, str], tmp_path: Path) -> None:
    registry = fill(kept.open(), text("tower"), _record("same", "audio"))
    claim = _verify(registry, "same", models, tmp_path).claims[0]
    assert claim.verdict is Verdict.NOT_ESTABLISHED and "has no component 'audio'" in claim.reason


def test_the_parts_of_a_fingerprint(models: dict[str, str]) -> None:
    whole, alone = (fingerprint(models[name]).fingerprint for name in ("same", "tower"))
    part = component_of(whole, "Vision tower")
    assert is_present(part) and part.stacks == ("component",) and part.facts.layers == _LAYERS
    sole = sole_component(alone)
    assert is_present(sole) and set(sole.parts) == set(part.parts)
    assert isinstance(sole_component(whole), Missing) and isinstance(component_of(whole, ""), Missing)
