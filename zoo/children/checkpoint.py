"""Checkpoints as plain arrays: read and written here, on purpose without the reader that they will test."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

_DTYPES: dict[str, np.dtype[Any]] = {
    "F64": np.dtype("<f8"),
    "F32": np.dtype("<f4"),
    "F16": np.dtype("<f2"),
    "BF16": np.dtype(ml_dtypes.bfloat16),
    "I64": np.dtype("<i8"),
    "I32": np.dtype("<i4"),
    "I8": np.dtype("i1"),
    "U8": np.dtype("u1"),
}
_NAMES = {dtype: name for name, dtype in _DTYPES.items()}
_SIDE_FILES = ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt")


@dataclass(frozen=True)
class Checkpoint:
    """Tensors by name, the config, and the folder that the tokenizer's files come from."""

    tensors: Mapping[str, Array]
    config: Mapping[str, Any]
    origin: Path

    def with_tensors(self, tensors: Mapping[str, Array]) -> Checkpoint:
        return replace(self, tensors=dict(tensors))

    def with_config(self, **fields: Any) -> Checkpoint:
        return replace(self, config={**self.config, **fields})


def load(folder: Path) -> Checkpoint:
    """Read `model.safetensors` and `config.json` of a folder."""
    config = json.loads((folder / "config.json").read_text())
    return Checkpoint(read_safetensors(folder / "model.safetensors"), config, folder)


def read_safetensors(file: Path) -> dict[str, Array]:
    data = np.memmap(file, dtype=np.uint8, mode="r")
    length = int(data[:8].view("<u8")[0])
    header = json.loads(data[8 : 8 + length].tobytes())
    header.pop("__metadata__", None)
    body = data[8 + length :]
    return {name: _tensor(body, entry) for name, entry in header.items()}


def _tensor(body: Array, entry: Mapping[str, Any]) -> Array:
    begin, end = entry["data_offsets"]
    array: Array = np.array(body[begin:end]).view(_DTYPES[entry["dtype"]]).reshape(entry["shape"])
    return array


def write_safetensors(file: Path, tensors: Mapping[str, Array]) -> None:
    """Write tensors in the order of their names, the data 8-aligned."""
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    begin = 0
    for name in sorted(tensors):
        array = tensors[name]
        entry = {"dtype": _NAMES[array.dtype], "shape": list(array.shape)}
        header[name] = entry | {"data_offsets": [begin, begin + array.nbytes]}
        begin += array.nbytes
    encoded = json.dumps(header, separators=(",", ":")).encode()
    encoded += b" " * (-len(encoded) % 8)
    with file.open("wb") as out:
        out.write(len(encoded).to_bytes(8, "little") + encoded)
        for name in sorted(tensors):
            out.write(np.ascontiguousarray(tensors[name]).tobytes())


def write_config(folder: Path, model: Checkpoint, *, tokenizer: bool = True) -> None:
    """Write `config.json`, and copy the tokenizer's files."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(dict(model.config), indent=2) + "\n")
    for name in _SIDE_FILES if tokenizer else ():
        if (model.origin / name).is_file():
            shutil.copyfile(model.origin / name, folder / name)


def save(model: Checkpoint, folder: Path) -> None:
    """Write one `model.safetensors` with its config and tokenizer."""
    write_config(folder, model)
    write_safetensors(folder / "model.safetensors", model.tensors)


def save_sharded(model: Checkpoint, folder: Path, shards: int) -> None:
    """Write `shards` files of about equal size and their index."""
    write_config(folder, model)
    groups = _split(model.tensors, shards)
    names = [f"model-{i:05d}-of-{shards:05d}.safetensors" for i in range(1, shards + 1)]
    for name, group in zip(names, groups, strict=True):
        write_safetensors(folder / name, {key: model.tensors[key] for key in group})
    total = sum(array.nbytes for array in model.tensors.values())
    where = {key: name for name, group in zip(names, groups, strict=True) for key in group}
    index = {"metadata": {"total_size": total}, "weight_map": where}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index, indent=2) + "\n")


def _split(tensors: Mapping[str, Array], shards: int) -> list[list[str]]:
    total, seen = sum(array.nbytes for array in tensors.values()), 0
    groups: list[list[str]] = [[] for _ in range(shards)]
    for name in sorted(tensors):
        groups[min(shards - 1, seen * shards // total)].append(name)
        seen += tensors[name].nbytes
    return groups
