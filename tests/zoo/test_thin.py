"""The zoo's own promises: lineage as stated, resumable, deterministic, disguises that keep the function."""

import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

import numpy as np
import torch

from zoo.architectures import ARCHITECTURES, Shape, initialise
from zoo.build import build, describe
from zoo.corpus import collect
from zoo.errors import ZooError
from zoo.lineage import ancestors, pairs, truth
from zoo.plan import THIN, Size, specimens
from zoo.recipes.evade import TOLERANCE, check_same_function, logits, permuted
from zoo.recipes.structure import with_layers
from zoo.spectra import spikes

TINY = Size(
    name="tiny",
    shape=Shape(hidden=32, neurons=48, layers=4, context=16, vocabulary=400),
    steps={"llama": 8},
    batch=4,
    corpus_bytes=100_000,
    seeds=((1, "calibration"),),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("zoo")
    build(TINY, folder)
    return folder


def _manifest(folder: Path) -> dict[str, dict[str, Any]]:
    listed = json.loads((folder / "zoo.json").read_text())["models"]
    return {entry["name"]: entry for entry in listed}


def test_manifest_lists_every_specimen_as_a_model_folder(folder: Path) -> None:
    manifest = _manifest(folder)
    assert list(manifest) == list(specimens(TINY))
    for entry in manifest.values():
        names = {path.name for path in (folder / entry["path"]).iterdir()}
        assert {"config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"} <= names
        assert set(entry["parents"]) <= set(manifest)
    assert manifest["llama-1-student"]["layers"] == 2
    assert manifest["llama-1-layer-dropped"]["layers"] == 3
    assert manifest["llama-1-wider"]["hidden_size"] == 64


def test_pairs_say_what_the_plan_says(folder: Path) -> None:
    lines = [json.loads(line) for line in (folder / "pairs.jsonl").read_text().splitlines()]
    keys = {"a", "b", "label", "mechanism", "exclusion", "direction", "category", "split", "unscored"}
    assert all(set(line) == keys for line in lines)
    assert all((folder / line[side] / "model.safetensors").exists() for line in lines for side in "ab")
    assert all((line["exclusion"] is None) == (line["label"] == "linked") for line in lines)
    assert len({frozenset((line["a"], line["b"])) for line in lines}) == len(lines)


@pytest.mark.parametrize(
    ("other", "label", "mechanism", "exclusion"),
    [
        ("tuned-light", "linked", "M2", None),
        ("continued", "linked", "M3", None),
        ("vocabulary", "linked", "M4", None),
        ("student", "linked", "M5", None),
        ("layer-dropped", "linked", "M6", None),
        ("int8", "linked", "M7", None),
        ("merged", "linked", "M9", None),
        ("permuted-tuned", "linked", "M2", None),
        ("fork-25", "linked", "M3", None),
        ("twin-order", "independent", None, "X4"),
        ("twin-length", "independent", None, "X4"),
        ("twin-permuted", "independent", None, "X4"),
        ("untrained", "independent", None, "X4"),
        ("other-init", "independent", None, "X1"),
        ("wider", "independent", None, "X2"),
        ("other-init-data", "independent", None, "X3"),
    ],
)
def test_truth_about_the_base(other: str, label: str, mechanism: str | None, exclusion: str | None) -> None:
    pair = truth(specimens(TINY), "llama-1-base", f"llama-1-{other}")
    assert pair is not None
    assert (pair.label, pair.mechanism, pair.exclusion) == (label, mechanism, exclusion)
    descended = "llama-1-base" in ancestors(specimens(TINY), f"llama-1-{other}")
    assert pair.direction == ("a->b" if descended else None)


def test_no_model_serves_both_calibration_and_evaluation() -> None:
    zoo = specimens(THIN)
    sides: dict[str, set[str]] = {}
    for pair in pairs(zoo, zoo):
        for name in (pair.a, pair.b):
            sides.setdefault(name, set()).add(pair.split)
    assert set(sides) == set(zoo)
    assert all(len(splits) == 1 for splits in sides.values())


def test_same_seed_same_bytes_and_nothing_made_twice(folder: Path, tmp_path: Path) -> None:
    wanted = ["llama-1-vocabulary", "llama-1-permuted-tuned", "llama-1-fork-50"]
    build(TINY, tmp_path, only=wanted)
    first, again = _manifest(folder), _manifest(tmp_path)
    assert set(again) == {*wanted, "llama-1-base", "llama-1-permuted"}
    assert all(again[name]["sha256"] == first[name]["sha256"] for name in again)
    times = {name: (tmp_path / ".made" / f"{name}.json").stat().st_mtime_ns for name in again}
    build(TINY, tmp_path, only=wanted)
    assert times == {name: (tmp_path / ".made" / f"{name}.json").stat().st_mtime_ns for name in again}


def test_a_fork_is_its_base_until_it_parts(folder: Path) -> None:
    manifest = _manifest(folder)
    base, fork = manifest["llama-1-base"], manifest["llama-1-fork-50"]
    assert base["initial_loss"] == fork["initial_loss"]
    assert base["sha256"] != fork["sha256"]


def test_changed_recipe_is_made_anew(folder: Path, tmp_path: Path) -> None:
    build(TINY, tmp_path, only=["llama-1-pruned"])
    entry = tmp_path / ".made" / "llama-1-base.json"
    stored = json.loads(entry.read_text())
    stored["recipe"]["init"] += 1
    entry.write_text(json.dumps(stored))
    build(TINY, tmp_path, only=["llama-1-pruned"])
    base = specimens(TINY)["llama-1-base"]
    assert json.loads(entry.read_text())["recipe"] == describe(TINY, base)
    assert _manifest(tmp_path)["llama-1-pruned"]["sha256"] == _manifest(folder)["llama-1-pruned"]["sha256"]


def test_unknown_specimen_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ZooError, match="llama-9-base"):
        build(TINY, tmp_path, only=["llama-9-base"])


@pytest.mark.parametrize("name", sorted(ARCHITECTURES))
def test_permutation_moves_the_weights_and_keeps_the_logits(name: str) -> None:
    architecture = ARCHITECTURES[name]
    model = initialise(architecture, TINY.shape, 5)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.05 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(6)))
    inputs = torch.arange(24).reshape(2, 12) + 30
    before, old = logits(model, inputs), {k: v.clone() for k, v in model.state_dict().items()}
    model.load_state_dict(permuted(architecture, model, 7))
    assert float((logits(model, inputs) - before).abs().max()) < TOLERANCE
    moved = model.state_dict()
    assert all(not torch.equal(old[k], moved[k]) for k in old if architecture.part(k) != "other")


def test_a_changed_function_is_noticed() -> None:
    scores = torch.zeros(1, 2, 3)
    with pytest.raises(ZooError, match="changed the function"):
        check_same_function(scores, scores + 2 * TOLERANCE)


@pytest.mark.parametrize("name", sorted(ARCHITECTURES))
def test_kept_layers_are_the_parents_layers(name: str) -> None:
    architecture = ARCHITECTURES[name]
    model = initialise(architecture, TINY.shape, 5)
    kept = (1, 2)
    cut = with_layers(architecture, model, kept)
    old, new = model.state_dict(), cut.state_dict()
    placed = {k: place for k in new if (place := architecture.place(k))}
    assert {place.layer for place in placed.values()} == {0, 1}
    for key, place in placed.items():
        origin = f"{place.stack}{kept[place.layer]}.{place.rest}"
        assert torch.equal(new[key], old[origin if origin in old else key])


def test_spikes_are_counted_above_the_bulk_only() -> None:
    rng = np.random.default_rng(8)
    noise = rng.normal(0, 0.04, (300, 120))
    assert spikes(noise) <= 1
    planted = sum(np.outer(rng.normal(0, 1, 300), rng.normal(0, 1, 120)) for _ in range(4))
    assert spikes(noise + 0.02 * planted) == 4


def test_corpus_halves_are_stable_and_differ() -> None:
    first, again = collect(20_000), collect(20_000)
    assert first == again
    assert first.first[:5_000] != first.second[:5_000]
    assert all(19_000 < len(half.encode()) < 21_000 for half in (first.first, first.second))
