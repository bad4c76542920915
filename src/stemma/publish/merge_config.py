"""The nearest mergekit configuration of a merge that was found, as YAML text; names are those of the catalog."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from typing import Any

import yaml

from stemma.evidence.merge import Merge, MergeKind
from stemma.publish.figures import visible


def merge_configuration(merge: Merge) -> str:
    """A configuration that would make the merge again, as far as the coefficients were found (to four digits)."""
    build = {MergeKind.PASSTHROUGH: _passthrough, MergeKind.SLERP: _slerp}.get(merge.kind, _weighted)
    return yaml.safe_dump(build(merge), sort_keys=False, allow_unicode=False, width=100)


def _passthrough(merge: Merge) -> dict[str, Any]:
    slices = []
    sources = [layer.source.rsplit(": ", 1) for layer in merge.layers]
    taken = [(name, int(place.rsplit(".", 1)[1])) for name, place in sources]
    numbered = [(name, layer - at, layer) for at, (name, layer) in enumerate(taken)]
    for (name, _), run in groupby(numbered, key=lambda entry: entry[:2]):
        layers = [layer for _, _, layer in run]
        slices.append({"sources": [{"model": visible(name), "layer_range": [layers[0], layers[-1] + 1]}]})
    return {"merge_method": "passthrough", "slices": slices, "dtype": "float32"}


def _slerp(merge: Merge) -> dict[str, Any]:
    first, second = merge.parents
    curve = [_rounded(layer.coefficients[1]) for layer in merge.layers if not layer.layer.endswith(".-1")]
    t: Any = curve if len(set(curve)) > 1 else _rounded(second.coefficient)
    return {
        "merge_method": "slerp",
        "base_model": visible(first.name),
        "models": [{"model": visible(p.name)} for p in merge.parents],
        "parameters": {"t": t},
        "dtype": "float32",
    }


def _weighted(merge: Merge) -> dict[str, Any]:
    rescaled = merge.kind in (MergeKind.TIES, MergeKind.DARE)
    models = []
    for parent in merge.parents:
        settings: Mapping[str, float] = {"weight": _rounded(parent.coefficient)}
        if rescaled:
            settings = {**settings, "density": _rounded(parent.density)}
        models.append({"model": visible(parent.name), "parameters": settings})
    made: dict[str, Any] = {"merge_method": str(merge.kind), "models": models}
    if merge.base is not None:
        made["base_model"] = visible(merge.base)
    if merge.kind is not MergeKind.LINEAR:
        made["parameters"] = {"normalize": merge.kind is MergeKind.TIES}
    return {**made, "dtype": "float32"}


def _rounded(value: float) -> float:
    return round(float(value), 4)
