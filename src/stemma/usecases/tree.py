"""The family graph of a set of models or fingerprints."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory

from stemma.constitution.interface import Label, Ruling
from stemma.errors import InputError, StemmaError
from stemma.evidence.distances import Points, pair_distance, points
from stemma.evidence.merge import Merge
from stemma.evidence.third_model import older_of
from stemma.fingerprint import Fingerprint, load, save
from stemma.fingerprint.threads import one_blas_thread
from stemma.identity import is_present
from stemma.identity.version import VERSION
from stemma.publish.tree_model import TreeModel, TreeReport
from stemma.usecases.compare import compare_pairs
from stemma.usecases.family import Pair, family_graph
from stemma.usecases.merging import merge_among
from stemma.usecases.models import fingerprint
from stemma.usecases.settings import DEFAULT_WORK, Work
from stemma.vocabulary import Kinship

MOST_MODELS = 400
# A disguise hides how far weights moved: such a pair is joined where no pair in place joins the two.
_DISGUISE = 1.0
_LIMITS = (
    "An ancestor that is not among the models: its children are then joined with one another, without a direction.",
    "Distillation into fresh weights, which leaves no trace in weights.",
)


def tree(references: Sequence[str], work: Work = DEFAULT_WORK) -> TreeReport:
    """Rule on every pair, decompose merges, and join what is linked in one graph.

    A model that cannot be read keeps its place with the reason; alpha is spread over all pairs.

    Raises:
        InputError: fewer than two models, more than 400, or one named twice.
    """
    started = time.perf_counter()
    names = list(references)
    _check(names)
    with TemporaryDirectory(prefix="stemma-") as folder:
        models, errors = _read(names, Path(folder), work)
        readable = [name for name in names if name in models]
        rulings = _rulings(readable, Path(folder), names, work)
    with one_blas_thread():
        distances = _distances(readable, models, rulings)
        merges = _merges(readable, models, rulings)
        held = _Outgroups(models)
        family = family_graph(readable, rulings, distances, merges, held.older)
    count = len(set(family.numbers.values()))
    numbers = {**family.numbers, **{name: count + at for at, name in enumerate(errors, start=1)}}
    return TreeReport(
        tuple(TreeModel(name, numbers[name], errors.get(name)) for name in names),
        family.edges,
        pairs=len(rulings),
        linked=sum(r.label is Label.LINKED for r in rulings.values()),
        alpha=work.alpha,
        not_examined=_LIMITS,
        cost={"seconds": time.perf_counter() - started},
        stemma=VERSION,
    )


def _check(names: Sequence[str]) -> None:
    if not 2 <= len(names) <= MOST_MODELS:
        raise InputError(
            f"got {len(names)} models, expected 2 to {MOST_MODELS}.", advice="Name the models whose tree is wanted."
        )
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(f"{twice[0]} was named twice.", advice="Name every model once.")


def _read(names: Sequence[str], folder: Path, work: Work) -> tuple[dict[str, Fingerprint], dict[str, str]]:
    """Fingerprints by name, also stored as ``number.stemma`` so that pairs need no second reading; and errors."""
    models: dict[str, Fingerprint] = {}
    errors: dict[str, str] = {}
    for number, name in enumerate(names):
        try:
            made = fingerprint(name, replace(work, file_digests=False)).fingerprint
        except StemmaError as error:
            errors[name] = str(error)
            continue
        path = folder / f"{number}.stemma"
        save(made, path)
        models[name] = load(path)
    return models, errors


def _rulings(readable: Sequence[str], folder: Path, names: Sequence[str], work: Work) -> dict[Pair, Ruling]:
    pairs = list(combinations(readable, 2))
    if not pairs:
        return {}
    stored = {name: str(folder / f"{names.index(name)}.stemma") for name in readable}
    share = replace(work, alpha=work.alpha / len(pairs))
    reports = compare_pairs([(stored[a], stored[b]) for a, b in pairs], share)
    return {pair: report.ruling for pair, report in zip(pairs, reports, strict=True) if report.ruling is not None}


def _distances(
    names: Sequence[str], models: Mapping[str, Fingerprint], rulings: Mapping[Pair, Ruling]
) -> dict[Pair, float]:
    found: dict[Pair, float] = {}
    for (a, b), ruling in rulings.items():
        if ruling.label is not Label.LINKED:
            continue
        disguised = next((e for e in ruling.evidence if e.test == "neuron matching" and e.log10_p is not None), None)
        layers = [(pair.a, pair.b) for pair in ruling.layer_map]
        distance = pair_distance(models[a], models[b], layers)
        if is_present(distance) and distance < _DISGUISE:
            found[a, b] = distance
        elif disguised is not None:
            found[a, b] = _DISGUISE + float(disguised.facts.get("change", 1.0 - disguised.effect))
    return found


def _merges(
    names: Sequence[str], models: Mapping[str, Fingerprint], rulings: Mapping[Pair, Ruling]
) -> dict[str, Merge]:
    linked: dict[str, list[str]] = {name: [] for name in names}
    copies: set[Pair] = set()
    for (a, b), ruling in rulings.items():
        if ruling.label is Label.LINKED:
            linked[a].append(b)
            linked[b].append(a)
        if ruling.kinship is Kinship.COPY:
            copies |= {(a, b), (b, a)}
    found: dict[str, Merge] = {}
    for name in names:
        likely = dict.fromkeys((*linked[name], *names))
        others = {other: models[other] for other in likely if other != name and (name, other) not in copies}
        merge = merge_among(models[name], others, linked[name])
        if is_present(merge):
            found[name] = merge
    return found


class _Outgroups:
    """Positions of any three models, brought together when asked for."""

    def __init__(self, models: Mapping[str, Fingerprint]) -> None:
        self._models = models

    def older(self, a: str, b: str, outside: str) -> str | None:
        """See :func:`stemma.evidence.third_model.older_of`; None also where the three do not stand in one order."""
        in_place = pair_distance(self._models[a], self._models[b], ())
        if not is_present(in_place) or in_place >= _DISGUISE:
            return None
        held = points({name: self._models[name] for name in (a, b, outside)}, a)
        if not isinstance(held, Points) or len(held.names) < 3:
            return None
        return older_of(held, a, b, outside)
