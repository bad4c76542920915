"""For every architecture, which axes of its tensors run over what: the table that permutations and surgery read.

Names are those of the model in memory, which may differ from those on disk.
"""

from dataclasses import dataclass
from typing import Literal

Axis = Literal["hidden", "neuron", "pair", "free"]
"""What an axis runs over; a `pair` is two blocks of neurons in one order (gate and up in one tensor)."""

Part = Literal["mlp", "attention", "other"]


@dataclass(frozen=True)
class Row:
    """One line of a layout: tensors whose name matches `pattern` have these axes and belong to this part."""

    pattern: str
    axes: tuple[Axis, ...]
    part: Part = "other"


_SEPARATE = (
    Row(r"(embed_tokens|lm_head)\.weight", ("free", "hidden")),
    Row(r"[qkv]_proj\.weight", ("free", "hidden"), "attention"),
    Row(r"o_proj\.weight", ("hidden", "free"), "attention"),
)
LLAMA = (
    *_SEPARATE,
    Row(r"(norm|input_layernorm|post_attention_layernorm)\.weight", ("hidden",)),
    Row(r"(gate|up)_proj\.weight", ("neuron", "hidden"), "mlp"),
    Row(r"down_proj\.weight", ("hidden", "neuron"), "mlp"),
)
QWEN3 = (*LLAMA, Row(r"self_attn\.[qk]_norm\.weight", ("free",)))
GEMMA2 = (*LLAMA, Row(r"(pre|post)_feedforward_layernorm\.weight", ("hidden",)))
PHI3 = (
    *LLAMA,
    Row(r"qkv_proj\.weight", ("free", "hidden"), "attention"),
    Row(r"gate_up_proj\.weight", ("pair", "hidden"), "mlp"),
)
MIXTRAL = (
    *_SEPARATE,
    Row(r"(norm|input_layernorm|post_attention_layernorm)\.weight", ("hidden",)),
    Row(r"mlp\.gate\.weight", ("free", "hidden")),
    Row(r"experts\.gate_up_proj", ("free", "pair", "hidden"), "mlp"),
    Row(r"experts\.down_proj", ("free", "hidden", "neuron"), "mlp"),
)
GPT2 = (
    Row(r"(wte|wpe|lm_head)\.weight", ("free", "hidden")),
    Row(r"ln_(1|2|f)\.(weight|bias)", ("hidden",)),
    Row(r"attn\.c_attn\.weight", ("hidden", "free"), "attention"),
    Row(r"attn\.c_attn\.bias", ("free",)),
    Row(r"attn\.c_proj\.weight", ("free", "hidden"), "attention"),
    Row(r"attn\.c_proj\.bias", ("hidden",)),
    Row(r"mlp\.c_fc\.weight", ("hidden", "neuron"), "mlp"),
    Row(r"mlp\.c_fc\.bias", ("neuron",)),
    Row(r"mlp\.c_proj\.weight", ("neuron", "hidden"), "mlp"),
    Row(r"mlp\.c_proj\.bias", ("hidden",)),
)
BERT = (
    Row(r"(word|position|token_type)_embeddings\.weight", ("free", "hidden")),
    Row(r"LayerNorm\.(weight|bias)", ("hidden",)),
    Row(r"self\.(query|key|value)\.weight", ("free", "hidden"), "attention"),
    Row(r"self\.(query|key|value)\.bias", ("free",)),
    Row(r"attention\.output\.dense\.weight", ("hidden", "free"), "attention"),
    Row(r"intermediate\.dense\.weight", ("neuron", "hidden"), "mlp"),
    Row(r"intermediate\.dense\.bias", ("neuron",)),
    Row(r"layer\.\d+\.output\.dense\.weight", ("hidden", "neuron"), "mlp"),
    Row(r"transform\.dense\.weight", ("hidden", "hidden")),
    Row(r"(output|transform)\.dense\.bias", ("hidden",)),
    Row(r"predictions\.decoder\.weight", ("free", "hidden")),
    Row(r"predictions\.(decoder\.)?bias", ("free",)),
)
NEOX = (
    Row(r"(embed_in|embed_out|lm_head)\.weight", ("free", "hidden")),
    Row(r"(input_layernorm|post_attention_layernorm|final_layer_norm)\.(weight|bias)", ("hidden",)),
    Row(r"query_key_value\.weight", ("free", "hidden"), "attention"),
    Row(r"query_key_value\.bias", ("free",)),
    Row(r"attention\.dense\.weight", ("hidden", "free"), "attention"),
    Row(r"dense_h_to_4h\.weight", ("neuron", "hidden"), "mlp"),
    Row(r"dense_h_to_4h\.bias", ("neuron",)),
    Row(r"dense_4h_to_h\.weight", ("hidden", "neuron"), "mlp"),
    Row(r"(attention\.dense|dense_4h_to_h)\.bias", ("hidden",)),
)
BLOOM = (
    Row(r"(word_embeddings|lm_head)\.weight", ("free", "hidden")),
    Row(r"(word_embeddings_layernorm|ln_f)\.(weight|bias)", ("hidden",)),
    Row(r"(input_layernorm|post_attention_layernorm)\.(weight|bias)", ("hidden",)),
    Row(r"query_key_value\.weight", ("free", "hidden"), "attention"),
    Row(r"query_key_value\.bias", ("free",)),
    Row(r"self_attention\.dense\.weight", ("hidden", "free"), "attention"),
    Row(r"dense_h_to_4h\.weight", ("neuron", "hidden"), "mlp"),
    Row(r"dense_h_to_4h\.bias", ("neuron",)),
    Row(r"dense_4h_to_h\.weight", ("hidden", "neuron"), "mlp"),
    Row(r"(self_attention\.dense|dense_4h_to_h)\.bias", ("hidden",)),
)
OPT = (
    Row(r"(embed_tokens|embed_positions|lm_head)\.weight", ("free", "hidden")),
    Row(r"(self_attn_layer_norm|final_layer_norm)\.(weight|bias)", ("hidden",)),
    Row(r"[qkv]_proj\.weight", ("free", "hidden"), "attention"),
    Row(r"[qkv]_proj\.bias", ("free",)),
    Row(r"out_proj\.weight", ("hidden", "free"), "attention"),
    Row(r"fc1\.weight", ("neuron", "hidden"), "mlp"),
    Row(r"fc1\.bias", ("neuron",)),
    Row(r"fc2\.weight", ("hidden", "neuron"), "mlp"),
    Row(r"(out_proj|fc2)\.bias", ("hidden",)),
)
T5 = (
    Row(r"(shared|embed_tokens|lm_head)\.weight", ("free", "hidden")),
    Row(r"relative_attention_bias\.weight", ("free", "free")),
    Row(r"(layer_norm|final_layer_norm)\.weight", ("hidden",)),
    Row(r"(SelfAttention|EncDecAttention)\.[qkv]\.weight", ("free", "hidden"), "attention"),
    Row(r"(SelfAttention|EncDecAttention)\.o\.weight", ("hidden", "free"), "attention"),
    Row(r"DenseReluDense\.wi\.weight", ("neuron", "hidden"), "mlp"),
    Row(r"DenseReluDense\.wo\.weight", ("hidden", "neuron"), "mlp"),
)
MAMBA = (
    Row(r"(embeddings|lm_head)\.weight", ("free", "hidden")),
    Row(r"(norm|norm_f)\.weight", ("hidden",)),
    Row(r"mixer\.in_proj\.weight", ("pair", "hidden"), "mlp"),
    Row(r"mixer\.conv1d\.weight", ("neuron", "free", "free")),
    Row(r"mixer\.x_proj\.weight", ("free", "neuron")),
    Row(r"mixer\.(dt_proj\.weight|A_log)", ("neuron", "free")),
    Row(r"mixer\.(conv1d\.bias|dt_proj\.bias|D)", ("neuron",)),
    Row(r"mixer\.out_proj\.weight", ("hidden", "neuron"), "mlp"),
)
