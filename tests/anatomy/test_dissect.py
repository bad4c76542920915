"""Whole models of plain arrays taken apart: fused tensors, wrappers, lies, ties, unknown names, adapters."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from stemma.anatomy import Anatomy, Role, Site, dissect
from stemma.identity import Missing
from tests.anatomy.arrays import checkpoint, random

D, HEADS, HEAD, WIDE, VOCABULARY = 32, 4, 8, 48, 50
Shapes = dict[str, tuple[int, ...]]


def llama(layers: int = 2, prefix: str = "model.") -> Shapes:
    shapes: Shapes = {f"{prefix}embed_tokens.weight": (VOCABULARY, D), f"{prefix}norm.weight": (D,)}
    for layer in range(layers):
        p = f"{prefix}layers.{layer}."
        shapes |= {f"{p}self_attn.{x}_proj.weight": (D, D) for x in "qo"}
        shapes |= {f"{p}self_attn.{x}_proj.weight": (16, D) for x in "kv"}
        shapes |= {f"{p}mlp.{x}_proj.weight": (WIDE, D) for x in ("gate", "up")}
        shapes |= {f"{p}mlp.down_proj.weight": (D, WIDE)}
        shapes |= {f"{p}{norm}.weight": (D,) for norm in ("input_layernorm", "post_attention_layernorm")}
    return shapes


def neox(rows: int, trunk: str = "gpt_neox.layers", attention: str = "attention") -> Shapes:
    shapes: Shapes = {"gpt_neox.embed_in.weight": (VOCABULARY, D), "gpt_neox.final_layer_norm.weight": (D,)}
    for layer in range(2):
        p = f"{trunk}.{layer}."
        shapes |= {
            f"{p}{attention}.query_key_value.{leaf}": s for leaf, s in (("weight", (rows, D)), ("bias", (rows,)))
        }
        shapes |= {f"{p}{attention}.dense.weight": (D, D), f"{p}mlp.dense_h_to_4h.weight": (WIDE, D)}
        shapes |= {f"{p}mlp.dense_4h_to_h.weight": (D, WIDE), f"{p}input_layernorm.weight": (D,)}
    return shapes


def values(anatomy: Anatomy) -> dict[str, NDArray[Any]]:
    return {part.key: part.tensor.read_all() for part in anatomy.parts}


def test_wrappers_change_nothing() -> None:
    plain = dissect(checkpoint(random(llama())))
    keys = [part.key for part in plain.parts]
    assert "decoder.1/gate" in keys and "decoder/final_norm" in keys and plain.scheme == "llama"
    for wrapper in (
        "",
        "_orig_mod.model.",
        "module.model.",
        "base_model.model.model.",
        "whatever.",
        "language_model.model.",
    ):
        other = dissect(checkpoint(random(llama(prefix=wrapper))))
        assert [part.key for part in other.parts] == keys
        assert all(part.certain for part in other.parts)


def test_metadata_has_no_say_in_the_scheme() -> None:
    arrays = random(llama())
    truth = dissect(checkpoint(arrays, {"model_type": "llama", "num_attention_heads": HEADS}))
    lie = dissect(
        checkpoint(arrays, {"model_type": "gpt2", "architectures": ["BertModel"], "num_attention_heads": HEADS})
    )
    assert truth.scheme == lie.scheme
    assert [(p.key, p.source) for p in truth.parts] == [(p.key, p.source) for p in lie.parts]


@pytest.mark.parametrize(("groups", "rows"), [(4, 96), (2, 64), (1, 48)])
def test_rows_that_repeat_by_groups_of_heads(groups: int, rows: int) -> None:
    arrays = random(neox(rows))
    anatomy = dissect(checkpoint(arrays, {"num_attention_heads": HEADS}))
    got = values(anatomy)
    fused = arrays["gpt_neox.layers.1.attention.query_key_value.weight"].reshape(groups, HEADS // groups + 2, HEAD, D)
    np.testing.assert_array_equal(got["decoder.1/q"], fused[:, :-2].reshape(D, D))
    np.testing.assert_array_equal(got["decoder.1/k"], fused[:, -2].reshape(-1, D))
    np.testing.assert_array_equal(got["decoder.1/v"], fused[:, -1].reshape(-1, D))
    assert any("heads that the configuration claims" in warning for warning in anatomy.warnings)
    bias = arrays["gpt_neox.layers.1.attention.query_key_value.bias"].reshape(groups, -1, HEAD)
    np.testing.assert_array_equal(got["decoder.1/v.bias"], bias[:, -1].reshape(-1))


@pytest.mark.parametrize("config", [None, {"num_attention_heads": 5}])
def test_without_a_head_count_a_fused_tensor_stays_whole_and_says_so(config: dict[str, Any] | None) -> None:
    anatomy = dissect(checkpoint(random(neox(96)), config))
    assert not {Role.Q, Role.K, Role.V} & {part.role for part in anatomy.parts}
    assert any("query_key_value" in key for key in anatomy.missing)
    assert {Role.O, Role.UP, Role.DOWN} <= {part.role for part in anatomy.parts}


def test_rows_one_after_the_other_need_no_configuration() -> None:
    shapes = {
        n: s for n, s in llama().items() if not any(x in n for x in ("q_proj", "k_proj", "v_proj", "gate", "up_"))
    }
    for layer in range(2):
        shapes[f"model.layers.{layer}.self_attn.qkv_proj.weight"] = (D + 32, D)
        shapes[f"model.layers.{layer}.mlp.gate_up_proj.weight"] = (2 * WIDE, D)
    arrays = random(shapes)
    got = values(dissect(checkpoint(arrays)))
    qkv = arrays["model.layers.0.self_attn.qkv_proj.weight"]
    for role, rows in (("q", slice(0, D)), ("k", slice(D, D + 16)), ("v", slice(D + 16, D + 32))):
        np.testing.assert_array_equal(got[f"decoder.0/{role}"], qkv[rows])
    np.testing.assert_array_equal(got["decoder.0/up"], arrays["model.layers.0.mlp.gate_up_proj.weight"][WIDE:])


@pytest.mark.parametrize("turned", [False, True])
def test_stacked_experts_in_either_orientation(turned: bool) -> None:
    shapes = {name: shape for name, shape in llama().items() if "mlp" not in name}
    for layer in range(2):
        p = f"model.layers.{layer}.mlp."
        gate_up, down = (3, 2 * WIDE, D), (3, D, WIDE)
        shapes[f"{p}experts.gate_up_proj"] = (3, D, 2 * WIDE) if turned else gate_up
        shapes[f"{p}experts.down_proj"] = (3, WIDE, D) if turned else down
        shapes[f"{p}gate.weight"] = (3, D)
    arrays = random(shapes)
    anatomy = dissect(checkpoint(arrays))
    got = values(anatomy)
    for expert in range(3):
        gate_up, down = (arrays[f"model.layers.1.mlp.experts.{x}_proj"][expert] for x in ("gate_up", "down"))
        gate_up, down = (gate_up.T, down.T) if turned else (gate_up, down)
        np.testing.assert_array_equal(got[f"decoder.1.expert{expert}/gate"], gate_up[:WIDE])
        np.testing.assert_array_equal(got[f"decoder.1.expert{expert}/up"], gate_up[WIDE:])
        np.testing.assert_array_equal(got[f"decoder.1.expert{expert}/down"], down)
    assert got["decoder.1/router"].shape == (3, D)


def test_gpt_oss_alternates_gate_and_up() -> None:
    shapes = {name: shape for name, shape in llama().items() if "mlp" not in name}
    for layer in range(2):
        p = f"model.layers.{layer}.mlp."
        shapes |= {f"{p}experts.gate_up_proj": (2, D, 2 * WIDE), f"{p}experts.gate_up_proj_bias": (2, 2 * WIDE)}
        shapes |= {f"{p}experts.down_proj": (2, WIDE, D), f"{p}router.weight": (2, D), f"{p}router.bias": (2,)}
    arrays = random(shapes)
    got = values(dissect(checkpoint(arrays)))
    np.testing.assert_array_equal(
        got["decoder.0.expert1/up"], arrays["model.layers.0.mlp.experts.gate_up_proj"][1][:, 1::2].T
    )
    np.testing.assert_array_equal(
        got["decoder.0.expert1/gate.bias"], arrays["model.layers.0.mlp.experts.gate_up_proj_bias"][1, ::2]
    )


def test_low_rank_attention_splits_keys_from_values() -> None:
    shapes = {n: s for n, s in llama().items() if not any(x in n for x in ("q_proj", "k_proj", "v_proj", "o_proj"))}
    for layer in range(2):
        p = f"model.layers.{layer}.self_attn."
        shapes |= {f"{p}kv_b_proj.weight": (HEADS * (6 + 8), 12), f"{p}kv_a_proj_with_mqa.weight": (12 + 4, D)}
        shapes |= {
            f"{p}q_proj.weight": (HEADS * 10, D),
            f"{p}o_proj.weight": (D, HEADS * 8),
            f"{p}kv_a_layernorm.weight": (12,),
        }
    arrays = random(shapes)
    got = values(dissect(checkpoint(arrays, {"num_attention_heads": HEADS})))
    fused = arrays["model.layers.0.self_attn.kv_b_proj.weight"].reshape(HEADS, 14, 12)
    np.testing.assert_array_equal(got["decoder.0/k_b"], fused[:, :6].reshape(-1, 12))
    np.testing.assert_array_equal(got["decoder.0/v_b"], fused[:, 6:].reshape(-1, 12))


def test_traps_of_substring_search() -> None:
    shapes = llama() | {"model.layers.0.mlp.gate.weight": (4, D)}
    parts = {part.source: part for part in dissect(checkpoint(random(shapes))).parts}
    assert parts["model.layers.0.mlp.gate.weight"].role is Role.ROUTER
    assert parts["model.layers.0.mlp.gate_proj.weight"].role is Role.GATE
    bert = dissect(
        checkpoint(random({"bert.embeddings.word_embeddings.weight": (50, D), "bert.pooler.dense.weight": (D, D)}))
    )
    assert [part.role for part in bert.parts] == [Role.POOLER, Role.TOKEN_EMBEDDING]


def test_a_tied_head_is_recorded_and_an_untied_one_kept() -> None:
    arrays = random(llama() | {"lm_head.weight": (VOCABULARY, D)})
    assert dissect(checkpoint(arrays, {"tie_word_embeddings": True})).facts.tied is False
    arrays["lm_head.weight"] = arrays["model.embed_tokens.weight"].copy()
    tied = dissect(checkpoint(arrays, {"tie_word_embeddings": False}))
    assert tied.facts.tied is True and "tied" in tied.exempt[0].reason
    arrays["lm_head.weight"][7, 3] += 1
    assert dissect(checkpoint(arrays)).facts.tied is False


def test_sinusoidal_tables_and_buffers_are_exempt() -> None:
    steps = np.arange(16)[:, None] / 10000 ** (np.arange(0, D, 2) / D)
    arrays = random(llama()) | {
        "model.embed_positions.weight": np.concatenate([np.sin(steps), np.cos(steps)], axis=1).astype(np.float32),
        "model.layers.0.self_attn.rotary_emb.inv_freq": np.ones(4, np.float32),
        "model.layers.0.self_attn.k_scale": np.ones(1, np.float32),
    }
    anatomy = dissect(checkpoint(arrays))
    assert len(anatomy.exempt) == 3 and all(item.reason for item in anatomy.exempt)
    assert Role.POSITION_EMBEDDING not in {part.role for part in anatomy.parts}


def test_unknown_names_are_guessed_and_told() -> None:
    arrays = random(llama() | {"model.layers.1.novel.thing.weight": (D, D), "stray.weight": (7, 9), "stray.bias": (7,)})
    anatomy = dissect(checkpoint(arrays))
    guessed = {part.source: part for part in anatomy.parts if not part.certain}
    assert guessed["model.layers.1.novel.thing.weight"].site == Site("other", 1, -1, "layers.novel.thing")
    assert guessed["stray.weight"].role is Role.OTHER_MATRIX and guessed["stray.bias"].bias
    assert len(anatomy.warnings) == 1 and "3 of" in anatomy.warnings[0]


def test_renamed_layers_keep_what_shape_alone_tells() -> None:
    shapes: Shapes = {"zzz.weight": (VOCABULARY * 4, D)}
    for layer in range(3):
        shapes |= {f"b{layer}.x.{layer}.{name}": (D, D) for name in ("a1", "a2")}
        shapes |= {f"b.x.{layer}.m1": (WIDE, D), f"b.x.{layer}.m2": (D, WIDE), f"b.x.{layer}.m3": (WIDE, D)}
    anatomy = dissect(checkpoint(random(shapes)))
    roles = {part.source: (part.role, part.site.layer) for part in anatomy.parts}
    assert roles["b.x.2.m1"] == (Role.GATE, 2) and roles["b.x.2.m3"] == (Role.UP, 2)
    assert roles["b.x.2.m2"] == (Role.DOWN, 2) and roles["zzz.weight"] == (Role.TOKEN_EMBEDDING, -1)
    assert not any(part.certain for part in anatomy.parts) and anatomy.scheme == "none"
    assert anatomy.facts.vocabulary == VOCABULARY * 4 or anatomy.warnings


def test_every_tensor_is_accounted_for_and_keys_are_unique() -> None:
    arrays = random(llama() | {"model.layers.0.attn.q_proj.weight": (D, D)})
    anatomy = dissect(checkpoint(arrays))
    keys = [part.key for part in anatomy.parts]
    assert keys == sorted(set(keys))
    assert {part.source for part in anatomy.parts} | {item.source for item in anatomy.exempt} == set(arrays)
    assert any("repeat a place" in warning for warning in anatomy.warnings)


def test_adapters_alone_stand_at_their_targets() -> None:
    p = "base_model.model.model.layers.3."
    arrays = random({
        f"{p}self_attn.q_proj.lora_A.weight": (4, D), f"{p}self_attn.q_proj.lora_B.weight": (D, 4),
        f"{p}mlp.down_proj.lora_A.default.weight": (4, WIDE), f"{p}mlp.down_proj.lora_magnitude_vector": (D,),
    })  # fmt: skip
    anatomy = dissect(checkpoint(arrays, layout="adapter"))
    assert [part.key for part in anatomy.parts] == [
        "decoder.3.down.lora_magnitude_vector/other_vector",
        "decoder.3.down/adapter_a",
        "decoder.3.q/adapter_a",
        "decoder.3.q/adapter_b",
    ]
    assert all(part.certain for part in anatomy.parts)


def test_claims_that_the_shapes_contradict_are_named() -> None:
    anatomy = dissect(
        checkpoint(random(llama()), {"hidden_size": 64, "num_hidden_layers": 9, "num_attention_heads": 5})
    )
    assert (anatomy.facts.hidden, anatomy.facts.layers, anatomy.facts.vocabulary) == (D, 2, VOCABULARY)
    assert len(anatomy.warnings) == 3


def test_facts_without_a_configuration_come_from_shapes() -> None:
    facts = dissect(checkpoint(random(llama()))).facts
    assert (facts.hidden, facts.layers, facts.vocabulary, facts.tied) == (D, 2, VOCABULARY, True)
    assert isinstance(facts.heads, Missing) and facts.heads.reason


def test_a_layer_shared_by_all() -> None:
    p = "albert.encoder.albert_layer_groups.0.albert_layers.0."
    shapes = {f"{p}attention.{x}.weight": (D, D) for x in ("query", "key", "value", "dense")}
    shapes |= {f"{p}ffn.weight": (WIDE, D), f"{p}ffn_output.weight": (D, WIDE)}
    shapes |= {"albert.embeddings.word_embeddings.weight": (VOCABULARY, 16)}
    anatomy = dissect(checkpoint(random(shapes), {"num_hidden_layers": 12}))
    assert anatomy.facts.shared_layers and anatomy.facts.layers == 12 and not anatomy.warnings
    assert {part.site.layer for part in anatomy.parts} == {0, -1}


def test_towers_have_stacks_of_their_own() -> None:
    shapes = llama(prefix="model.language_model.")
    for layer in range(2):
        p = f"model.vision_tower.vision_model.encoder.layers.{layer}."
        shapes |= {f"{p}self_attn.{x}_proj.weight": (16, 16) for x in ("q", "k", "v", "out")}
        shapes |= {f"{p}mlp.fc1.weight": (24, 16), f"{p}mlp.fc2.weight": (16, 24)}
    shapes["model.multi_modal_projector.linear_1.weight"] = (D, 16)
    anatomy = dissect(checkpoint(random(shapes)))
    assert {part.site.stack for part in anatomy.parts} == {"decoder", "vision", "projector"}
    assert anatomy.facts.hidden == D and all(part.certain for part in anatomy.parts)


def test_tensors_without_values_are_no_parts() -> None:
    arrays = random(llama())
    arrays["model.layers.1.mlp.up_proj.weight"] = np.zeros((0, D), np.float32)
    anatomy = dissect(checkpoint(arrays))
    assert "decoder.1/up" not in [part.key for part in anatomy.parts]
    assert [(e.source, e.reason) for e in anatomy.exempt] == [
        ("model.layers.1.mlp.up_proj.weight", "it holds no values")
    ]


def test_a_number_where_stacked_experts_belong_stays_what_it_is() -> None:
    shapes = {name: shape for name, shape in llama().items() if "mlp" not in name}
    shapes |= {f"model.layers.0.mlp.experts.{name}_proj": () for name in ("gate_up", "down")}
    anatomy = dissect(checkpoint(random({**shapes, "model.layers.0.mlp.router.weight": (2, D)})))
    assert "gate+up in model.layers.0.mlp.experts.gate_up_proj" in anatomy.missing


def test_a_number_where_embedding_and_head_belong_may_be_tied_too() -> None:
    numbers = {"model.embed_tokens.weight": (), "lm_head.weight": ()}
    arrays = random({**llama(), **numbers})
    tied = {**arrays, "lm_head.weight": arrays["model.embed_tokens.weight"]}
    heads = [[p.role for p in dissect(checkpoint(a)).parts].count(Role.HEAD) for a in (arrays, tied)]
    assert heads == [1, 0]


def test_a_number_where_queries_belong_has_no_rows_to_put_in_order() -> None:
    arrays = random({"blk.0.attn_q.weight": (), "blk.0.attn_k.weight": (D, D)})
    config = {"gguf": {"general.architecture": "llama", "llama.attention.head_count": HEADS}}
    anatomy = dissect(checkpoint(arrays, config, layout="gguf"))
    assert [p.tensor.shape for p in anatomy.parts if p.role is Role.Q] == [()]
