"""A BERT checkpoint as GGUF, under llama.cpp's names and with its choice of what stays float32."""

from __future__ import annotations

import re
from pathlib import Path

import gguf
import numpy as np

from zoo.children.checkpoint import Array, Checkpoint

_TOP = {
    "embeddings.word_embeddings": "token_embd",
    "embeddings.token_type_embeddings": "token_types",
    "embeddings.position_embeddings": "position_embd",
    "embeddings.LayerNorm": "token_embd_norm",
}
_BLOCK = {
    "attention.self.query": "attn_q",
    "attention.self.key": "attn_k",
    "attention.self.value": "attn_v",
    "attention.output.dense": "attn_output",
    "attention.output.LayerNorm": "attn_output_norm",
    "intermediate.dense": "ffn_up",
    "output.dense": "ffn_down",
    "output.LayerNorm": "layer_output_norm",
}
_LAYER = re.compile(r"^encoder\.layer\.(\d+)\.(.+)$")
_ALWAYS_F32 = {"position_embd.weight", "token_types.weight"}


def gguf_name(name: str) -> str | None:
    """llama.cpp's name of a tensor; None for what it leaves out: buffers and the pooler."""
    stem, _, suffix = name.rpartition(".")
    if suffix not in {"weight", "bias"} or stem.startswith("pooler."):
        return None
    match = _LAYER.match(stem)
    return f"{_TOP[stem]}.{suffix}" if match is None else f"blk.{match[1]}.{_BLOCK[match[2]]}.{suffix}"


def write_gguf(model: Checkpoint, folder: Path, kind: gguf.GGMLQuantizationType) -> None:
    """Write `folder/model.gguf` with matrices in `kind`."""
    folder.mkdir(parents=True, exist_ok=True)
    writer = gguf.GGUFWriter(folder / "model.gguf", "bert")
    _describe(writer, model, kind)
    for name, array in model.tensors.items():
        target = gguf_name(name)
        if target is not None and array.dtype.kind == "f":
            data, stored = _stored(target, array, kind)
            writer.add_tensor(target, data, raw_dtype=stored)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _stored(name: str, array: Array, kind: gguf.GGMLQuantizationType) -> tuple[Array, gguf.GGMLQuantizationType]:
    wide = array.astype(np.float32)
    if array.ndim < 2 or name in _ALWAYS_F32:
        return wide, gguf.GGMLQuantizationType.F32
    return gguf.quantize(wide, kind), kind


def _describe(writer: gguf.GGUFWriter, model: Checkpoint, kind: gguf.GGMLQuantizationType) -> None:
    config = model.config
    types = {gguf.GGMLQuantizationType.F16: gguf.LlamaFileType.MOSTLY_F16}
    writer.add_name("all-MiniLM-L6-v2")
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_layer_norm_eps(config["layer_norm_eps"])
    writer.add_causal_attention(False)
    writer.add_pooling_type(gguf.PoolingType.MEAN)
    writer.add_file_type(types.get(kind, gguf.LlamaFileType.MOSTLY_Q8_0))
    writer.add_tokenizer_model("bert")
    writer.add_token_list(_tokens(model))
    writer.add_token_type_count(config["type_vocab_size"])


def _tokens(model: Checkpoint) -> list[str]:
    """Word pieces as llama.cpp writes them: a word's beginning marked, its continuation bare."""
    pieces = (model.origin / "vocab.txt").read_text(encoding="utf-8").splitlines()
    special = re.compile(r"^\[.+\]$")
    return [p if special.match(p) else p[2:] if p.startswith("##") else "\u2581" + p for p in pieces]
