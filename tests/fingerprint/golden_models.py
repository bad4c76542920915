"""The models behind the golden fingerprints, made of whole numbers so that every machine makes the same bytes.

    python -m tests.fingerprint.golden_models

writes their fingerprints to ``tests/fingerprint/golden`` anew and says which of them changed.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from hashlib import shake_256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stemma.fingerprint import Fingerprint, to_bytes
from stemma.usecases.models import fingerprint
from stemma.usecases.settings import Work
from tests.models import BF16, Weights, write

GOLDEN = Path(__file__).parent / "golden"
WIDTH, WIDE, WORDS, LAYERS = 32, 48, 96, 2
Shapes = dict[str, tuple[int, ...]]
_HEADS = {"num_attention_heads": 4, "hidden_size": WIDTH, "num_hidden_layers": LAYERS, "vocab_size": WORDS}


def decoder() -> Shapes:
    """A Llama with grouped queries and an untied head."""
    shapes: Shapes = {f"{name}.weight": (WORDS, WIDTH) for name in ("model.embed_tokens", "lm_head")}
    shapes["model.norm.weight"] = (WIDTH,)
    for at in (f"model.layers.{layer}" for layer in range(LAYERS)):
        shapes |= {f"{at}.{norm}.weight": (WIDTH,) for norm in ("input_layernorm", "post_attention_layernorm")}
        shapes |= {f"{at}.self_attn.{x}_proj.weight": (WIDTH, WIDTH) for x in "qo"}
        shapes |= {f"{at}.self_attn.{x}_proj.weight": (WIDTH // 2, WIDTH) for x in "kv"}
        shapes |= {f"{at}.mlp.{x}_proj.weight": (WIDE, WIDTH) for x in ("gate", "up")}
        shapes[f"{at}.mlp.down_proj.weight"] = (WIDTH, WIDE)
    return shapes


def experts() -> Shapes:
    """The same with stacked experts, a router and fused queries, keys and values."""
    shapes = {name: shape for name, shape in decoder().items() if "mlp" not in name and "_proj" not in name}
    for at in (f"model.layers.{layer}" for layer in range(LAYERS)):
        shapes |= {
            f"{at}.self_attn.qkv_proj.weight": (2 * WIDTH, WIDTH),
            f"{at}.self_attn.o_proj.weight": (WIDTH, WIDTH),
        }
        shapes |= {f"{at}.mlp.gate.weight": (3, WIDTH), f"{at}.mlp.experts.down_proj": (3, WIDTH, WIDE // 2)}
        shapes[f"{at}.mlp.experts.gate_up_proj"] = (3, WIDE, WIDTH)
    return shapes


def encoder() -> Shapes:
    """A BERT: biases everywhere, positions and segments, norms after the blocks."""
    shapes: Shapes = {
        f"embeddings.{name}_embeddings.weight": (rows, WIDTH)
        for name, rows in (("word", WORDS), ("position", 48), ("token_type", 2))
    }
    pairs = {"embeddings.LayerNorm": (WIDTH,)}
    for at in (f"encoder.layer.{layer}" for layer in range(LAYERS)):
        pairs |= {f"{at}.attention.self.{x}": (WIDTH, WIDTH) for x in ("query", "key", "value")}
        pairs |= {f"{at}.attention.output.dense": (WIDTH, WIDTH), f"{at}.intermediate.dense": (WIDE, WIDTH)}
        pairs |= {f"{at}.output.dense": (WIDTH, WIDE)}
        pairs |= {f"{at}.{x}output.LayerNorm": (WIDTH,) for x in ("attention.", "")}
    for name, shape in pairs.items():
        shapes |= {f"{name}.weight": shape, f"{name}.bias": shape[:1]}
    return shapes


# What each is made of: shapes, the type in which its numbers are stored, its configuration.
MODELS: Mapping[str, tuple[Shapes, Any, Mapping[str, Any]]] = {
    "decoder": (decoder(), BF16, {"model_type": "llama", "num_key_value_heads": 2, **_HEADS}),
    "experts": (experts(), np.float32, {"model_type": "mixtral", "num_key_value_heads": 2, **_HEADS}),
    "encoder": (encoder(), np.float16, {"model_type": "bert", **_HEADS}),
}


def whole(name: str, count: int) -> NDArray[np.int64]:
    """``count`` whole numbers between -128 and 127 that the name alone determines."""
    return np.frombuffer(shake_256(name.encode()).digest(count), np.int8).astype(np.int64)


def tensor(name: str, shape: tuple[int, ...], kind: Any) -> NDArray[Any]:
    """Noise, and one strong direction in matrices; gains lie around one. All are exact in float32."""
    count = int(np.prod(shape))
    noise = whole(name, count).reshape(shape)
    if len(shape) == 1:
        return (noise / 1024 + float(name.endswith("weight"))).astype(np.float32).astype(kind)
    strong = whole(f"{name} left", count // shape[-1])[:, None] * whole(f"{name} right", shape[-1])
    return ((8 * noise + strong.reshape(shape)) / 32768).astype(np.float32).astype(kind)


def make(name: str, folder: Path, work: Work | None = None) -> Fingerprint:
    """The fingerprint of a golden model that is written into the folder; nothing in it names the folder."""
    shapes, kind, config = MODELS[name]
    weights: Weights = {at: tensor(f"{name} {at}", shape, kind) for at, shape in shapes.items()}
    words = {f"Ġword{number}": number for number in range(WORDS)}
    tokens = {"version": "1.0", "added_tokens": [], "model": {"type": "BPE", "vocab": words, "merges": []}}
    write(folder, weights, config=config, tokens=tokens)
    return replace(fingerprint(str(folder), work or Work(workers=1)).fingerprint, label=f"golden/{name}")


def main() -> int:
    """Write all of them; the process ends with 0."""
    for name in MODELS:
        path = GOLDEN / f"{name}.stemma"
        before = path.read_bytes() if path.exists() else b""
        with tempfile.TemporaryDirectory() as folder:
            data = to_bytes(make(name, Path(folder)))
        path.write_bytes(data)
        sys.stdout.write(f"{path.name}: {'as it was' if data == before else 'changed'}, {len(data):,} bytes\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
