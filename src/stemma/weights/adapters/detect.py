"""Is this set of files an adapter, and of what kind?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from stemma.identity import Missing, is_present

CONFIG_FILE = "adapter_config.json"
_UNREAD = Missing("the config was not read")
WEIGHT_FILES = ("adapter_model.safetensors", "adapter_model.bin")


def detect(
    files: Iterable[str], tensors: Iterable[str], config: Mapping[str, Any] | Missing = _UNREAD
) -> str | Missing:
    """The kind of adapter ("lora", "adalora", "dora", "prompt", "other"), or why it is none.

    Args:
        files: file names of the model, relative to it.
        tensors: names of its tensors, where they are known already.
        config: the content of ``adapter_config.json``.

    Returns:
        A word for people and for ``Checkpoint.declared``; names of tensors come before what the config says.
    """
    names, held = set(files), list(tensors)
    if not any(name in names for name in WEIGHT_FILES) and not any(".lora_" in name for name in held):
        return Missing("no adapter weights beside the model")
    if any("lora_magnitude_vector" in name for name in held):
        return "dora"
    if any(".lora_E" in name for name in held):
        return "adalora"
    if any(".lora_" in name for name in held):
        return "lora"
    if any(name.startswith("prompt_") for name in held):
        return "prompt"
    declared = config.get("peft_type") if is_present(config) else None
    return {"LORA": "lora", "ADALORA": "adalora"}.get(declared, "other") if isinstance(declared, str) else "other"
