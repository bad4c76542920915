"""Tiny configurations of every text architecture that transformers offers.

Most come from shrinking the default configuration attribute by attribute; ``BY_HAND`` holds what that cannot guess.
"""

from __future__ import annotations

from typing import Any

from transformers import PretrainedConfig

SMALL: dict[str, int] = {
    **dict.fromkeys(("hidden_size", "d_model", "n_embd", "dim", "emb_dim", "embed_dim", "embedding_size"), 64),
    **dict.fromkeys(("model_dim", "d_embed", "word_embed_proj_dim", "text_hidden_size", "lru_width"), 64),
    **dict.fromkeys(("num_hidden_layers", "n_layer", "n_layers", "num_layers", "num_decoder_layers"), 2),
    **dict.fromkeys(("encoder_layers", "decoder_layers", "num_encoder_layers"), 2),
    **dict.fromkeys(("num_attention_heads", "n_head", "n_heads", "num_heads"), 4),
    **dict.fromkeys(("encoder_attention_heads", "decoder_attention_heads"), 4),
    **dict.fromkeys(("num_key_value_heads",), 2),
    **dict.fromkeys(("head_dim", "d_kv", "global_head_dim", "attention_head_size"), 16),
    **dict.fromkeys(("intermediate_size", "ffn_dim", "encoder_ffn_dim", "decoder_ffn_dim", "d_ff"), 96),
    **dict.fromkeys(("n_inner", "hidden_dim", "ffn_hidden_size", "dff", "d_inner", "dim_ff"), 96),
    **dict.fromkeys(("moe_intermediate_size", "shared_expert_intermediate_size", "expert_ffn_hidden_size"), 48),
    **dict.fromkeys(("vocab_size", "entity_vocab_size", "vocab_size_per_layer_input"), 320),
    **dict.fromkeys(("max_position_embeddings", "n_positions", "n_ctx"), 64),
    **dict.fromkeys(("num_experts", "num_local_experts", "n_routed_experts", "moe_num_experts"), 4),
    **dict.fromkeys(("num_experts_per_tok",), 2),
    **dict.fromkeys(("n_shared_experts", "n_group", "topk_group"), 1),
    "hidden_size_per_layer_input": 16,
    "encoder_hash_byte_group_vocab": 50,
    "zero_expert_num": 1,
    "num_filters": 4,
}
LISTS = ("layer_types", "mlp_layer_types", "layers_block_type")

_BASE = {
    "hidden_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 96,
    "vocab_size": 320,
}
_GROUPED = {**_BASE, "num_key_value_heads": 2, "head_dim": 16}
_ROPE = {"rope_type": "default", "rope_theta": 10000.0}

_GEMMA4_ASSISTANT = {
    "text_config": {
        **_GROUPED, "global_head_dim": 16, "num_global_key_value_heads": 1, "hidden_size_per_layer_input": 0,
        "vocab_size_per_layer_input": 0, "num_kv_shared_layers": 2,
        "layer_types": ["sliding_attention", "full_attention"],
    },
    "backbone_hidden_size": 96, "use_ordered_embeddings": True, "num_centroids": 16, "centroid_intermediate_top_k": 4,
}  # fmt: skip
_INKLING2 = {
    **_GROUPED, "unpadded_vocab_size": 310, "swa_num_attention_heads": 4, "swa_num_key_value_heads": 2,
    "swa_head_dim": 16, "d_rel": 8, "rel_extent": 16, "moe_intermediate_size": 48, "n_routed_experts": 4,
    "num_experts_per_tok": 2, "eos_token_id": 1, "n_layers_per_attn_res_block": 1,
}  # fmt: skip
del _INKLING2["intermediate_size"]

# Arguments for configurations that shrinking leaves inconsistent; they are shrunk no further.
BY_HAND: dict[str, dict[str, Any]] = {
    "bamba": {**_GROUPED, "mamba_n_heads": 8, "mamba_d_head": 16, "mamba_d_state": 16, "attn_layer_indices": [1]},
    "cohere_compass_text": {
        **_GROUPED, "layer_types": ["full_attention", "sliding_attention"],
        "rope_parameters": {"full_attention": _ROPE, "sliding_attention": _ROPE},
    },
    "dbrx": {
        "d_model": 64, "n_heads": 4, "n_layers": 2, "max_seq_len": 64, "vocab_size": 320,
        "attn_config": {"kv_n_heads": 2, "clip_qkv": 8, "rope_theta": 10000.0},
        "ffn_config": {"ffn_hidden_size": 96, "moe_num_experts": 4, "moe_top_k": 2},
    },
    "dots1": {
        **_GROUPED, "n_routed_experts": 4, "n_shared_experts": 1, "moe_intermediate_size": 48,
        "first_k_dense_replace": 1, "n_group": 1, "topk_group": 1, "num_experts_per_tok": 2,
    },
    "gemma3n_text": {
        **_GROUPED, "num_hidden_layers": 4, "num_kv_shared_layers": 2, "hidden_size_per_layer_input": 16,
        "vocab_size_per_layer_input": 320, "laurel_rank": 8, "intermediate_size": [96] * 4,
        "activation_sparsity_pattern": [0.0] * 4,
        "layer_types": ["sliding_attention", "full_attention"] * 2,
    },
    "gpt_neo": {
        "hidden_size": 64, "num_layers": 2, "num_heads": 4, "intermediate_size": 96, "vocab_size": 320,
        "attention_types": [[["global", "local"], 1]],
    },
    "granitemoehybrid": {
        **_GROUPED, "mamba_n_heads": 8, "mamba_d_head": 16, "mamba_d_state": 16, "num_local_experts": 4,
        "shared_intermediate_size": 48, "layer_types": ["mamba", "attention"],
    },
    "hunyuan_v1_dense": _GROUPED,
    "hunyuan_v1_moe": {**_GROUPED, "num_experts": 4, "moe_topk": 2, "moe_intermediate_size": 48},
    "laguna": {
        **_GROUPED, "num_attention_heads_per_layer": [4, 4], "num_experts": 4, "moe_intermediate_size": 48,
        "shared_expert_intermediate_size": 48, "layer_types": ["full_attention", "sliding_attention"],
    },
    "lfm2_moe": {
        **_GROUPED, "num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 48, "num_dense_layers": 1,
        "layer_types": ["conv", "full_attention"],
    },
    "mamba2": {
        "hidden_size": 64, "num_hidden_layers": 2, "vocab_size": 320, "num_heads": 8, "head_dim": 16, "expand": 2,
        "state_size": 16, "n_groups": 2,
    },
    "ministral": _GROUPED,
    "nemotron": _GROUPED,
    "reformer": {
        "hidden_size": 64, "num_attention_heads": 2, "attention_head_size": 32, "feed_forward_size": 96,
        "axial_pos_shape": [8, 8], "axial_pos_embds_dim": [32, 32], "vocab_size": 320, "is_decoder": True,
        "max_position_embeddings": 64, "attn_layers": ["local", "lsh"],
    },
    "xlnet": {"d_model": 64, "n_head": 4, "d_inner": 96, "n_layer": 2, "vocab_size": 320},
    "zamba": {
        "hidden_size": 64, "num_hidden_layers": 6, "num_attention_heads": 4, "num_key_value_heads": 4,
        "intermediate_size": 96, "vocab_size": 320, "attn_layer_period": 2, "attn_layer_offset": 1,
        "mamba_dt_rank": 4, "n_mamba_heads": 2,
    },
    "dots3_note_text": {
        **_GROUPED, "num_key_value_heads": 4, "n_routed_experts": 4, "moe_intermediate_size": 48, "kv_lora_rank": 16,
        "q_lora_rank": 24, "qk_rope_head_dim": 8, "qk_nope_head_dim": 8, "v_head_dim": 16, "num_experts_per_tok": 2,
        "index_n_heads": 2, "index_head_dim": 16, "head_dim": 8, "first_k_dense_replace": 1, "pad_token_id": 1,
    },
    "qwen4_exp_text": {
        **_GROUPED, "linear_key_head_dim": 16, "linear_value_head_dim": 16, "linear_num_key_heads": 2,
        "linear_num_value_heads": 4, "moe_intermediate_size": 48, "shared_expert_intermediate_size": 48,
        "num_experts": 4, "num_experts_per_tok": 2, "hc_lowrank": 8, "indexer_n_heads": 2, "indexer_kv_heads": 1,
        "indexer_head_dim": 16, "indexer_budget": 16, "indexer_compress_ratio": 4, "num_hidden_layers": 4,
    },
    "reformer:masked": {
        "hidden_size": 64, "num_attention_heads": 2, "attention_head_size": 32, "feed_forward_size": 96,
        "axial_pos_shape": [8, 8], "axial_pos_embds_dim": [32, 32], "vocab_size": 320, "is_decoder": False,
        "max_position_embeddings": 64, "attn_layers": ["local", "lsh"],
    },
    "dory": {**_GROUPED, "num_hidden_layers": 3, "n_input_layers": 1, "n_output_layers": 1},
    "gemma4_assistant": _GEMMA4_ASSISTANT,
    "gemma4_unified_assistant": _GEMMA4_ASSISTANT,
    "inkling2_text": {**_INKLING2, "layer_types": ["hybrid_sliding", "hybrid"]},
    "inkling2_loop_text": {
        **_INKLING2, "num_hidden_layers": 3, "layer_types": ["hybrid_sliding", "hybrid", "hybrid_sliding"],
        "n_layers_per_attn_res_block": 1, "loop_layer_index_start": 1, "loop_layer_index_end": 2, "loop_gate_rank": 8,
    },
    "esm": {**_BASE, "pad_token_id": 1, "mask_token_id": 2, "position_embedding_type": "rotary"},
    "esmc": {**_BASE, "num_key_value_heads": 4, "head_dim": 16},
    "perceiver": {
        "d_model": 64, "d_latents": 64, "num_latents": 8, "num_self_attends_per_block": 2, "vocab_size": 320,
        "num_self_attention_heads": 4, "num_cross_attention_heads": 4, "max_position_embeddings": 64,
        "qk_channels": 32, "v_channels": 64,
    },
}  # fmt: skip

ALIASES = {"dots3_note": "dots3_note_text", "qwen4_exp": "qwen4_exp_text"}


def shrink(config: PretrainedConfig, seen: frozenset[int] = frozenset()) -> None:
    """Make every size of a configuration, and of those inside it, small."""
    if id(config) in seen:
        return
    for value in list(vars(config).values()):
        if isinstance(value, PretrainedConfig):
            shrink(value, seen | {id(config)})
    for key, small in SMALL.items():
        value = vars(config).get(key)
        if isinstance(value, int) and not isinstance(value, bool) and value > small:
            setattr(config, key, small)
    for key in LISTS:
        _shorten(config, key)
    for key in ("pad_token_id", "bos_token_id", "eos_token_id"):
        value = vars(config).get(key)
        if isinstance(value, list) or (isinstance(value, int) and value >= 300):
            setattr(config, key, 1)


def _shorten(config: PretrainedConfig, key: str) -> None:
    """Keep one layer of every kind."""
    kinds = vars(config).get(key)
    if not isinstance(kinds, list | tuple) or len(kinds) <= 2:
        return
    once = list(dict.fromkeys(kinds))
    setattr(config, key, (once + list(kinds))[: max(2, len(once))])
    if hasattr(config, "num_hidden_layers"):
        config.num_hidden_layers = max(2, len(once))


def tiny_config(config_class: type[PretrainedConfig], model_type: str, task: str) -> PretrainedConfig:
    """A configuration small enough to build and save in a moment."""
    by_hand = BY_HAND.get(f"{model_type}:{task}", BY_HAND.get(ALIASES.get(model_type, model_type)))
    if by_hand is not None:
        return config_class(**by_hand)
    config = config_class()
    shrink(config)
    return config
