"""One model in every container gives one fingerprint.

The same numbers lie in SafeTensors (one file, shards with and without an index), PyTorch zip, GGUF and ONNX; compared
with the single file are every part's key, role, shape, value digest, moments, corner, exact entries, vector and learned
part, the anchors, the responses and the search vector.

Deliberately not compared: ``files`` (other bytes, other digests), ``label``, ``container`` and ``scheme`` (they name
the container), each part's ``source`` and ``storage`` (names and types on disk), ``certain`` (a GGUF has names of its
own), ``facts``, ``tokenizer``, ``declared``, ``warnings`` and ``missing`` (a container states what it has room for).
Rounded copies hold other numbers: their digests must differ, their moments and corners agree within the rounding.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest
from numpy.typing import NDArray

from stemma.fingerprint import Fingerprint, PartPrint
from stemma.fingerprint.coded import Coded
from stemma.identity import Missing
from stemma.usecases.models import fingerprint
from stemma.usecases.settings import Work
from tests.models import CONFIG, HEAD_DIM, HEADS, KV_HEADS, VOCABULARY, Weights, as_bf16, draw, tokenizer, write

F16 = np.dtype(np.float16)


def exact_in_half(weights: Weights) -> Weights:
    """Numbers that half precision, bfloat16's range and float32 all hold: eight bits of mantissa, no subnormals."""
    halves = {name: w.astype(np.float32).view(np.uint32) & 0xFFFF0000 for name, w in weights.items()}
    kept = {name: w.view(np.float32) for name, w in halves.items()}
    return {name: np.where(np.abs(w) < 2.0**-13, np.float32(0), w) for name, w in kept.items()}


WEIGHTS = exact_in_half(draw(1))


def made(folder: Path, *, sample: bool = False) -> Fingerprint:
    return fingerprint(str(folder), Work(workers=1, sample=sample)).fingerprint


@pytest.fixture(scope="module")
def single(tmp_path_factory: pytest.TempPathFactory) -> Fingerprint:
    return made(write(tmp_path_factory.mktemp("single") / "model", WEIGHTS))


def sharded(folder: Path) -> Path:
    return write(folder, WEIGHTS, shards=3)


def without_an_index(folder: Path) -> Path:
    return write(folder, WEIGHTS, shards=3, index=False)


def stored_as(kind: Any) -> Callable[[Path], Path]:
    """The same numbers in a narrower type that holds them all."""

    def make(folder: Path) -> Path:
        return write(folder, {name: w.astype(kind) for name, w in WEIGHTS.items()})

    return make


def torch_zip(folder: Path) -> Path:
    torch = pytest.importorskip("torch")
    write(folder, WEIGHTS)
    (folder / "model.safetensors").unlink()
    torch.save({name: torch.from_numpy(w.copy()) for name, w in WEIGHTS.items()}, folder / "pytorch_model.bin")
    return folder


_LAYER_NAMES = {
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
_NAMES = {"model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output"}


def _gguf_name(name: str) -> str:
    stem = name.removesuffix(".weight")
    if stem in _NAMES:
        return f"{_NAMES[stem]}.weight"
    _, _, layer, rest = stem.split(".", 3)
    return f"blk.{layer}.{_LAYER_NAMES[rest]}.weight"


def _paired(w: NDArray[Any], heads: int) -> NDArray[Any]:
    """The order of rows in which llama.cpp keeps the rotary halves of q and k."""
    return w.reshape(heads, 2, w.shape[0] // heads // 2, *w.shape[1:]).swapaxes(1, 2).reshape(w.shape)


def in_gguf(kind: Any) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        folder.mkdir(parents=True)
        writer = gguf.GGUFWriter(folder / "model.gguf", "llama")
        writer.add_block_count(CONFIG["num_hidden_layers"])
        writer.add_embedding_length(CONFIG["hidden_size"])
        writer.add_feed_forward_length(CONFIG["intermediate_size"])
        writer.add_head_count(HEADS)
        writer.add_head_count_kv(KV_HEADS)
        writer.add_rope_dimension_count(HEAD_DIM)
        writer.add_tokenizer_model("gpt2")
        writer.add_token_list(list(tokenizer()["model"]["vocab"]))
        for name, w in WEIGHTS.items():
            heads = HEADS if "q_proj" in name else KV_HEADS if "k_proj" in name else 0
            stored = np.ascontiguousarray(_paired(w, heads) if heads else w)
            writer.add_tensor(_gguf_name(name), stored.astype(kind) if w.ndim > 1 else stored)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
        return folder

    return make


def in_onnx(folder: Path) -> Path:
    onnx = pytest.importorskip("onnx")
    write(folder, WEIGHTS)
    (folder / "model.safetensors").unlink()
    tensors = [onnx.numpy_helper.from_array(w, name) for name, w in WEIGHTS.items()]
    text = onnx.TensorProto
    ids = onnx.helper.make_tensor_value_info("input_ids", text.INT64, ["n"])
    rows = onnx.helper.make_tensor_value_info("rows", text.FLOAT, ["n", CONFIG["hidden_size"]])
    look_up = onnx.helper.make_node("Gather", ["model.embed_tokens.weight", "input_ids"], ["rows"])
    graph = onnx.helper.make_graph([look_up], "model", [ids], [rows], initializer=tensors)
    onnx.save(onnx.helper.make_model(graph), folder / "model.onnx")
    return folder


CONTAINERS: dict[str, Callable[[Path], Path]] = {
    "shards": sharded,
    "shards without an index": without_an_index,
    "float16": stored_as(F16),
    "bfloat16": lambda folder: write(folder, as_bf16(WEIGHTS)),
    "PyTorch zip": torch_zip,
    "GGUF F32": in_gguf(np.float32),
    "GGUF F16": in_gguf(F16),
    "ONNX": in_onnx,
}


@pytest.mark.parametrize("container", CONTAINERS)
def test_one_fingerprint(single: Fingerprint, tmp_path: Path, container: str) -> None:
    other = made(CONTAINERS[container](tmp_path / "model"))
    assert other.schema == single.schema
    assert sorted(other.parts) == sorted(single.parts)
    for key, part in single.parts.items():
        same_part(part, other.parts[key])
    same(anchor_values(single), anchor_values(other))
    same(single.sketch, other.sketch)
    same_responses(single, other)


@pytest.mark.parametrize("container", ["shards", "PyTorch zip", "GGUF F16"])
def test_a_sample_holds_the_same(single: Fingerprint, tmp_path: Path, container: str) -> None:
    """What a sampled reading has is what the whole reading has, in any container."""
    sampled = made(CONTAINERS[container](tmp_path / "model"), sample=True)
    for key, part in single.parts.items():
        same(part.coded, sampled.parts[key].coded)
        same(part.exact, sampled.parts[key].exact)
        same(part.vector, sampled.parts[key].vector)
        assert isinstance(sampled.parts[key].digest, Missing)
    same(single.sketch, sampled.sketch)


def test_rounding_shows_in_digests_and_little_else(tmp_path: Path) -> None:
    weights = draw(2)
    whole, rounded = made(write(tmp_path / "f32", weights)), made(write(tmp_path / "bf16", as_bf16(weights)))
    for key, part in whole.parts.items():
        other = rounded.parts[key]
        assert part.digest != other.digest
        assert not isinstance(part.moments, Missing) and not isinstance(other.moments, Missing)
        assert other.moments.energy == pytest.approx(part.moments.energy, rel=1e-3)
        if isinstance(part.coded, Coded) and isinstance(other.coded, Coded):
            mine, theirs = part.coded.decoded(), other.coded.decoded()
            np.testing.assert_allclose(theirs, mine, atol=0.02 * float(np.abs(mine).max()))
    assert float(whole.sketch @ rounded.sketch) > 0.999


def same_part(a: PartPrint, b: PartPrint) -> None:
    assert (a.key, a.role, a.site, a.bias, a.shape) == (b.key, b.role, b.site, b.bias, b.shape)
    assert a.digest == b.digest, a.key
    assert a.moments == b.moments, a.key
    same(a.coded, b.coded)
    same(a.exact, b.exact)
    same(a.vector, b.vector)
    if isinstance(a.learned, Missing) or isinstance(b.learned, Missing):
        assert a.learned == b.learned
        return
    same(a.learned.left, b.learned.left)
    same(a.learned.right, b.learned.right)
    assert (a.learned.block, a.learned.strengths, a.learned.edge) == (
        b.learned.block,
        b.learned.strengths,
        b.learned.edge,
    )


def anchor_values(made: Fingerprint) -> Mapping[int, bytes]:
    assert not isinstance(made.anchors, Missing)
    return {int(k): row.tobytes() for k, row in zip(made.anchors.keys, made.anchors.embedding, strict=True)}


def same_responses(a: Fingerprint, b: Fingerprint) -> None:
    assert not isinstance(a.responses, Missing) and not isinstance(b.responses, Missing)
    for mine, theirs in zip(a.responses, b.responses, strict=True):
        same(mine.neurons, theirs.neurons)
        for role, response in mine.roles.items():
            same(response.whole, theirs.roles[role].whole)
            same(response.left, theirs.roles[role].left)
            same(response.right, theirs.roles[role].right)
            same(response.shares, theirs.roles[role].shares)


def same(a: Any, b: Any) -> None:
    if isinstance(a, np.ndarray):
        np.testing.assert_array_equal(a, b)
    elif isinstance(a, Coded):
        same((a.codes.tolist(), a.scale.tolist()), (b.codes.tolist(), b.scale.tolist()))
    else:
        assert a == b


def test_the_tokens_fill_the_rows() -> None:
    assert len(tokenizer()["model"]["vocab"]) == VOCABULARY
