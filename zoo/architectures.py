"""The architectures of the zoo: how one is initialised, loaded and laid out.

A layout names, for every stored tensor, which of its axes run over the residual (hidden) dimensions and
which over the neurons of an MLP. Reparametrisations, layer surgery and spectra all read this one table.
"""

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import torch
from transformers import (
    AutoModelForCausalLM,
    AutoModelForMaskedLM,
    BertConfig,
    BertForMaskedLM,
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
)

from zoo.errors import ZooError
from zoo.tokens import Kind

Objective = Literal["causal", "masked"]
Axis = Literal["hidden", "neuron", "free"]
Part = Literal["mlp", "attention", "other"]


@dataclass(frozen=True)
class Shape:
    """How large a model is (head dimension 16), and the standard deviation of its fresh matrices.

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


@dataclass(frozen=True)
class Row:
    """One line of a layout: tensors whose name matches `pattern` have these axes and belong to this part."""

    pattern: str
    axes: tuple[Axis, ...]
    part: Part = "other"


@dataclass(frozen=True)
class Architecture:
    """One family: its tokenizer kind, objective, layer prefix, name of the layer count, and layout."""

    name: str
    kind: Kind
    objective: Objective
    layers_at: str
    layers_field: str
    layout: tuple[Row, ...]
    learning_rate: float

    def axes(self, tensor: str) -> tuple[Axis, ...]:
        """The axes of a stored tensor; a name outside the layout is an error."""
        return self._row(tensor).axes

    def part(self, tensor: str) -> Part:
        return self._row(tensor).part

    def _row(self, tensor: str) -> Row:
        for row in self.layout:
            if re.search(rf"(^|\.)(?:{row.pattern})$", tensor):
                return row
        raise ZooError(f"{self.name}: tensor {tensor!r} is not in the layout; add a row for it")

    def load(self, folder: Path) -> Any:
        auto: Any = AutoModelForCausalLM if self.objective == "causal" else AutoModelForMaskedLM
        return auto.from_pretrained(folder, dtype=torch.float32)


def initialise(architecture: Architecture, shape: Shape, seed: int) -> Any:
    """A fresh model; its parameters depend on the shape and the seed alone."""
    torch.manual_seed(seed)
    heads = shape.hidden // 16
    if architecture.name == "llama":
        config: Any = LlamaConfig(
            vocab_size=shape.vocabulary,
            hidden_size=shape.hidden,
            intermediate_size=shape.neurons,
            num_hidden_layers=shape.layers,
            num_attention_heads=heads,
            num_key_value_heads=heads // 2,
            max_position_embeddings=shape.context,
            initializer_range=shape.deviation,
            tie_word_embeddings=False,
            bos_token_id=2,
            eos_token_id=3,
            pad_token_id=1,
        )
        return LlamaForCausalLM(config)
    if architecture.name == "gpt2":
        config = GPT2Config(
            vocab_size=shape.vocabulary,
            n_embd=shape.hidden,
            n_inner=shape.neurons,
            n_layer=shape.layers,
            n_head=heads,
            n_positions=shape.context,
            initializer_range=shape.deviation,
            resid_pdrop=0.0,
            embd_pdrop=0.0,
            attn_pdrop=0.0,
            bos_token_id=2,
            eos_token_id=3,
        )
        return GPT2LMHeadModel(config)
    if architecture.name == "bert":
        config = BertConfig(
            vocab_size=shape.vocabulary,
            hidden_size=shape.hidden,
            intermediate_size=shape.neurons,
            num_hidden_layers=shape.layers,
            num_attention_heads=heads,
            max_position_embeddings=shape.context,
            initializer_range=shape.deviation,
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
            pad_token_id=1,
        )
        return BertForMaskedLM(config)
    known = ", ".join(ARCHITECTURES)
    raise ZooError(f"no initialisation for architecture {architecture.name!r}; expected one of {known}")


_LLAMA = (
    Row(r"(embed_tokens|lm_head)\.weight", ("free", "hidden")),
    Row(r"(norm|input_layernorm|post_attention_layernorm)\.weight", ("hidden",)),
    Row(r"[qkv]_proj\.weight", ("free", "hidden"), "attention"),
    Row(r"o_proj\.weight", ("hidden", "free"), "attention"),
    Row(r"(gate|up)_proj\.weight", ("neuron", "hidden"), "mlp"),
    Row(r"down_proj\.weight", ("hidden", "neuron"), "mlp"),
)
_GPT2 = (
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
_BERT = (
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

_BERT_LAYERS = "bert.encoder.layer."

ARCHITECTURES: dict[str, Architecture] = {
    "llama": Architecture("llama", "bpe", "causal", "model.layers.", "num_hidden_layers", _LLAMA, 3e-3),
    "gpt2": Architecture("gpt2", "bpe", "causal", "transformer.h.", "n_layer", _GPT2, 3e-3),
    "bert": Architecture("bert", "wordpiece", "masked", _BERT_LAYERS, "num_hidden_layers", _BERT, 3e-3),
}
