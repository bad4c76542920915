"""Compare goes back to the weights where the fingerprints leave doubt, and only there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from stemma.constitution.interface import Label
from stemma.fingerprint import save
from stemma.publish.model import ComparisonReport
from stemma.usecases.compare import compare, compare_pairs
from stemma.usecases.models import fingerprint
from stemma.usecases.settings import Work
from stemma.vocabulary import Mechanism
from tests.models import CONFIG, Weights, draw, tuned, write

WORK = Work(workers=1)
SITE = "model.layers.{}.{}.weight"


def rotated(weights: Weights, seed: int) -> Weights:
    """The residual stream turned, gains folded in, neurons in another order: the same function."""
    rng = np.random.default_rng([30, seed])
    width = weights["model.embed_tokens.weight"].shape[1]
    turn, _ = np.linalg.qr(rng.standard_normal((width, width)))
    made = {n: np.ones_like(w) for n, w in weights.items() if w.ndim == 1}
    made["model.embed_tokens.weight"] = weights["model.embed_tokens.weight"] @ turn
    made["lm_head.weight"] = (weights["lm_head.weight"] * weights["model.norm.weight"]) @ turn
    for layer in range(CONFIG["num_hidden_layers"]):
        before, between = (SITE.format(layer, n) for n in ("input_layernorm", "post_attention_layernorm"))
        for name in ("q_proj", "k_proj", "v_proj"):
            key = SITE.format(layer, f"self_attn.{name}")
            made[key] = (weights[key] * weights[before]) @ turn
        key = SITE.format(layer, "self_attn.o_proj")
        made[key] = turn.T @ weights[key]
        order = rng.permutation(CONFIG["intermediate_size"])
        for name in ("gate_proj", "up_proj"):
            key = SITE.format(layer, f"mlp.{name}")
            made[key] = ((weights[key] * weights[between]) @ turn)[order]
        key = SITE.format(layer, "mlp.down_proj")
        made[key] = (turn.T @ weights[key])[:, order]
    return {n: np.ascontiguousarray(w, dtype=np.float32) for n, w in made.items()}


def rebased(weights: Weights, seed: int) -> Weights:
    """An invertible transform between value and output of every group of heads: the same function, units in place."""
    rng = np.random.default_rng([32, seed])
    width, group = CONFIG["head_dim"], CONFIG["num_attention_heads"] // CONFIG["num_key_value_heads"]
    made = dict(weights)
    for layer in range(CONFIG["num_hidden_layers"]):
        value, output = (SITE.format(layer, f"self_attn.{n}_proj") for n in "vo")
        mixes = np.eye(width) + 0.5 * rng.standard_normal((CONFIG["num_key_value_heads"], width, width)) / width**0.5
        made[value] = np.concatenate([m @ v for m, v in zip(mixes, np.split(weights[value], len(mixes)), strict=True)])
        columns = np.split(weights[output], group * len(mixes), axis=1)
        back = np.linalg.inv(mixes)
        made[output] = np.concatenate([o @ back[i // group] for i, o in enumerate(columns)], axis=1)
    return {n: np.ascontiguousarray(w, dtype=np.float32) for n, w in made.items()}


def attention_tuned(weights: Weights, seed: int) -> Weights:
    """Trained in its values and outputs alone."""
    changed = tuned(weights, seed, share=0.4, rank=24)
    return {n: changed[n] if "v_proj" in n or "o_proj" in n else w for n, w in weights.items()}


def without_tokenizer(folder: Path, weights: Weights, seed: int) -> Path:
    """Rows of the vocabulary in another order, and no file that says which is which."""
    order = np.random.default_rng([31, seed]).permutation(len(weights["model.embed_tokens.weight"]))
    moved = {n: w[order] if n in ("model.embed_tokens.weight", "lm_head.weight") else w for n, w in weights.items()}
    made = write(folder, moved)
    (made / "tokenizer.json").unlink()
    return made


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("closer")
    base = draw(1)
    write(folder / "base", base)
    write(folder / "rotated", rotated(tuned(base, 2), 1))
    write(folder / "other", draw(9))
    write(folder / "rebased", rebased(base, 1))
    write(folder / "attention-tuned", attention_tuned(base, 1))
    without_tokenizer(folder / "hidden", rotated(tuned(base, 2), 2), 1)
    without_tokenizer(folder / "hidden-twin", rotated(draw(3, bulk=1), 2), 1)
    return folder


def ruled(report: ComparisonReport) -> Label:
    assert report.ruling is not None, report.error
    return report.ruling.label


@pytest.mark.parametrize(("child", "mechanism"), [("rebased", Mechanism.M1), ("attention-tuned", Mechanism.M2)])
def test_what_no_output_shows_is_told_from_training(built: Path, child: str, mechanism: Mechanism) -> None:
    ruling = compare(str(built / "base"), str(built / child), WORK).ruling
    assert ruling is not None and ruling.label is Label.LINKED
    assert ruling.mechanism is mechanism, ruling.reasons


@pytest.mark.parametrize("child", ["rotated", "hidden"])
def test_a_disguised_child_is_linked_by_whole_matrices(built: Path, child: str) -> None:
    report = compare(str(built / "base"), str(built / child), WORK)
    assert report.ruling is not None and ruled(report) is Label.LINKED, report.ruling
    assert "aligned neurons" in {e.test for e in report.ruling.evidence}
    assert report.cost["bytes_read_again"] > 0 and report.cost["closer_look_seconds"] > 0
    assert [(p.a, p.b) for p in report.ruling.layer_map] == [
        (f"decoder.{i}", f"decoder.{i}") for i in range(CONFIG["num_hidden_layers"])
    ]


def test_a_disguised_twin_is_not_linked(built: Path) -> None:
    assert ruled(compare(str(built / "base"), str(built / "hidden-twin"), WORK)) is Label.INDEPENDENT


def test_unrelated_models_that_were_looked_at_do_not_pay(built: Path) -> None:
    report = compare(str(built / "base"), str(built / "other"), WORK)
    assert ruled(report) is Label.INDEPENDENT
    assert "bytes_read_again" not in report.cost


def test_fingerprints_alone_say_what_they_could_not_look_at(built: Path, tmp_path: Path) -> None:
    stored = tmp_path / "hidden.stemma"
    save(fingerprint(str(built / "hidden"), WORK).fingerprint, stored)
    report = compare(str(built / "base"), str(stored), WORK)
    assert report.ruling is not None and ruled(report) is Label.INDEPENDENT
    assert any("it needs the weights of both models" in text for text in report.ruling.not_examined)
    assert "bytes_read_again" not in report.cost


def test_many_pairs_are_looked_at_as_one_is_and_progress_is_told(built: Path) -> None:
    told: list[str] = []
    work = Work(workers=1, progress=lambda name, _done, _total: told.append(name))
    (report,) = compare_pairs([(str(built / "base"), str(built / "hidden"))], work)
    assert ruled(report) is Label.LINKED
    assert any(name.endswith("closer look") for name in told)
