"""Config facts: what the configuration says, each fact with a reason where it says nothing.

Configurations are claims. Where the shapes of the tensors say otherwise, the shapes win and a sentence tells.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stemma.identity import Missing, is_present

_TEXT = ("text_config", "llm_config", "language_config", "thinker_config", "decoder", "text_decoder")
_PARTS = {
    "vision": ("vision_config", "vision_tower_config", "vit_config"),
    "audio": ("audio_config", "speech_config", "encoder_config", "audio_tower_config"),
}
_LARGEST = 1 << 24

HIDDEN = ("hidden_size", "d_model", "n_embd", "dim", "model_dim", "emb_dim", "hidden_dim", "embedding_length")
LAYERS = ("num_hidden_layers", "n_layer", "n_layers", "num_layers", "encoder_layers", "decoder_layers", "block_count")
HEADS = (
    "num_attention_heads", "n_head", "n_heads", "num_heads", "encoder_attention_heads",
    "decoder_attention_heads", "attention.head_count",
)  # fmt: skip
KV_HEADS = ("num_key_value_heads", "num_kv_heads", "n_kv_heads", "multi_query_group_num", "attention.head_count_kv")
HEAD_DIM = ("head_dim", "d_kv", "attention_head_dim", "kv_channels", "attention.key_length")
VOCABULARY = ("vocab_size", "n_vocab", "padded_vocab_size")
ACTIVATION = ("hidden_act", "hidden_activation", "activation_function", "activation", "feed_forward_proj")


# T5 calls the epsilon of its RMS norm that of a layer norm.
RMS_BY_FAMILY = frozenset({"t5", "mt5", "umt5", "longt5", "switch_transformers", "pop2piano", "udop"})
# These store gains as their difference from one.
SHIFTED_GAIN = "rmsnorm, 1 + w"
SHIFTED_BY_FAMILY = frozenset(
    {"gemma", "gemma2", "gemma3", "gemma3_text", "gemma-embedding", "recurrent_gemma", "vaultgemma", "qwen3_next"}
    | {"qwen3_5", "qwen3_5_text", "qwen3_5_moe", "qwen3_5_moe_text", "qwen3next", "qwen35", "qwen35moe"}
)


class Config:
    """The part of a configuration that speaks of one component, whatever it is called and wherever it lies."""

    def __init__(self, raw: Mapping[str, Any] | Missing, component: str = "") -> None:
        self.reason = raw.reason if isinstance(raw, Missing) else "the configuration does not say"
        self.raw: Mapping[str, Any] = {} if isinstance(raw, Missing) else _flat(raw, component)

    def number(self, *keys: str) -> int | Missing:
        """The first of the keys that holds a sensible positive integer (or a list of equal ones)."""
        for key in keys:
            value = self.raw.get(key)
            if isinstance(value, list) and value and all(v == value[0] for v in value):
                value = value[0]
            if isinstance(value, int) and not isinstance(value, bool) and 0 < value < _LARGEST:
                return value
        return Missing(f"{self.reason} ({keys[0]})")

    def text(self, *keys: str) -> str | Missing:
        """The first of the keys that holds a string."""
        for key in keys:
            value = self.raw.get(key)
            if isinstance(value, str) and value:
                return value[:200]
        return Missing(f"{self.reason} ({keys[0]})")

    def flag(self, key: str) -> bool | Missing:
        """A key that holds true or false."""
        value = self.raw.get(key)
        return value if isinstance(value, bool) else Missing(f"{self.reason} ({key})")

    @property
    def heads(self) -> int | Missing:
        """Attention heads."""
        return self.number(*HEADS)

    @property
    def kv_heads(self) -> int | Missing:
        """Key/value heads; as many as heads where the configuration gives no number of their own."""
        if self.raw.get("multi_query") is True and not self.raw.get("new_decoder_architecture"):
            return 1
        own = self.number(*KV_HEADS)
        return own if is_present(own) else self.heads

    def head_dim(self, hidden: int | Missing) -> int | Missing:
        """Width of a head: as said, else hidden size over heads."""
        said = self.number(*HEAD_DIM)
        heads = self.heads
        if is_present(said) or not (is_present(hidden) and is_present(heads)) or hidden % heads:
            return said
        return hidden // heads

    def position(self) -> str | Missing:
        """The kind of position information, where the configuration implies one."""
        raw = self.raw
        kind = raw.get("position_embedding_type") or raw.get("pos_emb") or ""
        if raw.get("alibi") is True or kind == "alibi":
            return "alibi"
        if "relative_attention_num_buckets" in raw or "relative" in str(kind) or raw.get("relative_attention"):
            return "relative"
        if any(key in raw for key in ("rope_theta", "rope_parameters", "rotary_dim", "rotary_pct", "rope.freq_base")):
            return "rotary"
        if raw.get("sinusoidal_pos_embds") is True or raw.get("static_position_embeddings") is True:
            return "sinusoidal"
        return Missing(f"{self.reason} (position information)")

    def norm(self) -> str | Missing:
        """ "rmsnorm", "rmsnorm, 1 + w" or "layernorm": by the family, else by the name that the epsilon is given."""
        family = self.text("model_type", "general.architecture")
        if family in RMS_BY_FAMILY:
            return "rmsnorm"
        if family in SHIFTED_BY_FAMILY:
            return SHIFTED_GAIN
        for key, kind in (
            ("rms_norm_eps", "rmsnorm"), ("layer_norm_eps", "layernorm"), ("layer_norm_epsilon", "layernorm"),
            ("layernorm_epsilon", "layernorm"), ("attention.layer_norm_rms_epsilon", "rmsnorm"),
            ("attention.layer_norm_epsilon", "layernorm"), ("norm_eps", "rmsnorm"),
        ):  # fmt: skip
            if key in self.raw:
                return kind
        return Missing(f"{self.reason} (kind of norm)")


def _flat(raw: Mapping[str, Any], component: str) -> Mapping[str, Any]:
    gguf = raw.get("gguf")
    if isinstance(gguf, Mapping):
        return _flat_gguf(gguf)
    if component:
        for key in _PARTS.get(component, (f"{component}_config",)):
            if isinstance(raw.get(key), Mapping):
                return dict(raw[key])
        return {}
    nested: dict[str, Any] = {}
    for key in _TEXT:
        if isinstance(raw.get(key), Mapping):
            nested = {**_flat(raw[key], ""), **nested}
    attention = raw.get("attn_config")
    if isinstance(attention, Mapping):
        nested = {**{k: v for k, v in attention.items() if isinstance(k, str)}, **nested}
    return {**raw, **nested}


def _flat_gguf(gguf: Mapping[str, Any]) -> Mapping[str, Any]:
    architecture = gguf.get("general.architecture")
    prefix = f"{architecture}."
    out = {key.removeprefix(prefix): value for key, value in gguf.items() if isinstance(key, str)}
    return {**out, "model_type": architecture}
