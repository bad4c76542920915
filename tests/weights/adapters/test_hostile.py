"""Adapters that lie, without any library: names, shapes and configs that contradict each other."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from stemma.errors import MalformedFile, UnsupportedFormat
from stemma.identity import Missing
from stemma.weights.adapters.apply import adapter_parts, apply_adapter
from stemma.weights.adapters.detect import detect
from stemma.weights.adapters.names import Kind, parse_name
from tests.weights.packed.arrays import lazy

CONFIG: dict[str, Any] = {"peft_type": "LORA", "r": 2, "lora_alpha": 4}
STEM = "base_model.model.model.layers.0.q_proj."


def _arrays(**changes: tuple[int, ...]) -> dict[str, Any]:
    shapes = {"lora_A.weight": (2, 6), "lora_B.weight": (8, 2)} | changes
    return {STEM + name: np.ones(shape, np.float32) for name, shape in shapes.items()}


BASE = {"model.layers.0.q_proj.weight": np.zeros((8, 6), np.float32)}


@pytest.mark.parametrize(
    ("name", "kind", "target"),
    [
        (STEM + "lora_A.weight", Kind.A, "model.layers.0.q_proj.weight"),
        (STEM + "lora_A.default.weight", Kind.A, "model.layers.0.q_proj.weight"),
        (STEM + "lora_B.bias", Kind.BIAS, "model.layers.0.q_proj.bias"),
        (STEM + "base_layer.weight", Kind.REPLACEMENT, "model.layers.0.q_proj.weight"),
        (STEM + "lora_magnitude_vector", Kind.MAGNITUDE, "model.layers.0.q_proj.weight"),
        (STEM + "lora_magnitude_vector.default.weight", Kind.MAGNITUDE, "model.layers.0.q_proj.weight"),
        ("base_model.model.lm_head.modules_to_save.default.weight", Kind.REPLACEMENT, "lm_head.weight"),
        ("base_model.model.lm_head.modules_to_save.weight", Kind.REPLACEMENT, "lm_head.weight"),
        ("base_model.model.e.lora_embedding_A", Kind.EMBEDDING_A, "e.weight"),
        ("model.e.token_adapter.trainable_tokens_delta", Kind.TOKENS, "model.e.weight"),
        ("prompt_embeddings", Kind.PROMPT, "prompt_embeddings"),
    ],
)
def test_names(name: str, kind: Kind, target: str) -> None:
    assert parse_name(name) == (kind, target)


def test_a_sound_adapter() -> None:
    tensors, _ = apply_adapter(lazy(BASE), lazy(_arrays()), CONFIG)
    np.testing.assert_array_equal(tensors["model.layers.0.q_proj.weight"].read_all(), np.full((8, 6), 4.0))


@pytest.mark.parametrize(
    "changes",
    [
        {"lora_A.weight": (3, 6)},
        {"lora_A.weight": (2, 7)},
        {"lora_A.weight": (0, 6), "lora_B.weight": (8, 0)},
        {"lora_magnitude_vector": (7,)},
        {"lora_E": (3, 1)},
        {"lora_A.default.weight": (2, 6)},
        {"lora_B.bias": (8,)},
    ],
)
def test_shapes_that_do_not_fit(changes: dict[str, tuple[int, ...]]) -> None:
    with pytest.raises(MalformedFile):
        apply_adapter(lazy(BASE), lazy(_arrays(**changes)), CONFIG)


def test_half_a_pair() -> None:
    arrays = _arrays()
    arrays.pop(STEM + "lora_B.weight")
    with pytest.raises(MalformedFile, match="pair"):
        apply_adapter(lazy(BASE), lazy(arrays), CONFIG)


@pytest.mark.parametrize(
    "config",
    [
        {"lora_alpha": None},
        {"lora_alpha": float("nan")},
        {"lora_alpha": "8"},
        {"lora_alpha": True},
        {"peft_type": None},
        {"alpha_pattern": {"q_proj": []}},
    ],
)
def test_configs_that_say_nothing_usable(config: dict[str, Any]) -> None:
    with pytest.raises(MalformedFile, match="adapter_config"):
        apply_adapter(lazy(BASE), lazy(_arrays()), CONFIG | config)


@pytest.mark.parametrize(
    "config",
    [
        {"peft_type": "LOHA"},
        {"init_lora_weights": "pissa_niter_4"},
        {"layer_replication": [[0, 2]]},
        {"use_qalora": True},
        {"alpha_pattern": {"(a+)+$": 3}},
    ],
)
def test_what_a_merge_cannot_express(config: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedFormat, match="peft"):
        apply_adapter(lazy(BASE), lazy(_arrays()), CONFIG | config)


def test_a_lying_rank_is_reported() -> None:
    _, sentences = apply_adapter(lazy(BASE), lazy(_arrays()), CONFIG | {"r": 16})
    assert len(sentences) == 1
    assert "rank 16" in sentences[0]


def test_convolutions_are_refused() -> None:
    arrays = _arrays(**{"lora_A.weight": (2, 6, 1, 1), "lora_B.weight": (8, 2, 1, 1)})
    with pytest.raises(UnsupportedFormat, match="axes"):
        adapter_parts(lazy(arrays), CONFIG)


def test_a_packed_base_is_refused() -> None:
    base = {"model.layers.0.q_proj.weight": np.zeros((8, 6), np.int8)}
    with pytest.raises(MalformedFile, match="unpacked"):
        apply_adapter(lazy(base), lazy(_arrays()), CONFIG)


@pytest.mark.parametrize("tokens", [None, [9], [1, 2], [-1], ["a"]])
def test_trained_tokens_outside_the_embedding(tokens: Any) -> None:
    base = {"e.weight": np.zeros((8, 6), np.float32)}
    arrays = {"base_model.model.e.token_adapter.trainable_tokens_delta": np.ones((1, 6), np.float32)}
    with pytest.raises(MalformedFile):
        apply_adapter(lazy(base), lazy(arrays), CONFIG | {"trainable_token_indices": tokens})


def test_what_is_no_adapter() -> None:
    assert isinstance(detect(["model.safetensors"], ["a.weight"]), Missing)
    assert detect(["adapter_model.bin"], [], {"peft_type": "ADALORA"}) == "adalora"
    assert detect(["adapter_model.bin"], [], {"peft_type": 3}) == "other"
