"""Fresh models of every architecture, small: the configuration is the whole difference between them."""

from dataclasses import dataclass, replace
from typing import Any

from transformers import (
    BertConfig,
    BertForMaskedLM,
    BloomConfig,
    BloomForCausalLM,
    Gemma2Config,
    Gemma2ForCausalLM,
    GPT2Config,
    GPT2LMHeadModel,
    GPTNeoXConfig,
    GPTNeoXForCausalLM,
    LlamaConfig,
    LlamaForCausalLM,
    MambaConfig,
    MambaForCausalLM,
    MixtralConfig,
    MixtralForCausalLM,
    OPTConfig,
    OPTForCausalLM,
    Phi3Config,
    Phi3ForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
    T5Config,
    T5ForConditionalGeneration,
)

_WIDE = 512
"""From this width on a head has 64 dimensions, as in models in use; below, 16, so that there are several."""
_SPECIAL: dict[str, Any] = {"bos_token_id": 2, "eos_token_id": 3, "pad_token_id": 1}


@dataclass(frozen=True)
class Shape:
    """How large a model is, and the standard deviation of its fresh matrices.

    The usual deviation of .02 belongs to wider models.
    """

    hidden: int = 96
    neurons: int = 256
    layers: int = 4
    context: int = 64
    vocabulary: int = 1536
    deviation: float = 0.04

    def with_size(self, **changes: int) -> "Shape":
        return replace(self, **changes)

    @property
    def head(self) -> int:
        """Dimensions of one head."""
        return 64 if self.hidden >= _WIDE else 16

    @property
    def heads(self) -> int:
        return self.hidden // self.head


def llama(shape: Shape) -> Any:
    return LlamaForCausalLM(LlamaConfig(**_usual(shape), **_grouped(shape), tie_word_embeddings=False))


def qwen3(shape: Shape) -> Any:
    """Gains over queries and keys, tied embeddings."""
    return Qwen3ForCausalLM(
        Qwen3Config(**_usual(shape), **_grouped(shape), head_dim=shape.head, tie_word_embeddings=True)
    )


def phi3(shape: Shape) -> Any:
    """Query, key and value in one tensor, gate and up in another."""
    return Phi3ForCausalLM(
        Phi3Config(**_usual(shape), **_grouped(shape), original_max_position_embeddings=shape.context)
    )


def gemma2(shape: Shape) -> Any:
    """Gains stored as their difference from one, two more norms in a layer, capped scores, tied embeddings."""
    config = Gemma2Config(**_usual(shape), **_grouped(shape), head_dim=shape.head, query_pre_attn_scalar=shape.head)
    return Gemma2ForCausalLM._from_config(config, attn_implementation="eager")  # type: ignore[no-untyped-call]


def mixtral(shape: Shape) -> Any:
    """Four experts of half the usual width, two of them for a token."""
    usual = _usual(shape) | {"intermediate_size": shape.neurons // 2}
    config = MixtralConfig(**usual, **_grouped(shape), num_local_experts=4, num_experts_per_tok=2)
    return MixtralForCausalLM._from_config(config, experts_implementation="eager")  # type: ignore[no-untyped-call]


def gpt2(shape: Shape) -> Any:
    config = GPT2Config(
        vocab_size=shape.vocabulary,
        n_embd=shape.hidden,
        n_inner=shape.neurons,
        n_layer=shape.layers,
        n_head=shape.heads,
        n_positions=shape.context,
        initializer_range=shape.deviation,
        resid_pdrop=0.0,
        embd_pdrop=0.0,
        attn_pdrop=0.0,
        bos_token_id=2,
        eos_token_id=3,
    )
    return GPT2LMHeadModel(config)


def bert(shape: Shape) -> Any:
    config = BertConfig(
        vocab_size=shape.vocabulary,
        hidden_size=shape.hidden,
        intermediate_size=shape.neurons,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        max_position_embeddings=shape.context,
        initializer_range=shape.deviation,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        pad_token_id=1,
    )
    return BertForMaskedLM(config)


def neox(shape: Shape) -> Any:
    """Attention and MLP side by side, query, key and value interleaved by head."""
    return GPTNeoXForCausalLM(GPTNeoXConfig(**_usual(shape), use_parallel_residual=True, tie_word_embeddings=False))


def bloom(shape: Shape) -> Any:
    """ALiBi; the MLP is four times as wide as the residual stream, as in every BLOOM."""
    config = BloomConfig(
        vocab_size=shape.vocabulary,
        hidden_size=shape.hidden,
        n_layer=shape.layers,
        n_head=shape.heads,
        initializer_range=shape.deviation,
        hidden_dropout=0.0,
        attention_dropout=0.0,
        **_SPECIAL,
    )
    return BloomForCausalLM(config)


def opt(shape: Shape) -> Any:
    """ReLU and learned positions."""
    config = OPTConfig(
        vocab_size=shape.vocabulary,
        hidden_size=shape.hidden,
        word_embed_proj_dim=shape.hidden,
        ffn_dim=shape.neurons,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        max_position_embeddings=shape.context,
        init_std=shape.deviation,
        dropout=0.0,
        **_SPECIAL,
    )
    return OPTForCausalLM(config)


def t5(shape: Shape) -> Any:
    """An encoder and a decoder; its initialisation scales itself."""
    config = T5Config(  # type: ignore[call-arg]
        vocab_size=shape.vocabulary,
        d_model=shape.hidden,
        d_kv=shape.head,
        d_ff=shape.neurons,
        num_layers=shape.layers,
        num_decoder_layers=shape.layers,
        num_heads=shape.heads,
        dropout_rate=0.0,
        pad_token_id=1,
        eos_token_id=3,
        decoder_start_token_id=1,
    )
    return T5ForConditionalGeneration(config)


def mamba(shape: Shape) -> Any:
    """State spaces; the inner width is twice the residual one."""
    config = MambaConfig(
        vocab_size=shape.vocabulary,
        hidden_size=shape.hidden,
        num_hidden_layers=shape.layers,
        state_size=8,
        initializer_range=shape.deviation,
        **_SPECIAL,
    )
    return MambaForCausalLM(config)


def _usual(shape: Shape) -> dict[str, Any]:
    return {
        "vocab_size": shape.vocabulary,
        "hidden_size": shape.hidden,
        "intermediate_size": shape.neurons,
        "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads,
        "max_position_embeddings": shape.context,
        "initializer_range": shape.deviation,
        **_SPECIAL,
    }


def _grouped(shape: Shape) -> dict[str, Any]:
    return {"num_key_value_heads": shape.heads // 2}
