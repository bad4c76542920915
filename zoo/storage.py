"""Writing a made model into a folder, in the container it asks for."""

from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

from zoo.recipes.interface import Made

Entry = dict[str, Any]
"""What the manifest says of one model."""
_SUFFIXES = (".safetensors", ".bin")


def store(made: Made, folder: Path) -> None:
    """Write weights, config, tokenizer and card."""
    how, model = made.storage, made.model
    if how.dtype != "float32":
        model = model.to(getattr(torch, how.dtype))
    sharding: dict[str, Any] = {"max_shard_size": how.shard_bytes} if how.shard_bytes else {}
    model.save_pretrained(folder, **sharding)
    made.tokenizer.save_pretrained(folder)
    if how.pickled:
        whole = folder / "model.safetensors"
        torch.save(load_file(whole), folder / "pytorch_model.bin")
        whole.unlink()
    if how.card:
        (folder / "README.md").write_text(how.card)


def weight_files(folder: Path) -> list[Path]:
    """The files that hold the weights, by name."""
    return sorted(path for path in folder.iterdir() if path.suffix in _SUFFIXES)
