"""A GGUF and the checkpoint it was converted from give the same canonical tensors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from stemma.anatomy import Anatomy, dissect
from stemma.anatomy.llama_cpp import conversions
from stemma.weights.local import local_files
from stemma.weights.open import open_checkpoint
from tests.anatomy import gguf_files as g
from tests.anatomy.arrays import checkpoint, random

D, HEADS, KV, HEAD, WIDE, VOCABULARY = 32, 4, 2, 8, 48, 50


def llama_shapes(norms: tuple[str, ...]) -> dict[str, tuple[int, ...]]:
    shapes: dict[str, tuple[int, ...]] = {"model.embed_tokens.weight": (VOCABULARY, D), "model.norm.weight": (D,)}
    for layer in range(2):
        p = f"model.layers.{layer}."
        shapes |= {f"{p}{norm}.weight": (D,) for norm in norms}
        shapes |= {f"{p}self_attn.q_proj.weight": (HEADS * HEAD, D), f"{p}self_attn.o_proj.weight": (D, HEADS * HEAD)}
        shapes |= {f"{p}self_attn.q_proj.bias": (HEADS * HEAD,), f"{p}self_attn.k_proj.bias": (KV * HEAD,)}
        shapes |= {f"{p}self_attn.{x}_proj.weight": (KV * HEAD, D) for x in "kv"}
        shapes |= {f"{p}mlp.{x}_proj.weight": (WIDE, D) for x in ("gate", "up")}
        shapes |= {f"{p}mlp.down_proj.weight": (D, WIDE)}
    return shapes


def same(one: Anatomy, other: Anatomy) -> None:
    left, right = ({part.key: part for part in anatomy.parts} for anatomy in (one, other))
    assert sorted(left) == sorted(right)
    for key, part in left.items():
        np.testing.assert_array_equal(part.tensor.read_all(), right[key].tensor.read_all(), err_msg=key)
    assert all(part.certain for anatomy in (one, other) for part in anatomy.parts)
    assert not one.missing and not other.missing


def converted(folder: Path, architecture: str, arrays: g.Arrays) -> Anatomy:
    path = folder / "model.gguf"
    g.write_gguf(path, architecture, arrays, HEADS, KV)
    return dissect(open_checkpoint(local_files(path)))


@pytest.mark.parametrize("architecture", ["llama", "qwen2"])
def test_llama_with_and_without_permuted_rows(tmp_path: Path, architecture: str) -> None:
    arrays = random(
        {**llama_shapes(("input_layernorm", "post_attention_layernorm")), "lm_head.weight": (VOCABULARY, D)}
    )
    moved = {g.renamed(name, g.LLAMA, "model.layers"): array for name, array in arrays.items()}
    if architecture in conversions()["permuted"]:
        for name, array in moved.items():
            heads = HEADS if "attn_q" in name else KV if "attn_k" in name else 0
            moved[name] = g.permuted(array, heads) if heads else array
    config = {"num_attention_heads": HEADS, "num_key_value_heads": KV}
    same(dissect(checkpoint(arrays, config)), converted(tmp_path, architecture, moved))


def test_gemma_with_shifted_gains_and_a_tied_head(tmp_path: Path) -> None:
    norms = ("input_layernorm", "post_attention_layernorm", "pre_feedforward_layernorm", "post_feedforward_layernorm")
    arrays = {n: np.round(a * 64) / 64 for n, a in random(llama_shapes(norms)).items()}
    moved = {g.renamed(name, g.GEMMA2, "model.layers"): array for name, array in arrays.items()}
    moved = {name: array + np.float32(1) if "norm" in name else array for name, array in moved.items()}
    source = dissect(checkpoint({**arrays, "lm_head.weight": arrays["model.embed_tokens.weight"]}))
    gguf = converted(tmp_path, "gemma2", moved)
    same(source, gguf)
    assert source.facts.tied is True and gguf.facts.tied is True
    assert [item.source for item in source.exempt] == ["lm_head.weight"]


def test_gpt2_with_turned_matrices(tmp_path: Path) -> None:
    shapes = {"transformer.wte.weight": (VOCABULARY, D), "transformer.wpe.weight": (16, D)}
    shapes |= {f"transformer.ln_f.{leaf}": (D,) for leaf in ("weight", "bias")}
    for layer in range(2):
        p = f"transformer.h.{layer}."
        shapes |= {f"{p}{norm}.{leaf}": (D,) for norm in ("ln_1", "ln_2") for leaf in ("weight", "bias")}
        widths = {"attn.c_attn": (D, 3 * D), "attn.c_proj": (D, D), "mlp.c_fc": (D, 4 * D), "mlp.c_proj": (4 * D, D)}
        shapes |= {f"{p}{name}.weight": shape for name, shape in widths.items()}
        shapes |= {f"{p}{name}.bias": shape[1:] for name, shape in widths.items()}
    arrays = random(shapes)
    moved = {
        g.renamed(name, g.GPT2, "transformer.h"): array.T if ".c_" in name and array.ndim == 2 else array
        for name, array in arrays.items()
    }
    source = dissect(checkpoint(arrays, {"n_head": HEADS}))
    same(source, converted(tmp_path, "gpt2", moved))
    q = next(part for part in source.parts if part.key == "decoder.0/q")
    np.testing.assert_array_equal(q.tensor.read_all(), arrays["transformer.h.0.attn.c_attn.weight"][:, :D].T)


def test_bert(tmp_path: Path) -> None:
    shapes = {"embeddings.word_embeddings.weight": (VOCABULARY, D), "embeddings.position_embeddings.weight": (16, D)}
    shapes |= {"embeddings.token_type_embeddings.weight": (2, D)}
    shapes |= {f"embeddings.LayerNorm.{leaf}": (D,) for leaf in ("weight", "bias")}
    for layer in range(2):
        for inner in g.BERT:
            out = WIDE if "intermediate" in inner else D
            into = WIDE if inner == "output.dense" else D
            weight = (D,) if "LayerNorm" in inner else (out, into)
            shapes[f"encoder.layer.{layer}.{inner}.weight"] = weight
            shapes[f"encoder.layer.{layer}.{inner}.bias"] = weight[:1]
    arrays = random(shapes)
    moved = {g.renamed(name, g.BERT, "encoder.layer"): array for name, array in arrays.items()}
    same(dissect(checkpoint(arrays, {"num_attention_heads": HEADS})), converted(tmp_path, "bert", moved))


def test_stacked_experts(tmp_path: Path) -> None:
    shapes = {n: s for n, s in llama_shapes(("input_layernorm", "post_attention_layernorm")).items() if "mlp" not in n}
    for layer in range(2):
        p = f"model.layers.{layer}.block_sparse_moe."
        shapes[f"{p}gate.weight"] = (3, D)
        for expert in range(3):
            shapes |= {
                f"{p}experts.{expert}.{w}.weight": (D, WIDE) if w == "w2" else (WIDE, D) for w in ("w1", "w2", "w3")
            }
    arrays = random(shapes)
    moved = {g.renamed(n, g.LLAMA, "model.layers"): a for n, a in arrays.items() if "block_sparse" not in n}
    for name in list(moved):
        heads = HEADS if "attn_q" in name else KV if "attn_k" in name else 0
        moved[name] = g.permuted(moved[name], heads) if heads else moved[name]
    for layer in range(2):
        p = f"model.layers.{layer}.block_sparse_moe."
        moved[f"blk.{layer}.ffn_gate_inp.weight"] = arrays[f"{p}gate.weight"]
        for word, role in (("w1", "gate"), ("w2", "down"), ("w3", "up")):
            stack = np.stack([arrays[f"{p}experts.{expert}.{word}.weight"] for expert in range(3)])
            moved[f"blk.{layer}.ffn_{role}_exps.weight"] = stack
    same(dissect(checkpoint(arrays, {"num_attention_heads": HEADS})), converted(tmp_path, "llama", moved))


def test_a_wrong_head_count_is_told_or_only_reorders_rows(tmp_path: Path) -> None:
    arrays = random(llama_shapes(("input_layernorm", "post_attention_layernorm")))
    moved = {g.renamed(name, g.LLAMA, "model.layers"): array for name, array in arrays.items()}
    path = tmp_path / "model.gguf"
    g.write_gguf(path, "llama", moved, 5, 5)
    anatomy = dissect(open_checkpoint(local_files(path)))
    assert any("attn_q" in key and "5 heads" in reason for key, reason in anatomy.missing.items())
    assert any("5 heads" in warning for warning in anatomy.warnings)
