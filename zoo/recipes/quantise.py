"""Quantisation round trips: what is left after packing and unpacking."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from zoo.recipes.interface import Bench, Made


@dataclass(frozen=True)
class RoundTripInt8:
    """Every matrix in 8-bit integers, one scale per row (absolute maximum / 127), and back to float32."""

    def make(self, bench: Bench, parents: Sequence[Made]) -> Made:
        (parent,) = parents
        done: set[int] = set()
        for name, tensor in parent.model.state_dict().items():
            stacked = tensor.dim() == 3 and bench.architecture.part(name) != "other"
            if (tensor.dim() == 2 or stacked) and tensor.data_ptr() not in done:
                done.add(tensor.data_ptr())
                scale = (tensor.abs().amax(dim=-1, keepdim=True) / 127).clamp_min(1e-12)
                tensor.copy_((tensor / scale).round().clamp(-127, 127) * scale)
        return parent


Codec = Literal["int4-groups", "int2-groups", "nf4", "q4_0", "fp8"]


@dataclass(frozen=True)
class RoundTrip:
    """Every matrix of MLP and attention through one code and back to float32."""

    codec: Codec

    def make(self, bench: Bench, parents: Sequence[Made]) -> Made:
        (parent,) = parents
        for name, tensor in parent.model.state_dict().items():
            if tensor.dim() >= 2 and bench.architecture.part(name) != "other":
                tensor.copy_(_CODECS[self.codec](tensor.reshape(-1, _BLOCK)).reshape(tensor.shape))
        return parent


_BLOCK = 32
_NF4 = torch.tensor(
    (
        *(-1.0, -0.6961928, -0.5250731, -0.3949175, -0.2844414, -0.1847734, -0.0910500, 0.0),
        *(0.0795803, 0.1609302, 0.2461123, 0.3379152, 0.4407098, 0.5626170, 0.7229568, 1.0),
    )
)
"""The sixteen levels of NormalFloat4 (Dettmers et al. 2023, appendix E)."""


def _grouped(blocks: Tensor, bits: int) -> Tensor:
    """Asymmetric integers, one scale and zero point a group, as GPTQ stores them; rounded to nearest."""
    low, high = blocks.amin(1, keepdim=True).clamp_max(0), blocks.amax(1, keepdim=True).clamp_min(0)
    scale = ((high - low) / (2**bits - 1)).clamp_min(1e-12)
    zero = (-low / scale).round()
    codes = (blocks / scale + zero).round().clamp(0, 2**bits - 1)
    coded: Tensor = (codes - zero) * scale
    return coded


def _normal_float(blocks: Tensor) -> Tensor:
    scale = blocks.abs().amax(1, keepdim=True).clamp_min(1e-12)
    nearest = (blocks[..., None] / scale[..., None] - _NF4).abs().argmin(-1)
    return _NF4[nearest] * scale


def _q4_0(blocks: Tensor) -> Tensor:
    """As llama.cpp's Q4_0: the entry of the largest size, with its sign, is -8 times the scale (in half precision)."""
    largest = blocks.gather(1, blocks.abs().argmax(1, keepdim=True))
    scale = largest / -8
    inverse = torch.where(scale == 0, 0.0, 1 / scale)
    return ((blocks * inverse + 8.5).floor().clamp(0, 15) - 8) * scale.half().float()


def _fp8(blocks: Tensor) -> Tensor:
    """Eight-bit floats (e4m3), one scale a tensor."""
    scale = blocks.abs().max().clamp_min(1e-12) / 448
    rounded: Tensor = (blocks / scale).to(torch.float8_e4m3fn).float()
    return rounded * scale


_CODECS: dict[Codec, Callable[[Tensor], Tensor]] = {
    "int4-groups": lambda blocks: _grouped(blocks, 4),
    "int2-groups": lambda blocks: _grouped(blocks, 2),
    "nf4": _normal_float,
    "q4_0": _q4_0,
    "fp8": _fp8,
}
