"""How neurons respond to tokens: what stays the same however a model is permuted or rotated.

A neuron is seen through anchor tokens: its input weights (gate, up) through the normalised embedding times the gain of
the layer's norm, its output weights (down) through the embedding. Permuting neurons only permutes the responses;
permuting or rotating the residual stream, with gains folded or not, leaves them as they are. Of each chosen layer the
neurons with the largest response through the first input matrix are kept, a rank that no disguise changes, so that two
fingerprints hold the same ones.

Each response comes with what the components of the matrix's learned part add to it (see ``fingerprint.spectrum``).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from stemma.anatomy.config import SHIFTED_GAIN
from stemma.anatomy.interface import Anatomy, Part, Role
from stemma.fingerprint.coded import requantise
from stemma.fingerprint.model import Anchors, Array, LayerResponses, Response
from stemma.fingerprint.moments import to_float32
from stemma.fingerprint.schema import Parameters
from stemma.fingerprint.spectrum import Spectrum
from stemma.identity import Missing, is_present
from stemma.weights.interface import LazyTensor

_INPUTS = (Role.GATE, Role.UP)


def response_layers(anatomy: Anatomy, spectra: Mapping[str, Spectrum], count: int) -> list[tuple[str, int]]:
    """At most ``count`` layers of a stack, evenly spread over those with a spectrum of their MLP; no experts."""
    stacks: dict[str, set[int]] = {}
    for part in anatomy.parts:
        if part.role is Role.DOWN and not part.bias and part.key in spectra and part.site.expert < 0:
            stacks.setdefault(part.site.stack, set()).add(part.site.layer)
    chosen = []
    for stack, layers in sorted(stacks.items()):
        ordered = sorted(layers)
        picks = {round(i * (len(ordered) - 1) / max(1, count - 1)) for i in range(min(count, len(ordered)))}
        chosen += [(stack, ordered[i]) for i in (sorted(picks) if len(ordered) > count else range(len(ordered)))]
    return chosen


def collect_responses(
    anatomy: Anatomy, anchors: Anchors, spectra: Mapping[str, Spectrum], layer: tuple[str, int], parameters: Parameters
) -> LayerResponses | Missing:
    """Responses of the leading neurons of one layer to the leading anchors."""
    parts = {(p.role, p.bias): p for p in anatomy.parts if (p.site.stack, p.site.layer) == layer and p.site.expert < 0}
    inputs = [parts[role, False] for role in _INPUTS if (role, False) in parts]
    down = parts.get((Role.DOWN, False))
    tokens = anchors.embedding[: parameters.response_tokens]
    if down is None or not inputs or any(p.tensor.shape[1] != tokens.shape[1] for p in inputs):
        return Missing("no MLP over the width of the embedding")
    seen = _seen_by_inputs(anatomy, tokens, parts.get((Role.MLP_NORM, False)))
    kept = _leading(_whole_response(inputs[0].tensor, seen), parameters.response_neurons)
    responses = {p.role: _input_response(p.tensor, seen, spectra[p.key], kept) for p in inputs}
    responses[Role.DOWN] = _output_response(down.tensor, tokens - tokens.mean(axis=0), spectra[down.key], kept)
    return LayerResponses(layer[0], layer[1], kept.astype(np.int64), responses)


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


def _whole_response(tensor: LazyTensor, seen: Array) -> Array:
    """Responses (neurons x tokens) of every neuron's input weights."""
    whole = np.empty((tensor.shape[0], len(seen)), np.float32)
    for start, stored in tensor.blocks():
        whole[start : start + len(stored)] = to_float32(stored) @ seen.T
    return whole


def _input_response(tensor: LazyTensor, seen: Array, spectrum: Spectrum, kept: NDArray[np.intp]) -> Response:
    """Responses of the kept neurons' input weights, whole and by learned component."""
    rows = np.empty((len(kept), tensor.shape[1]), np.float32)
    for index in np.argsort(kept):
        rows[index] = to_float32(tensor.read(int(kept[index]), int(kept[index]) + 1))[0]
    width = spectrum.shape[1]
    left = spectrum.right.T @ rows[:, :width].T
    return _response(rows @ seen.T, left, spectrum.right.T @ seen[:, :width].T, spectrum)


def _output_response(tensor: LazyTensor, tokens: Array, spectrum: Spectrum, kept: NDArray[np.intp]) -> Response:
    """Responses of the kept neurons' output weights: columns of ``tensor`` (hidden x neurons)."""
    columns = np.empty((tensor.shape[0], len(kept)), np.float32)
    for start, stored in tensor.blocks():
        columns[start : start + len(stored)] = to_float32(stored[:, kept])
    height = spectrum.shape[0]
    left = spectrum.left.T @ columns[:height]
    return _response(columns.T @ tokens.T, left, spectrum.left.T @ tokens[:, :height].T, spectrum)


def _response(whole: Array, left: Array, right: Array, spectrum: Spectrum) -> Response:
    return Response(requantise(whole), requantise(left), requantise(right), spectrum.shares.astype(np.float32))


def _leading(responses: Array, count: int) -> NDArray[np.intp]:
    strength = np.vecdot(responses, responses)
    return np.argsort(-strength, kind="stable")[:count]


def all_responses(
    anatomy: Anatomy, anchors: Anchors | Missing, spectra: Mapping[str, Spectrum], parameters: Parameters
) -> tuple[LayerResponses, ...] | Missing:
    """Responses of every chosen layer, or why there are none."""
    if isinstance(anchors, Missing):
        return anchors
    found = []
    for layer in response_layers(anatomy, spectra, parameters.response_layers):
        responses = collect_responses(anatomy, anchors, spectra, layer, parameters)
        if is_present(responses):
            found.append(responses)
    return tuple(found) or Missing("no layer has an MLP over the width of the embedding")
