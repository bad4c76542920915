"""Packed quantisation inside a checkpoint: groups of tensors become lazy matrices, dequantised on read."""

from stemma.weights.packed.unpacking import unpack

__all__ = ["unpack"]
