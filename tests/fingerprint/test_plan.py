"""The budget: what a fingerprint of a large model weighs, from its shapes alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from stemma.anatomy.interface import Part, Role, Site
from stemma.fingerprint import DEFAULT, Anchors, Fingerprint, LearnedPart, Moments, Parameters, PartPrint, to_bytes
from stemma.fingerprint.coded import Coded
from stemma.fingerprint.plan import Plan, plan_reading
from stemma.identity import Digest, Missing
from stemma.weights.interface import LazyTensor
from tests.fingerprint.models import NONE, draw_weights, fingerprint_of_weights

MEGABYTES = 4_000_000
DIGEST = Digest("blake3", "ab" * 32)


class Shaped(LazyTensor):
    """A tensor without values: only its shape is known."""

    def __init__(self, *shape: int) -> None:
        self.name, self.shape, self.dtype, self.storage = "tensor", shape, np.dtype(np.float32), "BF16"

    def read(self, start: int, stop: int) -> NDArray[Any]:
        raise AssertionError("the plan reads nothing")


def decoder(
    layers: int, hidden: int, ffn: int, vocabulary: int, *, kv: int | None = None, experts: int = 0
) -> list[Part]:
    def part(role: Role, site: Site, *shape: int) -> Part:
        return Part(role, site, Shaped(*shape), f"model.layers.{site.layer}.{role.value}_proj.weight")

    kv = kv or hidden
    parts = [part(Role.TOKEN_EMBEDDING, NONE, vocabulary, hidden), part(Role.HEAD, NONE, vocabulary, hidden)]
    parts.append(part(Role.FINAL_NORM, NONE, hidden))
    for layer in range(layers):
        site = Site("decoder", layer)
        parts += [part(Role.Q, site, hidden, hidden), part(Role.O, site, hidden, hidden)]
        parts += [part(role, site, kv, hidden) for role in (Role.K, Role.V)]
        parts += [part(role, site, hidden) for role in (Role.ATTENTION_NORM, Role.MLP_NORM)]
        for expert in range(experts) if experts else (-1,):
            inner = replace(site, expert=expert)
            parts += [part(role, inner, ffn, hidden) for role in (Role.GATE, Role.UP)]
            parts.append(part(Role.DOWN, inner, hidden, ffn))
    return parts


def filled(parts: list[Part], parameters: Parameters = DEFAULT) -> Fingerprint:
    """A fingerprint as it would come of ``parts``, with arrays of the planned sizes and nothing in them."""
    plan = plan_reading(parts, parameters)
    base = fingerprint_of_weights(draw_weights(0, layers=parameters.response_layers, ffn=160, hidden=64, vocabulary=64))
    rows = min(parameters.anchor_tokens, max(16, parameters.anchor_bytes // parts[0].tensor.shape[1]))
    embedding = Coded.of(np.ones((rows, parts[0].tensor.shape[1]), np.float32))
    keys = np.arange(rows)
    anchors = Anchors(True, keys.astype(np.uint64), keys, embedding, embedding)
    prints = {part.key: _print(part, plan, parameters) for part in parts}
    return replace(base, parts=prints, anchors=anchors)


def _print(part: Part, plan: Plan, parameters: Parameters) -> PartPrint:
    shape = part.tensor.shape
    extras: dict[str, Any] = {}
    moments = Moments(part.tensor.count, 123.456789012345, 98765.4321012345, -0.123456789, 0.123456789)
    if part.key in plan.corners:
        corner = np.ones((min(plan.side, shape[0]), min(plan.side, shape[1])), np.float32)
        extras["coded"], extras["exact"] = Coded.of(corner), corner[: parameters.exact_rows, : parameters.exact_columns]
        if part.key in plan.learned:
            strengths = (1.2345678901234567,) * parameters.spectrum_rank
            left, right = (np.ones((len(strengths), side), np.float32) for side in corner.shape)
            extras["learned"] = LearnedPart(left, right, (1024, 1024), 0.0123456789, 1.23456789, True, strengths)
    if part.key in plan.vectors:
        extras["vector"] = np.ones(plan.vectors[part.key], np.float32)
    return PartPrint(part.key, part.role, part.site, False, True, part.source, shape, "BF16", DIGEST, moments, **extras)


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param(decoder(32, 4096, 11008, 32000), id="llama 7B"),
        pytest.param(decoder(32, 4096, 14336, 128256, kv=1024), id="llama 8B"),
        pytest.param(decoder(28, 3584, 18944, 152064, kv=512), id="qwen 7B"),
        pytest.param(decoder(28, 3072, 24576, 256000), id="gemma 7B"),
    ],
)
def test_seven_billion_parameters_in_four_megabytes(parts: list[Part]) -> None:
    made = filled(parts)
    assert made.parameters > 6e9
    assert len(to_bytes(made)) <= MEGABYTES


def test_the_search_vector_is_a_kilobyte() -> None:
    assert fingerprint_of_weights(draw_weights(0)).sketch.nbytes == 1024


@settings(max_examples=40)
@given(st.integers(1, 60), st.integers(8, 4096), st.integers(8, 16384), st.integers(0, 16))
def test_corners_keep_their_budget(layers: int, hidden: int, ffn: int, experts: int) -> None:
    parts = decoder(layers, hidden, ffn, 1000, experts=experts)
    plan = plan_reading(parts, DEFAULT)
    shapes = {p.key: p.tensor.shape for p in parts}
    weight = sum(min(plan.side, shapes[k][0]) * min(plan.side, shapes[k][1]) for k in plan.corners)
    factors = [
        DEFAULT.spectrum_rank * (min(plan.side, shapes[k][0]) + min(plan.side, shapes[k][1])) for k in plan.learned
    ]
    smallest = 256 * len(plan.corners) + 32 * DEFAULT.spectrum_rank * len(plan.learned)
    assert weight + sum(factors) <= max(DEFAULT.corner_bytes, smallest)
    assert 2 * sum(plan.vectors.values()) <= max(DEFAULT.vector_bytes, 2 * hidden * (2 * layers + 1))


def test_a_plan_depends_on_neither_order_nor_values() -> None:
    parts = decoder(6, 64, 96, 100)
    assert plan_reading(parts, DEFAULT) == plan_reading(parts[::-1], DEFAULT)


def test_layers_are_spread_from_the_first_to_the_last() -> None:
    plan = plan_reading(decoder(32, 64, 96, 100), DEFAULT)
    layers = sorted({int(key.split("/")[0].removeprefix("decoder.")) for key in plan.learned})
    assert len(layers) == DEFAULT.spectrum_layers
    assert (layers[0], layers[-1]) == (0, 31)


@given(st.integers(1, 40), st.integers(8, 512), st.integers(0, 3))
def test_a_sampled_plan_only_learns_less(layers: int, hidden: int, experts: int) -> None:
    parts = decoder(layers, hidden, 96, 100, experts=experts)
    full, sampled = plan_reading(parts, DEFAULT), plan_reading(parts, DEFAULT, full=False)
    assert sampled.learned < full.learned or layers <= DEFAULT.sampled_spectrum_layers
    assert replace(sampled, learned=full.learned) == full


def test_gains_are_kept_whole_and_biases_share_what_they_leave() -> None:
    layers, hidden = 80, 8192
    biases = [Part(Role.Q, Site("decoder", i), Shaped(hidden), f"{i}.bias", bias=True) for i in range(layers)]
    plan = plan_reading([*decoder(layers, hidden, 64, 100), *biases], DEFAULT)
    gains = {key: length for key, length in plan.vectors.items() if key.endswith("norm")}
    assert len(gains) == 2 * layers + 1 and set(gains.values()) == {hidden}
    assert {length for key, length in plan.vectors.items() if key not in gains} == {32}
    few = plan_reading([*decoder(2, hidden, 64, 100), *biases[:2]], DEFAULT)
    assert few.vectors["decoder.0/q.bias"] == DEFAULT.vector_limit
    wide = plan_reading([Part(Role.FINAL_NORM, NONE, Shaped(40_000), "norm")], DEFAULT)
    assert set(wide.vectors.values()) == {DEFAULT.gain_limit}


def test_the_matrices_of_low_rank_attention_are_sampled() -> None:
    site = Site("decoder", 0)
    roles = (Role.Q_A, Role.Q_B, Role.KV_A, Role.K_B, Role.V_B)
    plan = plan_reading([Part(role, site, Shaped(64, 96), role.value) for role in roles], DEFAULT)
    assert plan.corners == plan.learned == {f"decoder.0/{role.value}" for role in roles}


def test_only_some_experts_get_corners() -> None:
    plan = plan_reading(decoder(2, 64, 96, 100, experts=8), DEFAULT)
    assert {key for key in plan.corners if "expert" in key} == {
        f"decoder.{layer}.expert{expert}/{role}"
        for layer in (0, 1)
        for expert in (0, 1)
        for role in ("gate", "up", "down")
    }


def test_no_parts() -> None:
    plan = plan_reading([], DEFAULT)
    assert not (plan.corners | plan.learned or plan.vectors)


def test_absence_has_a_reason() -> None:
    found = fingerprint_of_weights(draw_weights(0)).parts["model/token_embedding"]
    assert isinstance(found.coded, Missing)
    assert found.coded.reason
