"""What twins and derived models of the calibration half show: the data file that rulings are judged beside."""

import json
import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from stemma import Work
from stemma.constitution.ruling import DEFAULT_ALPHA
from stemma.constitution.sharing import find_sharing
from stemma.constitution.training import measure
from stemma.evidence.calibration import FORMAT
from stemma.evidence.pair import PairEvidence
from stemma.fingerprint import DEFAULT, Fingerprint
from stemma.usecases.models import fingerprint
from zoo.calibration_aligned import aligned_measures
from zoo.errors import ZooError

logger = logging.getLogger("zoo.calibration")
CALIBRATION = "calibration"
Sample = tuple[str, str, float]
"""Measure, architecture, value."""


def calibrate(zoos: Sequence[Path]) -> dict[str, Any]:
    """The data file as JSON data, from built zoos; only models of the calibration half enter.

    Raises:
        ZooError: a pair counts as calibration and one of its models does not, or no pair of a kind is built.
    """
    samples: dict[str, list[Sample]] = {"twins": [], "derived": []}
    for zoo in zoos:
        chosen = list(calibration_pairs(zoo))
        prints = _Prints(zoo)
        for kind, architecture, a, b in chosen:
            closer = aligned_measures(zoo / a, zoo / b, DEFAULT_ALPHA)
            measured = {**_measured(prints[a], prints[b]), **closer}
            samples[kind] += [(name, architecture, value) for name, value in measured.items()]
        logger.info("%s: %d pairs", zoo, len(chosen))
    measures = sorted({name for name, _, _ in samples["twins"]} & {name for name, _, _ in samples["derived"]})
    if not measures:
        raise ZooError(
            f"{len(samples['twins'])} twins and {len(samples['derived'])} derived pairs measured, expected some"
        )
    return {
        "format": FORMAT,
        "fingerprint": DEFAULT.schema,
        "made_by": "python -m zoo calibrate",
        "measures": {m: {kind: spread(_of(samples[kind], m)) for kind in ("twins", "derived")} for m in measures},
    }


def calibration_pairs(zoo: Path) -> Iterator[tuple[str, str, str, str]]:
    """Kind ("twins" or "derived"), architecture and both paths of every built, scored pair of the calibration half."""
    models = {m["path"]: m for m in json.loads((zoo / "zoo.json").read_text("utf-8"))["models"]}
    for line in (zoo / "pairs.jsonl").read_text("utf-8").splitlines():
        pair = json.loads(line)
        kind = _kind(pair)
        if pair["split"] != CALIBRATION or kind is None or not {pair["a"], pair["b"]} <= models.keys():
            continue
        a, b = models[pair["a"]], models[pair["b"]]
        for model in (a, b):
            if model["split"] != CALIBRATION:
                raise ZooError(f"{model['name']} is of the {model['split']} half, expected {CALIBRATION}")
        yield kind, a["architecture"], pair["a"], pair["b"]


def _kind(pair: Mapping[str, Any]) -> str | None:
    if pair.get("unscored"):
        return None
    if pair["label"] == "linked":
        return "derived"
    return "twins" if pair["exclusion"] == "X4" and pair["category"].startswith("twins") else None


def spread(values: Mapping[str, Sequence[float]]) -> dict[str, Any]:
    """Mean and standard deviation with every architecture weighing the same.

    The mean is that of the architectures' means, the deviation the root of the mean over architectures of their mean
    squared distance from it.
    """
    arrays = [np.array(v, float) for v in values.values()]
    mean = float(np.mean([a.mean() for a in arrays]))
    deviation = float(np.sqrt(np.mean([((a - mean) ** 2).mean() for a in arrays])))
    return {
        "mean": round(mean, 6),
        "deviation": round(deviation, 6),
        "least": round(min(float(a.min()) for a in arrays), 6),
        "most": round(max(float(a.max()) for a in arrays), 6),
        "pairs": sum(len(a) for a in arrays),
        "architectures": len(arrays),
    }


def _of(samples: Iterable[Sample], measure_name: str) -> dict[str, list[float]]:
    found: dict[str, list[float]] = defaultdict(list)
    for name, architecture, value in samples:
        if name == measure_name:
            found[architecture].append(value)
    return dict(sorted(found.items()))


def _measured(a: Fingerprint, b: Fingerprint) -> dict[str, float]:
    pair = PairEvidence(a, b)
    found = measure(pair, find_sharing(pair, DEFAULT_ALPHA))
    return {**{name: o.rho for name, o in found.ratios.items()}, **found.nearness}


class _Prints(dict[str, Fingerprint]):
    """Fingerprints of a zoo's models by path, made when first asked for."""

    def __init__(self, zoo: Path) -> None:
        super().__init__()
        self._zoo, self._work = zoo, Work(cache=None, workers=1)

    def __missing__(self, path: str) -> Fingerprint:
        self[path] = fingerprint(str(self._zoo / path), self._work).fingerprint
        return self[path]
