"""Packed quantisation inside a checkpoint: groups of tensors become lazy matrices, dequantised on read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

from stemma.errors import MalformedFile
from stemma.identity import Missing
from stemma.weights.interface import LazyTensor
from stemma.weights.packed.interface import Declared, Finder, Notes

__all__ = ["unpack"]

_SCHEMES = ("gptq", "awq", "bitsandbytes", "microscaling", "compressed_tensors", "fp8", "mlx")
_PLAIN = frozenset({"float16", "bfloat16", "float32", "float64"})

_TRACES = (
    ".qweight",
    ".qzeros",
    ".g_idx",
    ".absmax",
    ".quant_map",
    ".SCB",
    ".nested_absmax",
    ".nested_quant_map",
    ".weight_packed",
    ".weight_scale",
    ".weight_scale_inv",
    ".weight_zero_point",
    ".weight_shape",
    ".weight_g_idx",
    ".weight_global_scale",
    ".weight_scale_2",
    ".scales",
    ".biases",
    ".codes",
    ".codebooks",
    ".W_q",
    ".Qidxs",
    "_blocks",
    "_scales",
    ".weight._data",
    ".weight._scale",
    ".scale_packed",
    ".bitmask",
    ".row_offsets",
)


def unpack(
    tensors: Mapping[str, LazyTensor], config: Mapping[str, Any] | Missing
) -> tuple[dict[str, LazyTensor], tuple[str, ...]]:
    """Replace each group of tensors that stores one quantised matrix by that matrix, named as when plain.

    Matrices are float32, (out features, in features); stacked experts of gpt-oss are (experts, in, out) as
    its plain checkpoint stores them. Names and shapes decide; ``config`` fills in what they leave open, and
    a claim that contradicts them is reported.

    Args:
        tensors: by name, as the container holds them.
        config: the raw config, whose quantisation section is consulted.

    Returns:
        All tensors sorted by name, and sentences for people: contradicted claims, and parts of a packing
        that was not recognised, which stay as they are.

    Raises:
        MalformedFile: the parts of one matrix contradict each other.
        UnsupportedFormat: a known layout that cannot be read.
    """
    declared, notes = Declared(config), Notes()
    remaining, unpacked = dict(tensors), dict[str, LazyTensor]()
    for find in _finders(tensors):
        for found in list(find(remaining, declared, notes)):
            for part in found.parts:
                remaining.pop(part, None)
            if found.tensor.name in unpacked:
                raise MalformedFile(found.tensor.name, "two packings of one matrix", "one")
            unpacked[found.tensor.name] = found.tensor
    for name in remaining:
        if name in unpacked:
            raise MalformedFile(name, "a plain matrix beside a packed one of that name", "one of the two")
        if name.endswith(_TRACES):
            notes.add("Part of a packed matrix in a layout that was not recognised; it is left as it is", name)
    merged = remaining | unpacked
    return {name: merged[name] for name in sorted(merged)}, _unfounded(declared, unpacked) + notes.sentences()


def _finders(tensors: Mapping[str, LazyTensor]) -> Iterator[Finder]:
    """Every scheme's; none where all tensors are plain floats, for all schemes pack into something else."""
    if all(tensor.dtype.name in _PLAIN for tensor in tensors.values()):
        return
    for scheme in _SCHEMES:
        yield import_module(f"stemma.weights.packed.{scheme}").find


def _unfounded(declared: Declared, unpacked: Mapping[str, LazyTensor]) -> tuple[str, ...]:
    """A quantisation that the config claims and no tensor shows."""
    if unpacked or not declared.method:
        return ()
    claim = f"The config claims the quantisation {declared.method[:40]!r}, and no matrix is packed that way"
    return (f"{claim}: the tensors were read as they are stored.",)
