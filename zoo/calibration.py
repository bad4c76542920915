"""What twins and derived models of the calibration half show: the data file that rulings are judged beside."""

import json
import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from stemma import Work
from stemma.constitution.ruling import DEFAULT_ALPHA
from stemma.constitution.sharing import find_sharing
from stemma.constitution.training import gains_of, learned, matrices_of, measure, told_of
from stemma.evidence.calibration import FEWEST, FIRST_ENERGY, FORMAT
from stemma.evidence.learned_parts import Overlap
from stemma.evidence.pair import PairEvidence
from stemma.fingerprint import DEFAULT, Fingerprint
from stemma.usecases.models import fingerprint
from zoo.calibration_aligned import aligned_measures
from zoo.errors import ZooError
from zoo.workers import pool

logger = logging.getLogger("zoo.calibration")
CALIBRATION = "calibration"
_EARLY = "early "
_LITTLE = ("a tenth", "hidden width")
_DISGUISED, _ALIGNED = "evasion", "aligned"
MOST = 24
"""So many pairs of a kind are measured of one run: more say little new, as they share their models."""


class Run(NamedTuple):
    """All that was made of one architecture and seed."""

    architecture: str
    seed: int


class Measurable(NamedTuple):
    """A pair: its kind, run and both paths. Of ``disguised`` models nothing is where it was, so that only measures that
    find units again are taken."""

    kind: str
    run: Run
    a: str
    b: str
    disguised: bool


@dataclass(frozen=True)
class Sample:
    """What was measured of one pair: its kind ("twins" or "derived"), its run, and values by name."""

    kind: str
    run: Run
    values: Mapping[str, float]


def calibrate(zoos: Sequence[Path], jobs: int = 1) -> dict[str, Any]:
    """The data file as JSON data, from built zoos, by so many processes; only models of the calibration half enter.

    Raises:
        ZooError: a pair counts as calibration and one of its models does not, or no pair of a kind is built.
    """
    groups = [(zoo, group) for zoo in zoos for group in by_run(calibration_pairs(zoo))]
    samples: list[Sample] = []
    with pool(min(jobs, max(1, len(groups)))) as mapped:
        measured = mapped(_samples, [zoo for zoo, _ in groups], [pairs for _, pairs in groups])
        for (_, pairs), found in zip(groups, measured, strict=True):
            samples += found
            logger.info("%s, seed %d: %d pairs", *pairs[0].run, len(pairs))
    twins, derived = ([s for s in samples if s.kind == kind] for kind in ("twins", "derived"))
    both = {n for s in twins for n in s.values} & {n for s in derived for n in s.values}
    measures = sorted(name for name in both if not name.startswith(_EARLY))
    if not measures:
        raise ZooError(f"{len(twins)} twins and {len(derived)} derived pairs measured, expected some")
    early = sorted({name for s in twins for name in s.values if name.startswith(_EARLY)})
    return {
        "format": FORMAT,
        "fingerprint": DEFAULT.schema,
        "made_by": "python -m zoo calibrate",
        "seeds": sorted({s.run.seed for s in samples}),
        "measures": {m: {"twins": spread(_of(twins, m)), "derived": spread(_of(derived, m))} for m in measures},
        "together": together(twins, measures),
        "early": {m.removeprefix(_EARLY): spread(_of(twins, m)) for m in early},
    }


def by_run(pairs: Iterable[Measurable]) -> list[list[Measurable]]:
    """Of every run at most :data:`MOST` pairs of a kind, evenly picked."""
    kinds: dict[tuple[Run, str], list[Measurable]] = defaultdict(list)
    for pair in pairs:
        kinds[pair.run, pair.kind].append(pair)
    groups: dict[Run, list[Measurable]] = defaultdict(list)
    for (group, _), found in kinds.items():
        picks = np.unique(np.linspace(0, len(found) - 1, min(MOST, len(found))).round().astype(int))
        groups[group] += [found[i] for i in picks]
    return list(groups.values())


def _samples(zoo: Path, pairs: Sequence[Measurable]) -> list[Sample]:
    """Everything measured of these pairs."""
    prints = _Prints(zoo)
    samples = []
    for kind, run, a, b, disguised in pairs:
        found = by_energy(*_measured(prints[a], prints[b]))
        if disguised:
            found = {name: value for name, value in found.items() if "matched" in name}
        aligned = by_energy(*aligned_measures(zoo / a, zoo / b, DEFAULT_ALPHA))
        samples.append(Sample(kind, run, found | aligned))
    return samples


def together(twins: Sequence[Sample], measures: Sequence[str]) -> dict[str, float]:
    """How the deviations of every two measures go together over twins, as a correlation about their means.

    Only of correlations that a ruling asks together, in place or aligned, and that were seen together in enough
    architectures to show how much these differ.
    """
    found = {}
    asked = [name for name in measures if "nearness" not in name]
    for x, y in combinations(asked, 2):
        if x.startswith(_ALIGNED) != y.startswith(_ALIGNED):
            continue
        seen = [s for s in twins if x in s.values and y in s.values]
        if len({s.run.architecture for s in seen}) >= FEWEST:
            found[f"{x}|{y}"] = round(_correlation(seen, x, y), 4)
    return found


def _correlation(samples: Sequence[Sample], x: str, y: str) -> float:
    of_x, of_y = _of(samples, x), _of(samples, y)
    mean_x, mean_y = (np.mean([np.mean(v) for v in values.values()]) for values in (of_x, of_y))
    away = [(np.array(v) - mean_x, np.array(of_y[run]) - mean_y) for run, v in of_x.items()]
    product, square_x, square_y = np.mean([[np.mean(p * q), np.mean(p * p), np.mean(q * q)] for p, q in away], axis=0)
    return float(product / (square_x * square_y) ** 0.5)


def by_energy(ratios: Mapping[str, Overlap], nearness: Mapping[str, float], silent: int = 0) -> dict[str, float]:
    """The ratios that can be asked, and the nearness under the name that goes with how much both sides learned."""
    told = told_of(ratios, silent)
    if told:
        return {**{name: o.rho for name, o in (told | gains_of(ratios)).items()}, **nearness}
    matrices = matrices_of(ratios)
    early = matrices and learned(matrices, silent) >= FIRST_ENERGY
    return {_EARLY + name: value for name, value in nearness.items()} if early else {}


def calibration_pairs(zoo: Path) -> Iterator[Measurable]:
    """Kind ("twins" or "derived"), run and both paths of every built, scored pair of the calibration half."""
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
        disguised = any(_DISGUISED in text for text in (pair["category"], a["category"], b["category"]))
        yield Measurable(kind, Run(a["architecture"], a["seed"]), pair["a"], pair["b"], disguised)


def _kind(pair: Mapping[str, Any]) -> str | None:
    if pair.get("unscored") or any(word in pair["category"] for word in _LITTLE):
        return None
    if pair["label"] == "linked":
        return "derived"
    return "twins" if pair["exclusion"] == "X4" and pair["category"].startswith("twins") else None


def spread(values: Mapping[Run, Sequence[float]]) -> dict[str, Any]:
    """Mean and standard deviation with every run weighing the same.

    The mean is that of the runs' means, the deviation the root of the mean over runs of their mean squared distance
    from it; ``between`` is the deviation of the architectures' means.
    """
    arrays = [np.array(v, float) for v in values.values()]
    architectures: dict[str, list[float]] = defaultdict(list)
    for run, array in zip(values, arrays, strict=True):
        architectures[run.architecture].append(float(array.mean()))
    mean = float(np.mean([a.mean() for a in arrays]))
    deviation = float(np.sqrt(np.mean([((a - mean) ** 2).mean() for a in arrays])))
    return {
        "mean": round(mean, 6),
        "deviation": round(deviation, 6),
        "between": round(float(np.std([np.mean(means) for means in architectures.values()])), 6),
        "least": round(min(float(a.min()) for a in arrays), 6),
        "most": round(max(float(a.max()) for a in arrays), 6),
        "pairs": sum(len(a) for a in arrays),
        "architectures": len(architectures),
        "runs": len(arrays),
    }


def _of(samples: Iterable[Sample], measure_name: str) -> dict[Run, list[float]]:
    found: dict[Run, list[float]] = defaultdict(list)
    for sample in samples:
        if measure_name in sample.values:
            found[sample.run].append(sample.values[measure_name])
    return dict(sorted(found.items()))


def _measured(a: Fingerprint, b: Fingerprint) -> tuple[Mapping[str, Overlap], Mapping[str, float], int]:
    pair = PairEvidence(a, b)
    found = measure(pair, find_sharing(pair, DEFAULT_ALPHA))
    return found.ratios, found.nearness, found.silent


class _Prints(dict[str, Fingerprint]):
    """Fingerprints of a zoo's models by path, made when first asked for."""

    def __init__(self, zoo: Path) -> None:
        super().__init__()
        self._zoo, self._work = zoo, Work(cache=None, workers=1)

    def __missing__(self, path: str) -> Fingerprint:
        self[path] = fingerprint(str(self._zoo / path), self._work).fingerprint
        return self[path]
