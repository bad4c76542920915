"""Children made by arithmetic alone: converted, quantised, pruned, shortened, extended, disguised."""

from __future__ import annotations

import re
from collections.abc import Callable

import ml_dtypes
import numpy as np
import numpy.typing as npt

from zoo.children.checkpoint import Array, Checkpoint

_LAYER = re.compile(r"^(encoder\.layer\.)(\d+)(\..*)$")


def is_linear(name: str, array: Array) -> bool:
    """A matrix of the encoder's blocks (not an embedding)."""
    return array.ndim == 2 and ".layer." in name and name.endswith(".weight")


def _map(model: Checkpoint, change: Callable[[str, Array], Array]) -> Checkpoint:
    return model.with_tensors({name: change(name, array) for name, array in model.tensors.items()})


def renamed(model: Checkpoint) -> Checkpoint:
    """The prefix that a model with a head on top saves its encoder under, and other metadata."""
    tensors = {f"bert.{name}": array for name, array in model.tensors.items()}
    config = model.with_config(architectures=["BertForMaskedLM"], _name_or_path="elsewhere/encoder")
    return config.with_tensors(tensors)


def cast(model: Checkpoint, dtype: npt.DTypeLike, name: str) -> Checkpoint:
    """Every floating tensor in another dtype."""
    floating = _map(model, lambda _, x: x.astype(dtype) if x.dtype.kind == "f" else x)
    return floating.with_config(torch_dtype=name)


def bf16(model: Checkpoint) -> Checkpoint:
    return cast(model, ml_dtypes.bfloat16, "bfloat16")


def f16(model: Checkpoint) -> Checkpoint:
    return cast(model, np.float16, "float16")


def _rowwise_int8(x: Array) -> tuple[Array, Array]:
    """Per-row absmax quantisation: the codes and the row maxima."""
    maxima = np.maximum(np.abs(x).max(axis=1), np.finfo(np.float32).tiny).astype(np.float32)
    codes = np.rint(x / maxima[:, None] * 127).astype(np.int8)
    return codes, maxima


def int8_dequantised(model: Checkpoint) -> Checkpoint:
    """Encoder matrices through int8 and back: the lattice stays visible in float32."""

    def through(name: str, x: Array) -> Array:
        if not is_linear(name, x):
            return x
        codes, maxima = _rowwise_int8(x)
        return (codes.astype(np.float32) * (maxima / 127)[:, None]).astype(np.float32)

    return _map(model, through)


def int8_packed(model: Checkpoint) -> Checkpoint:
    """How bitsandbytes saves LLM.int8 matrices: codes, row maxima `SCB`, format 0 (row-major)."""
    tensors: dict[str, Array] = {}
    for name, x in model.tensors.items():
        if not is_linear(name, x):
            tensors[name] = x
            continue
        tensors[name], tensors[name.replace(".weight", ".SCB")] = _rowwise_int8(x)
        tensors[name.replace(".weight", ".weight_format")] = np.array(0, dtype=np.uint8)
    quantisation = {"quant_method": "bitsandbytes", "load_in_8bit": True, "load_in_4bit": False}
    return model.with_tensors(tensors).with_config(quantization_config=quantisation)


def pruned(model: Checkpoint, share: float) -> Checkpoint:
    """The smallest `share` of each encoder matrix set to zero."""

    def prune(name: str, x: Array) -> Array:
        if not is_linear(name, x):
            return x
        return np.where(np.abs(x) < np.quantile(np.abs(x), share), 0, x).astype(x.dtype)

    return _map(model, prune)


def with_layers(model: Checkpoint, kept: list[int]) -> Checkpoint:
    """Only the layers in `kept`, renumbered."""
    tensors: dict[str, Array] = {}
    for name, array in model.tensors.items():
        match = _LAYER.match(name)
        if match is None:
            tensors[name] = array
        elif int(match[2]) in kept:
            tensors[f"{match[1]}{kept.index(int(match[2]))}{match[3]}"] = array
    return model.with_tensors(tensors).with_config(num_hidden_layers=len(kept))


def with_new_tokens(model: Checkpoint, rows: int, rng: np.random.Generator) -> Checkpoint:
    """`rows` more tokens, drawn around the mean of the old ones as a resize does."""
    name = "embeddings.word_embeddings.weight"
    old = model.tensors[name]
    mean, deviation = old.mean(axis=0), old.std(axis=0)
    new = (mean + 0.1 * deviation * rng.standard_normal((rows, old.shape[1]))).astype(old.dtype)
    tensors = {**model.tensors, name: np.concatenate([old, new])}
    return model.with_tensors(tensors).with_config(vocab_size=len(old) + rows)


def merged(first: Checkpoint, second: Checkpoint, weight: float) -> Checkpoint:
    """The linear merge `weight` first + (1 - weight) second."""

    def mix(name: str, x: Array) -> Array:
        if x.dtype.kind != "f":
            return x
        return (weight * x + (1 - weight) * second.tensors[name]).astype(x.dtype)

    return _map(first, mix)


def neurons_permuted(model: Checkpoint, rng: np.random.Generator) -> Checkpoint:
    """The hidden neurons of every layer in another order: the same function, no matrix row where it was."""
    tensors = dict(model.tensors)
    for layer in range(int(model.config["num_hidden_layers"])):
        block = f"encoder.layer.{layer}."
        order = rng.permutation(int(model.config["intermediate_size"]))
        for name in ("intermediate.dense.weight", "intermediate.dense.bias"):
            tensors[block + name] = tensors[block + name][order]
        tensors[block + "output.dense.weight"] = tensors[block + "output.dense.weight"][:, order]
    return model.with_tensors(tensors)
