"""Generated models to time with: Llama-like, bfloat16, low rank plus noise, deterministic."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import numpy.typing as npt

_SHARD_BYTES = 2 << 30
_RANK = 16
_BLOCK_ROWS = 2048


@dataclass(frozen=True)
class Shape:
    """The sizes of a Llama-like model; `name` is its folder's."""

    name: str
    hidden: int
    intermediate: int
    layers: int
    heads: int
    kv_heads: int
    vocabulary: int


TINY = Shape("tiny", 64, 160, 2, 4, 2, 300)
ONE_GB = Shape("1gb", 1536, 4096, 16, 24, 4, 32000)
EIGHT_GB = Shape("8gb", 4096, 11008, 21, 32, 8, 32000)


def tensor_shapes(shape: Shape) -> dict[str, tuple[int, ...]]:
    """Names as Llama checkpoints have them, in file order."""
    hidden, kv = shape.hidden, shape.hidden // shape.heads * shape.kv_heads
    tensors: dict[str, tuple[int, ...]] = {"model.embed_tokens.weight": (shape.vocabulary, hidden)}
    for layer in range(shape.layers):
        block = f"model.layers.{layer}."
        tensors |= {
            f"{block}input_layernorm.weight": (hidden,),
            f"{block}self_attn.q_proj.weight": (hidden, hidden),
            f"{block}self_attn.k_proj.weight": (kv, hidden),
            f"{block}self_attn.v_proj.weight": (kv, hidden),
            f"{block}self_attn.o_proj.weight": (hidden, hidden),
            f"{block}post_attention_layernorm.weight": (hidden,),
            f"{block}mlp.gate_proj.weight": (shape.intermediate, hidden),
            f"{block}mlp.up_proj.weight": (shape.intermediate, hidden),
            f"{block}mlp.down_proj.weight": (hidden, shape.intermediate),
        }
    return tensors | {"model.norm.weight": (hidden,), "lm_head.weight": (shape.vocabulary, hidden)}


def make(folder: Path, shape: Shape, seed: int, *, tuned: int | None = None) -> Path:
    """Write a model unless it is there; `tuned` adds small changes drawn from that seed to the same base."""
    if (folder / "config.json").exists():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    shards = list(_shards(tensor_shapes(shape)))
    where: dict[str, str] = {}
    for number, names in enumerate(shards, 1):
        one = len(shards) == 1
        name = "model.safetensors" if one else f"model-{number:05d}-of-{len(shards):05d}.safetensors"
        _write_shard(folder / name, names, seed, tuned)
        where |= dict.fromkeys(names, name)
    if len(shards) > 1:
        index = {"metadata": {}, "weight_map": where}
        (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    _write_tokenizer(folder, shape)
    (folder / "config.json").write_text(json.dumps(_config(shape), indent=2))
    return folder


def _shards(tensors: dict[str, tuple[int, ...]]) -> Iterator[dict[str, tuple[int, ...]]]:
    group: dict[str, tuple[int, ...]] = {}
    size = 0
    for name, dimensions in tensors.items():
        nbytes = 2 * int(np.prod(dimensions))
        if group and size + nbytes > _SHARD_BYTES:
            yield group
            group, size = {}, 0
        group[name] = dimensions
        size += nbytes
    yield group


def _write_shard(file: Path, tensors: dict[str, tuple[int, ...]], seed: int, tuned: int | None) -> None:
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    begin = 0
    for name, dimensions in tensors.items():
        end = begin + 2 * int(np.prod(dimensions))
        header[name] = {"dtype": "BF16", "shape": list(dimensions), "data_offsets": [begin, end]}
        begin = end
    encoded = json.dumps(header).encode()
    encoded += b" " * (-len(encoded) % 8)
    with file.open("wb") as out:
        out.write(len(encoded).to_bytes(8, "little") + encoded)
        for name, dimensions in tensors.items():
            for block in _blocks(name, dimensions, seed, tuned):
                out.write(block.astype(ml_dtypes.bfloat16).tobytes())


def _blocks(name: str, dimensions: tuple[int, ...], seed: int, tuned: int | None) -> Iterator[npt.NDArray[np.float32]]:
    """The tensor in blocks of rows. Scales are those of trained models: noise .02, learned part as large."""
    key = list(name.encode())
    base = np.random.Generator(np.random.SFC64([seed, *key]))
    change = None if tuned is None else np.random.Generator(np.random.SFC64([tuned, *key]))
    if len(dimensions) == 1:
        gains = 1 + 0.15 * base.standard_normal(dimensions, dtype=np.float32)
        yield gains if change is None else gains + 0.01 * change.standard_normal(dimensions, dtype=np.float32)
        return
    rows, columns = dimensions
    right = base.standard_normal((_RANK, columns), dtype=np.float32) * np.float32(0.02 / 4)
    for start in range(0, rows, _BLOCK_ROWS):
        count = min(_BLOCK_ROWS, rows - start)
        block = base.standard_normal((count, columns), dtype=np.float32) * np.float32(0.02)
        block += base.standard_normal((count, _RANK), dtype=np.float32) @ right
        if change is not None:
            block += np.float32(0.001) * change.standard_normal((count, columns), dtype=np.float32)
        yield block


def _write_tokenizer(folder: Path, shape: Shape) -> None:
    vocabulary = {f"token{i}": i for i in range(shape.vocabulary)}
    model = {"type": "WordLevel", "vocab": vocabulary, "unk_token": "token0"}
    (folder / "tokenizer.json").write_text(json.dumps({"version": "1.0", "model": model}))


def _config(shape: Shape) -> dict[str, Any]:
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "hidden_act": "silu",
        "hidden_size": shape.hidden,
        "intermediate_size": shape.intermediate,
        "max_position_embeddings": 4096,
        "num_attention_heads": shape.heads,
        "num_hidden_layers": shape.layers,
        "num_key_value_heads": shape.kv_heads,
        "rms_norm_eps": 1e-5,
        "rope_theta": 10000.0,
        "tie_word_embeddings": False,
        "torch_dtype": "bfloat16",
        "vocab_size": shape.vocabulary,
    }
