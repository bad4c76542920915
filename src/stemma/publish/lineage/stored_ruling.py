"""A ruling that a registry keeps, as the report it was made of: what was not kept (models) is missing."""

from __future__ import annotations

import json
import math
from typing import Any

from stemma.constitution.interface import Confidence, Direction, Established, Label, Ruling
from stemma.constitution.sharing import map_found
from stemma.errors import InputError
from stemma.evidence.interface import Background, Evidence, SiteValue
from stemma.evidence.merge import Merge, MergeKind, MergeLayer, MergeParent
from stemma.publish.merge_config import merge_configuration
from stemma.publish.model import ComparisonReport
from stemma.registry.edges import MeasuredEdge
from stemma.vocabulary import Kinship


def report_of(edge: MeasuredEdge) -> ComparisonReport:
    """The report; raises InputError where what is kept of the evidence cannot be read."""
    try:
        evidence = tuple(_evidence(each) for each in json.loads(edge.evidence or "[]"))
        ruling = Ruling(
            label=Label(edge.label),
            established=Established(edge.established),
            kinship=edge.kinship,
            direction=Direction(edge.direction),
            mechanism=edge.mechanism,
            exclusion=edge.exclusion,
            reasons=edge.reasons,
            not_examined=edge.not_examined,
            evidence=evidence,
            layer_map=() if edge.kinship is Kinship.COPY else map_found(evidence, edge.alpha),
            status=edge.status,
            confidence=Confidence(edge.confidence) if edge.confidence else None,
            alpha=edge.alpha,
            constitution=edge.constitution,
            looked_everywhere=edge.looked_everywhere,
        )
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError(f"The evidence of the ruling {edge.id[:12]} cannot be read: {error}.") from error
    return ComparisonReport(edge.a, edge.b, ruling, stemma=edge.stemma)


def merge_of(edge: MeasuredEdge) -> Merge | None:
    """The merge that is kept with a ruling over a merge and one of its parents; raises InputError as above."""
    try:
        for each in json.loads(edge.evidence or "[]"):
            if "merge" in each:
                return _merge(each["merge"], _evidence(each))
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise InputError(f"The merge of the ruling {edge.id[:12]} cannot be read: {error}.") from error
    return None


def _merge(told: dict[str, Any], evidence: Evidence) -> Merge:
    parents = tuple(
        MergeParent(str(p["name"]), *(_finite(p[key]) for key in ("coefficient", "low", "high", "density")))
        for p in told["parents"]
    )
    layers = tuple(
        MergeLayer(str(each["layer"]), tuple(map(_finite, each["coefficients"])), str(each.get("source", "")))
        for each in told["layers"]
    )
    if not parents or any(len(layer.coefficients) != len(parents) for layer in layers):
        raise ValueError("its layers do not have one coefficient for each parent")
    merge = Merge(
        kind=MergeKind(told["kind"]),
        base=None if told.get("base") is None else str(told["base"]),
        parents=parents,
        layers=layers,
        gain=_number(told["gain"]),
        left=_number(told["left"]),
        trained_on=bool(told["trained_on"]),
        collinear=_number(told["collinear"]),
        warnings=tuple(map(str, told.get("warnings", ()))),
        evidence=evidence,
    )
    merge_configuration(merge)  # what cannot be told as one is no merge
    return merge


def _evidence(told: Any) -> Evidence:
    if not isinstance(told, dict):
        raise TypeError(f"got {str(told)[:40]!r}, expected one test")
    background = told.get("background")
    return Evidence(
        test=str(told["test"]),
        site=str(told["site"]),
        statistic=_number(told["statistic"]),
        effect=_number(told["effect"]),
        log10_p=None if told.get("log10_p") is None else float(told["log10_p"]),
        null=str(told.get("null", "")),
        method=str(told.get("method", "")),
        sample=int(told.get("sample", 0)),
        background=None if background is None else _background(background),
        per_site=tuple(_site(each) for each in told.get("per_site", ())),
        facts=dict(told.get("facts", {})),
    )


def _site(told: dict[str, Any]) -> SiteValue:
    p = told.get("log10_p")
    return SiteValue(
        str(told["a"]),
        str(told["b"]),
        _number(told["statistic"]),
        None if p is None else float(p),
        _number(told["effect"]),
    )


def _background(told: dict[str, Any]) -> Background:
    return Background(_number(told["mean"]), _number(told["sd"]), str(told["source"]))


def _finite(value: Any) -> float:
    if not math.isfinite(number := float(value)):
        raise ValueError("a coefficient is not finite")
    return number


def _number(value: Any) -> float:
    """JSON has null for a number that was not finite."""
    return math.nan if value is None else float(value)
