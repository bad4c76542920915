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
from stemma.evidence.calibration import FIRST_ENERGY, FORMAT, LEAST_ENERGY
from stemma.evidence.learned_overlap import Overlap
from stemma.evidence.pair import PairEvidence
from stemma.fingerprint import DEFAULT, Fingerprint
from stemma.usecases.models import fingerprint
from zoo.calibration_aligned import aligned_measures
from zoo.errors import ZooError
from zoo.workers import pool

logger = logging.getLogger("zoo.calibration")
CALIBRATION = "calibration"
_EARLY = "early "
Sample = tuple[str, str, float]
"""Measure, architecture, value."""
_Pair = tuple[str, str, str, str]


def calibrate(zoos: Sequence[Path], jobs: int = 1) -> dict[str, Any]:
    """The data file as JSON data, from built zoos, by so many processes; only models of the calibration half enter.

    Raises:
        ZooError: a pair counts as calibration and one of its models does not, or no pair of a kind is built.
    """
    samples: dict[str, list[Sample]] = {"twins": [], "derived": []}
    groups = [(zoo, group) for zoo in zoos for group in _by_architecture(calibration_pairs(zoo))]
    with pool(min(jobs, max(1, len(groups)))) as mapped:
        measured = mapped(_samples, [zoo for zoo, _ in groups], [pairs for _, pairs in groups])
        for (zoo, pairs), found in zip(groups, measured, strict=True):
            for kind, sample in found:
                samples[kind].append(sample)
            logger.info("%s, %s: %d pairs", zoo, pairs[0][1], len(pairs))
    both = {sample[0] for sample in samples["twins"]} & {sample[0] for sample in samples["derived"]}
    measures = sorted(name for name in both if not name.startswith(_EARLY))
    if not measures:
        raise ZooError(
            f"{len(samples['twins'])} twins and {len(samples['derived'])} derived pairs measured, expected some"
        )
    early = sorted({sample[0] for sample in samples["twins"] if sample[0].startswith(_EARLY)})
    return {
        "format": FORMAT,
        "fingerprint": DEFAULT.schema,
        "made_by": "python -m zoo calibrate",
        "measures": {m: {kind: spread(_of(samples[kind], m)) for kind in ("twins", "derived")} for m in measures},
        "early": {m.removeprefix(_EARLY): spread(_of(samples["twins"], m)) for m in early},
    }


def _by_architecture(pairs: Iterable[_Pair]) -> list[list[_Pair]]:
    groups: dict[str, list[_Pair]] = defaultdict(list)
    for pair in pairs:
        groups[pair[1]].append(pair)
    return list(groups.values())


def _samples(zoo: Path, pairs: Sequence[_Pair]) -> list[tuple[str, Sample]]:
    """Kind and sample of everything measured of these pairs."""
    prints = _Prints(zoo)
    samples: list[tuple[str, Sample]] = []
    for kind, architecture, a, b in pairs:
        for found in (_measured(prints[a], prints[b]), aligned_measures(zoo / a, zoo / b, DEFAULT_ALPHA)):
            samples += [(kind, (name, architecture, value)) for name, value in by_energy(*found).items()]
    return samples


def by_energy(ratios: Mapping[str, Overlap], nearness: Mapping[str, float]) -> dict[str, float]:
    """The ratios that can be asked, and the nearness under the name that goes with how much both sides learned."""
    if not ratios:
        return {}
    told = {name: o.rho for name, o in ratios.items() if o.energy >= LEAST_ENERGY}
    if told:
        return {**told, **nearness}
    early = min(o.energy for o in ratios.values()) >= FIRST_ENERGY
    return {_EARLY + name: value for name, value in nearness.items()} if early else {}


def calibration_pairs(zoo: Path) -> Iterator[_Pair]:
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


def _measured(a: Fingerprint, b: Fingerprint) -> tuple[Mapping[str, Overlap], Mapping[str, float]]:
    pair = PairEvidence(a, b)
    found = measure(pair, find_sharing(pair, DEFAULT_ALPHA))
    return found.ratios, found.nearness


class _Prints(dict[str, Fingerprint]):
    """Fingerprints of a zoo's models by path, made when first asked for."""

    def __init__(self, zoo: Path) -> None:
        super().__init__()
        self._zoo, self._work = zoo, Work(cache=None, workers=1)

    def __missing__(self, path: str) -> Fingerprint:
        self[path] = fingerprint(str(self._zoo / path), self._work).fingerprint
        return self[path]
