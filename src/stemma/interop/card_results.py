"""The ``model-index`` of a card on the Hugging Face hub as measured results."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from stemma.interop.drafts import Draft, one_line
from stemma.records import Json

MAX_ITEMS = 1_000


def card_results(draft: Draft, index: object, source: str) -> list[Json]:
    """Every number of a ``model-index`` as an entry of ``card.results``; what is no number is noted in ``draft``."""
    results: list[Json] = []
    for task, data, metric, origin in _measured(index):
        value = number(metric.get("value"))
        name = one_line(metric.get("type")) or one_line(metric.get("name"))
        if value is None or not name:
            got = one_line(str(metric.get("value")), 40)
            draft.note(
                f"A result {name or 'without metric'} has the value {got!r}.",
                "It was left out: no number.",
                place=(source, 0),
                rule="results",
            )
            continue
        result: dict[str, Json] = {
            "task": one_line(task.get("type")),
            "dataset": one_line(data.get("name") or data.get("type"), 300),
            "split": one_line(data.get("split")),
            "metric": name,
            "value": value,
            "source": one_line(origin.get("url"), 2_000),
            "note": _also(data, metric),
        }
        results.append({key: found for key, found in result.items() if found != ""})
    if len(results) > MAX_ITEMS:
        draft.note(
            f"There are {len(results)} results.", f"The first {MAX_ITEMS} were kept.", place=(source, 0), rule="results"
        )
    return results[:MAX_ITEMS]


def _also(data: Mapping[str, Any], metric: Mapping[str, Any]) -> str:
    kind, name = one_line(data.get("type")), one_line(data.get("name"))
    called, metric_type = one_line(metric.get("name")), one_line(metric.get("type"))
    said = [f"dataset {kind}"] if kind and name and kind != name else []
    said += [f"metric {called}"] if called and metric_type and called != metric_type else []
    said += [f"config {one_line(data.get('config'))}"] if one_line(data.get("config")) else []
    return "; ".join(said)


_Measured = tuple[Mapping[str, Any], Mapping[str, Any], Mapping[str, Any], Mapping[str, Any]]


def _measured(index: object) -> Iterator[_Measured]:
    """Task, data set, metric and source of every number of a model-index; what has another shape is passed over."""
    for model in _mappings(index):
        for result in _mappings(model.get("results")):
            task, data, origin = (_mapping(result.get(key)) for key in ("task", "dataset", "source"))
            for metric in _mappings(result.get("metrics")):
                yield task, data, metric, origin


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _mappings(value: object) -> list[Mapping[str, Any]]:
    found = value if isinstance(value, list) else [value]
    return [each for each in found[: 10 * MAX_ITEMS] if isinstance(each, dict)]


def number(value: object) -> float | int | None:
    """A finite number, also where it is written as text; None for anything else."""
    if (
        isinstance(value, bool)
        or not isinstance(value, (str, int, float))
        or (isinstance(value, str) and len(value) > 40)
    ):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    if not math.isfinite(found):
        return None
    return int(found) if found.is_integer() and abs(found) < 2**53 else found
