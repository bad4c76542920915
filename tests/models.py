"""Small Llama-like models on disk, made with numpy alone: a random bulk, and a few strong learned directions.

```python
base = draw(1)                                   # trained on its own
write(folder / "base", base)
write(folder / "tuned", tuned(base, 2))          # a fine-tune: every matrix moved a little, in few directions
write(folder / "twin", draw(3, bulk=1))          # the same start as base, trained apart
```
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
from numpy.typing import NDArray

Weights = dict[str, NDArray[Any]]

LAYERS, HIDDEN, FFN, HEADS, KV_HEADS, VOCABULARY = 4, 128, 256, 4, 2, 384
HEAD_DIM = HIDDEN // HEADS
_NAMES = {"float32": "F32", "float16": "F16", "bfloat16": "BF16", "int8": "I8", "int32": "I32"}
BF16 = np.dtype(ml_dtypes.bfloat16)

CONFIG: dict[str, Any] = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "hidden_size": HIDDEN,
    "intermediate_size": FFN,
    "num_hidden_layers": LAYERS,
    "num_attention_heads": HEADS,
    "num_key_value_heads": KV_HEADS,
    "head_dim": HEAD_DIM,
    "vocab_size": VOCABULARY,
    "max_position_embeddings": 512,
    "rms_norm_eps": 1e-5,
    "rope_theta": 10000.0,
    "hidden_act": "silu",
    "tie_word_embeddings": False,
}


def shapes(layers: int = LAYERS) -> dict[str, tuple[int, ...]]:
    """Every tensor of the model by its name in the files."""
    found: dict[str, tuple[int, ...]] = {
        "model.embed_tokens.weight": (VOCABULARY, HIDDEN),
        "model.norm.weight": (HIDDEN,),
        "lm_head.weight": (VOCABULARY, HIDDEN),
    }
    for layer in range(layers):
        at = f"model.layers.{layer}"
        found |= {
            f"{at}.input_layernorm.weight": (HIDDEN,),
            f"{at}.post_attention_layernorm.weight": (HIDDEN,),
            f"{at}.self_attn.q_proj.weight": (HIDDEN, HIDDEN),
            f"{at}.self_attn.k_proj.weight": (KV_HEADS * HEAD_DIM, HIDDEN),
            f"{at}.self_attn.v_proj.weight": (KV_HEADS * HEAD_DIM, HIDDEN),
            f"{at}.self_attn.o_proj.weight": (HIDDEN, HIDDEN),
            f"{at}.mlp.gate_proj.weight": (FFN, HIDDEN),
            f"{at}.mlp.up_proj.weight": (FFN, HIDDEN),
            f"{at}.mlp.down_proj.weight": (HIDDEN, FFN),
        }
    return found


def draw(seed: int, *, bulk: int | None = None, layers: int = LAYERS, rank: int = 6) -> Weights:
    """A trained model: bulk of 0.02 drawn from ``bulk`` (default: ``seed``), learned directions drawn from ``seed``."""
    noise = np.random.default_rng([1, seed if bulk is None else bulk])
    learned = np.random.default_rng([2, seed])
    return {name: _tensor(shape, noise, learned, rank) for name, shape in shapes(layers).items()}


def tuned(weights: Weights, seed: int, *, share: float = 0.05, rank: int = 4) -> Weights:
    """A fine-tune: every matrix moved by ``share`` of its norm, half of it in ``rank`` directions."""
    generator = np.random.default_rng([3, seed])
    return {name: w + _change(w, generator, share, rank).astype(w.dtype) for name, w in weights.items()}


def as_bf16(weights: Weights) -> Weights:
    """The same numbers rounded to bfloat16."""
    return {name: w.astype(BF16) for name, w in weights.items()}


def tokenizer(prefix: str = "token") -> dict[str, Any]:
    """A ``tokenizer.json`` with as many tokens as the model has rows."""
    vocabulary = {f"{prefix}{index}": index for index in range(VOCABULARY)}
    return {"version": "1.0", "added_tokens": [], "model": {"type": "BPE", "vocab": vocabulary, "merges": []}}


def safetensors(weights: Mapping[str, NDArray[Any]], metadata: Mapping[str, str] | None = None) -> bytes:
    """A SafeTensors file."""
    header: dict[str, Any] = {"__metadata__": dict(metadata)} if metadata else {}
    at = 0
    for name, array in weights.items():
        kind = _NAMES[array.dtype.name]
        header[name] = {"dtype": kind, "shape": list(array.shape), "data_offsets": [at, at + array.nbytes]}
        at += array.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + b"".join(w.tobytes() for w in weights.values())


def write(
    folder: Path,
    weights: Mapping[str, NDArray[Any]],
    *,
    config: Mapping[str, Any] | None = None,
    card: str | None = None,
    tokens: Mapping[str, Any] | None = None,
    shards: int = 1,
    index: bool = True,
) -> Path:
    """The folder with weights, ``config.json`` and ``tokenizer.json``; in several shards with or without an index."""
    folder.mkdir(parents=True, exist_ok=True)
    layers = len({name.split(".")[2] for name in weights if name.startswith("model.layers.")})
    described = {**CONFIG, "num_hidden_layers": layers} if config is None else config
    (folder / "config.json").write_text(json.dumps(described), encoding="utf-8")
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer() if tokens is None else tokens), encoding="utf-8")
    if card is not None:
        (folder / "README.md").write_text(card, encoding="utf-8")
    if shards == 1:
        (folder / "model.safetensors").write_bytes(safetensors(weights))
        return folder
    names, where = sorted(weights), {}
    for number in range(shards):
        file = f"model-{number + 1:05}-of-{shards:05}.safetensors"
        held = names[number::shards]
        where |= dict.fromkeys(held, file)
        (folder / file).write_bytes(safetensors({name: weights[name] for name in held}))
    if index:
        total = sum(w.nbytes for w in weights.values())
        document = {"metadata": {"total_size": total}, "weight_map": where}
        (folder / "model.safetensors.index.json").write_text(json.dumps(document), encoding="utf-8")
    return folder


def _tensor(
    shape: tuple[int, ...], noise: np.random.Generator, learned: np.random.Generator, rank: int
) -> NDArray[np.float32]:
    if len(shape) == 1:
        return (1 + 0.1 * learned.standard_normal(shape)).astype(np.float32)
    bulk = 0.02 * noise.standard_normal(shape)
    strength = 0.15 * np.sqrt(sum(shape)) / np.sqrt(shape[0] * shape[1]) / np.arange(1, rank + 1)
    return (
        bulk + (learned.standard_normal((shape[0], rank)) * strength) @ learned.standard_normal((rank, shape[1]))
    ).astype(np.float32)


def _change(w: NDArray[Any], generator: np.random.Generator, share: float, rank: int) -> NDArray[Any]:
    size = share * float(np.linalg.norm(w.astype(np.float32)))
    if w.ndim == 1:
        step = 0.1 * generator.standard_normal(w.shape)
    else:
        low = generator.standard_normal((w.shape[0], rank)) @ generator.standard_normal((rank, w.shape[1]))
        step = low / np.linalg.norm(low) + (whole := generator.standard_normal(w.shape)) / np.linalg.norm(whole)
    return np.asarray(step / np.linalg.norm(step) * size)
