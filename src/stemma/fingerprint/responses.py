"""How neurons respond to tokens: what stays the same however a model is permuted or rotated.

A neuron is seen through anchor tokens: its input weights (gate, up) through the normalised embedding times the gain of
the layer's norm, its output weights (down) through the embedding. Permuting neurons only permutes the responses;
permuting or rotating the residual stream, with gains folded or not, leaves them as they are. Of each chosen layer the
neurons with the largest response through the first input matrix are kept, a rank that no disguise changes, so that two
fingerprints hold the same ones.

Each response comes with what the components of the matrix's learned part add to it (see ``fingerprint.spectrum``).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from stemma.anatomy.config import SHIFTED_GAIN
from stemma.anatomy.interface import Anatomy, Part, Role
from stemma.fingerprint.coded import requantise
from stemma.fingerprint.collect import collect_part
from stemma.fingerprint.model import Anchors, Array, LayerResponses, PartPrint, Response
from stemma.fingerprint.moments import to_float32
from stemma.fingerprint.numbers import require_products
from stemma.fingerprint.plan import Plan, evenly_spread
from stemma.fingerprint.schema import Parameters
from stemma.fingerprint.spectrum import Spectrum
from stemma.identity import Missing
from stemma.immutable import immutable
from stemma.weights.interface import LazyTensor

_INPUTS = (Role.GATE, Role.UP)


@immutable
class Mlp:
    """The matrices of one layer that responses are taken of: at least one of ``inputs``, and ``down``."""

    stack: str
    layer: int
    inputs: tuple[Part, ...]
    down: Part
    norm: Part | None

    @property
    def parts(self) -> tuple[Part, ...]:
        """What :func:`collect_mlp` collects."""
        return (*self.inputs, self.down)


def response_mlps(parts: Sequence[Part], plan: Plan, count: int) -> tuple[Mlp, ...]:
    """Those of at most ``count`` layers of a stack, evenly spread over those with a spectrum of theirs.

    No experts, and no MLP outside the layers (a pooling head of a vision tower has one).
    """
    stacks: dict[str, dict[int, dict[Role, Part]]] = {}
    for part in parts:
        if part.site.layer >= 0 and part.site.expert < 0 and not part.bias:
            stacks.setdefault(part.site.stack, {}).setdefault(part.site.layer, {})[part.role] = part
    found = []
    for stack, by_layer in sorted(stacks.items()):
        layers = [n for n, by_role in sorted(by_layer.items()) if _learned(by_role.get(Role.DOWN), plan)]
        for number in evenly_spread(layers, count):
            by_role = by_layer[number]
            inputs = tuple(by_role[role] for role in _INPUTS if _learned(by_role.get(role), plan))
            if inputs:
                found.append(Mlp(stack, number, inputs, by_role[Role.DOWN], by_role.get(Role.MLP_NORM)))
    return tuple(found)


def _learned(part: Part | None, plan: Plan) -> bool:
    return part is not None and part.key in plan.learned


def collect_mlp(
    mlp: Mlp, anatomy: Anatomy, anchors: Anchors | Missing, plan: Plan, parameters: Parameters
) -> tuple[list[PartPrint], LayerResponses | Missing]:
    """The prints of the parts of ``mlp``, and the responses of its leading neurons to the leading anchors.

    Both come of one reading of each matrix; of the first input the rows of the leading neurons are read once more.
    """
    if isinstance(anchors, Missing) or not _fits(mlp, anchors.embedding.shape[1]):
        without = Missing("no MLP over the width of the embedding")
        return [collect_part(part, plan, parameters, full=True)[0] for part in mlp.parts], without
    tokens = anchors.embedding[: parameters.response_tokens]
    seen = _seen_by_inputs(anatomy, tokens, mlp.norm)
    first, *others = mlp.parts
    products = _Products(first.tensor, seen)
    collected = [collect_part(first, plan, parameters, full=True, listeners=[products])]
    require_products(f"the response of {first.source} to tokens", products.result)
    kept = _leading(products.result, parameters.response_neurons)
    picked = [_Columns(part.tensor, kept) if part is mlp.down else _Rows(part.tensor, kept) for part in others]
    for part, listener in zip(others, picked, strict=True):
        collected.append(collect_part(part, plan, parameters, full=True, listeners=[listener]))
    weights = [_read_rows(first.tensor, kept), *(listener.result for listener in picked)]
    spectra = [spectrum for _, spectrum in collected if spectrum is not None]
    responses = {}
    for part, own, spectrum in zip(mlp.parts, weights, spectra, strict=True):
        if part is mlp.down:
            found = _output_response(own, tokens - tokens.mean(axis=0), spectrum)
        else:
            found = _input_response(own, seen, spectrum)
        require_products(f"the response of {part.source} to tokens", found.whole)
        responses[part.role] = found
    return [made for made, _ in collected], LayerResponses(mlp.stack, mlp.layer, kept.astype(np.int64), responses)


def _fits(mlp: Mlp, width: int) -> bool:
    """Whether the matrices of ``mlp`` go from ``width`` to its neurons and back."""
    back, neurons = mlp.down.tensor.shape
    return back == width and all(part.tensor.shape == (neurons, width) for part in mlp.inputs)


def _seen_by_inputs(anatomy: Anatomy, tokens: Array, norm: Part | None) -> Array:
    """The anchors as the layer's inputs would see them without the layers before: normalised, times the gain."""
    centred = tokens - tokens.mean(axis=1, keepdims=True) if anatomy.facts.norm == "layernorm" else tokens
    scale = np.sqrt(np.vecdot(centred, centred) / centred.shape[1])
    seen = centred / np.where(scale > 0, scale, 1)[:, None]
    if norm is not None and norm.tensor.shape == (tokens.shape[1],):
        gain = to_float32(norm.tensor.read_all())
        seen = seen * (gain + 1 if anatomy.facts.norm == SHIFTED_GAIN else gain)
    centred_seen: Array = (seen - seen.mean(axis=0)).astype(np.float32)
    return centred_seen


class _Products:
    """Responses (neurons x tokens) of every neuron's input weights."""

    def __init__(self, tensor: LazyTensor, seen: Array) -> None:
        self._seen = seen
        self.result: Array = np.empty((tensor.shape[0], len(seen)), np.float32)

    def add(self, start: int, values: Array) -> None:
        self.result[start : start + len(values)] = values @ self._seen.T


class _Rows:
    """The input weights of the kept neurons: rows of ``tensor`` (neurons x hidden)."""

    def __init__(self, tensor: LazyTensor, kept: NDArray[np.intp]) -> None:
        self._kept = kept
        self.result: Array = np.empty((len(kept), tensor.shape[1]), np.float32)

    def add(self, start: int, values: Array) -> None:
        here = (self._kept >= start) & (self._kept < start + len(values))
        self.result[here] = values[self._kept[here] - start]


class _Columns:
    """The output weights of the kept neurons: columns of ``tensor`` (hidden x neurons)."""

    def __init__(self, tensor: LazyTensor, kept: NDArray[np.intp]) -> None:
        self._kept = kept
        self.result: Array = np.empty((tensor.shape[0], len(kept)), np.float32)

    def add(self, start: int, values: Array) -> None:
        self.result[start : start + len(values)] = values[:, self._kept]


def _read_rows(tensor: LazyTensor, kept: NDArray[np.intp]) -> Array:
    rows = np.empty((len(kept), tensor.shape[1]), np.float32)
    for index in np.argsort(kept):
        rows[index] = to_float32(tensor.read(int(kept[index]), int(kept[index]) + 1))[0]
    return rows


def _input_response(rows: Array, seen: Array, spectrum: Spectrum) -> Response:
    """Responses of the kept neurons' input weights, whole and by learned component."""
    width = spectrum.shape[1]
    left = spectrum.right.T @ rows[:, :width].T
    return _response(rows @ seen.T, left, spectrum.right.T @ seen[:, :width].T, spectrum)


def _output_response(columns: Array, tokens: Array, spectrum: Spectrum) -> Response:
    """Responses of the kept neurons' output weights."""
    height = spectrum.shape[0]
    left = spectrum.left.T @ columns[:height]
    return _response(columns.T @ tokens.T, left, spectrum.left.T @ tokens[:, :height].T, spectrum)


def _response(whole: Array, left: Array, right: Array, spectrum: Spectrum) -> Response:
    return Response(requantise(whole), requantise(left), requantise(right), spectrum.shares.astype(np.float32))


def _leading(responses: Array, count: int) -> NDArray[np.intp]:
    strength = np.vecdot(responses, responses)
    return np.argsort(-strength, kind="stable")[:count]
