"""Quantisation round trips: what is left after packing and unpacking."""

from collections.abc import Sequence
from dataclasses import dataclass

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
