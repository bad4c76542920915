"""What llama.cpp's converter does to tensors, undone: row order of rotary queries and keys, shifted norm gains.

``data/llama_cpp.toml`` lists the architectures concerned. The converter reorders the rows of every query and key
head from (half, pair) to (pair, half) where the family's rotary code wants interleaved pairs, and adds 1 to the
gains of families that compute ``1 + w``. Canonical is what the Hugging Face checkpoint holds.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stemma.anatomy.compiled import table
from stemma.anatomy.config import Config
from stemma.anatomy.views import RowsAt, Shifted
from stemma.identity import Missing, is_present
from stemma.weights.interface import Checkpoint, LazyTensor

_QUERY = re.compile(r"blk\.\d+\.attn_q\.(weight|bias)")
_KEY = re.compile(r"blk\.\d+\.attn_k\.(weight|bias)")
_GAIN = re.compile(r"(blk\.\d+\.[a-z_]*norm|output_norm)\.weight")


def conversions() -> Mapping[str, Any]:
    """The table of architectures: ``permuted`` and ``shifted``."""
    return table("llama_cpp")


def undo_conversion(checkpoint: Checkpoint) -> tuple[Mapping[str, LazyTensor], dict[str, str]]:
    """Tensors as the source checkpoint had them, and what could not be undone; other layouts pass unchanged."""
    if checkpoint.layout != "gguf":
        return checkpoint.tensors, {}
    config = Config(checkpoint.config)
    architecture = config.text("general.architecture")
    if isinstance(architecture, Missing):
        return checkpoint.tensors, {"row order of q and k": "the file names no architecture"}
    out = dict(checkpoint.tensors)
    missing: dict[str, str] = {}
    if architecture in conversions()["permuted"]:
        _reorder(out, config, missing)
    if architecture in conversions()["shifted"]:
        out.update({name: Shifted(tensor, -1.0) for name, tensor in out.items() if _is_gain(architecture, name)})
    return out, missing


def _is_gain(architecture: str, name: str) -> bool:
    excepted = conversions()["unshifted"].get(architecture, ())
    return _GAIN.fullmatch(name) is not None and not any(name.endswith(f"{end}.weight") for end in excepted)


def _reorder(tensors: dict[str, LazyTensor], config: Config, missing: dict[str, str]) -> None:
    for pattern, heads in ((_QUERY, config.heads), (_KEY, config.kv_heads)):
        for name, tensor in list(tensors.items()):
            if pattern.fullmatch(name) is None or not tensor.shape:
                continue
            rows = tensor.shape[0]
            if not is_present(heads) or rows % (2 * heads):
                reason = "the number of heads is not given" if not is_present(heads) else f"{heads} heads"
                missing[f"row order of {name}"] = f"its {rows} rows cannot be put in order: {reason}"
                continue
            tensors[name] = RowsAt(tensor, unpermuted(rows, heads))


def unpermuted(rows: int, heads: int) -> NDArray[np.int64]:
    """Where each row of the source lies in the converted tensor.

    The converter maps row (head, half, pair) to (head, pair, half).
    """
    stored = np.arange(rows).reshape(heads, rows // heads // 2, 2)
    return stored.swapaxes(1, 2).reshape(-1)
