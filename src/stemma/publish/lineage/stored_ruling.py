"""A ruling that a registry keeps, as the report it was made of: what was not kept (models, layer map) is missing."""

from __future__ import annotations

import json
import math
from typing import Any

from stemma.constitution.interface import Confidence, Direction, Established, Label, Ruling
from stemma.errors import InputError
from stemma.evidence.interface import Background, Evidence, SiteValue
from stemma.publish.model import ComparisonReport
from stemma.registry.edges import MeasuredEdge


def report_of(edge: MeasuredEdge) -> ComparisonReport:
    """The report; raises InputError where what is kept of the evidence cannot be read."""
    try:
        ruling = Ruling(
            label=Label(edge.label),
            established=Established(edge.established),
            kinship=edge.kinship,
            direction=Direction(edge.direction),
            mechanism=edge.mechanism,
            exclusion=edge.exclusion,
            reasons=edge.reasons,
            not_examined=edge.not_examined,
            evidence=tuple(_evidence(each) for each in json.loads(edge.evidence or "[]")),
            status=edge.status,
            confidence=Confidence(edge.confidence) if edge.confidence else None,
            alpha=edge.alpha,
            constitution=edge.constitution,
            looked_everywhere=edge.looked_everywhere,
        )
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError(f"The evidence of the ruling {edge.id[:12]} cannot be read: {error}.") from error
    return ComparisonReport(edge.a, edge.b, ruling, stemma=edge.stemma)


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


def _number(value: Any) -> float:
    """JSON has null for a number that was not finite."""
    return math.nan if value is None else float(value)
