"""A generated model made unrecognisable without changing what it computes, and a little noise on top.

All that a Llama-like model leaves free at once: the residual stream rotated (norm gains folded into readers), neurons
permuted and scaled, key-value groups permuted with their queries, an invertible transform between value and output in
every head. With `strangers` the tokens get other names, so that no row can be told by its token.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import ml_dtypes
import numpy as np
from numpy.typing import NDArray

from benchmarks.models import Shape

Array = NDArray[np.float32]
_NOISE = np.float32(0.0005)


def disguise(source: Path, target: Path, shape: Shape, seed: int, *, strangers: bool) -> Path:
    """Write the disguised copy of a model of one file unless it is there."""
    if (target / "config.json").exists():
        return target
    target.mkdir(parents=True, exist_ok=True)
    read = _reader(source / "model.safetensors")
    header: dict[str, object] = {}
    body, begin = target / "body.bin", 0
    with body.open("wb") as out:
        for name, array in _disguised(read, shape, seed):
            data = array.astype(ml_dtypes.bfloat16).tobytes()
            header[name] = {"dtype": "BF16", "shape": list(array.shape), "data_offsets": [begin, begin + len(data)]}
            begin += len(data)
            out.write(data)
    encoded = json.dumps(header).encode()
    encoded += b" " * (-len(encoded) % 8)
    with (target / "model.safetensors").open("wb") as out, body.open("rb") as values:
        out.write(len(encoded).to_bytes(8, "little") + encoded)
        while block := values.read(1 << 24):
            out.write(block)
    body.unlink()
    tokens = {f"{'other' if strangers else 'token'}{i}": i for i in range(shape.vocabulary)}
    model = {"type": "WordLevel", "vocab": tokens, "unk_token": next(iter(tokens))}
    (target / "tokenizer.json").write_text(json.dumps({"version": "1.0", "model": model}))
    (target / "config.json").write_text((source / "config.json").read_text())
    return target


def _reader(file: Path) -> Callable[[str], Array]:
    with file.open("rb") as opened:
        length = int.from_bytes(opened.read(8), "little")
        header = json.loads(opened.read(length))

    def read(name: str) -> Array:
        begin, end = header[name]["data_offsets"]
        stored = np.fromfile(file, ml_dtypes.bfloat16, (end - begin) // 2, offset=8 + length + begin)
        return stored.astype(np.float32).reshape(header[name]["shape"])

    return read


def _disguised(read: Callable[[str], Array], shape: Shape, seed: int) -> Iterator[tuple[str, Array]]:
    rng = np.random.default_rng(seed)
    turn = np.linalg.qr(rng.standard_normal((shape.hidden, shape.hidden)).astype(np.float32))[0]
    noise = np.random.Generator(np.random.SFC64(seed))
    made: dict[str, Array] = {"model.embed_tokens.weight": read("model.embed_tokens.weight") @ turn}
    yield from _noised(made, noise)
    for layer in range(shape.layers):
        yield from _noised(_layer(read, shape, f"model.layers.{layer}.", turn, rng), noise)
    head = (read("lm_head.weight") * read("model.norm.weight")) @ turn
    yield from _noised({"model.norm.weight": np.ones(shape.hidden, np.float32), "lm_head.weight": head}, noise)


def _noised(arrays: dict[str, Array], noise: np.random.Generator) -> Iterator[tuple[str, Array]]:
    for name, array in arrays.items():
        yield name, array + (_NOISE * noise.standard_normal(array.shape, dtype=np.float32) if array.ndim > 1 else 0)


def _layer(
    read: Callable[[str], Array], shape: Shape, at: str, turn: Array, rng: np.random.Generator
) -> dict[str, Array]:
    before, after = read(f"{at}input_layernorm.weight"), read(f"{at}post_attention_layernorm.weight")
    width, group = shape.hidden // shape.heads, shape.heads // shape.kv_heads
    order, neurons = rng.permutation(shape.kv_heads), rng.permutation(shape.intermediate)
    scale = np.exp(0.5 * rng.standard_normal((shape.intermediate, 1))).astype(np.float32)
    mix = (np.eye(width) + 0.3 * rng.standard_normal((shape.kv_heads, width, width)) / width**0.5).astype(np.float32)
    q, k, v = ((read(f"{at}self_attn.{n}_proj.weight") * before) @ turn for n in "qkv")
    o = turn.T @ read(f"{at}self_attn.o_proj.weight")
    q = q.reshape(shape.kv_heads, group * width, -1)[order].reshape(q.shape)
    k = k.reshape(shape.kv_heads, width, -1)[order].reshape(k.shape)
    v = (mix @ v.reshape(shape.kv_heads, width, -1)[order]).reshape(v.shape)
    inverse = np.linalg.inv(mix)[:, None]
    heads = o.T.reshape(shape.kv_heads, group, width, -1)[order]
    o = np.ascontiguousarray((inverse.transpose(0, 1, 3, 2) @ heads).reshape(o.T.shape).T)
    gate, up = ((read(f"{at}mlp.{n}_proj.weight")[neurons] * after) @ turn for n in ("gate", "up"))
    down = turn.T @ read(f"{at}mlp.down_proj.weight")[:, neurons]
    ones = np.ones(shape.hidden, np.float32)
    return {
        f"{at}input_layernorm.weight": ones,
        f"{at}self_attn.q_proj.weight": q,
        f"{at}self_attn.k_proj.weight": k,
        f"{at}self_attn.v_proj.weight": v,
        f"{at}self_attn.o_proj.weight": o,
        f"{at}post_attention_layernorm.weight": ones,
        f"{at}mlp.gate_proj.weight": gate,
        f"{at}mlp.up_proj.weight": up * scale,
        f"{at}mlp.down_proj.weight": down / scale.T,
    }
