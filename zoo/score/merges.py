"""Merges decomposed over all that a group holds, with nobody naming candidates."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from stemma.constitution.interface import Label
from stemma.identity import is_present
from stemma.usecases.judging import rule_on
from zoo.score.cases import Built
from zoo.score.nulls import printed
from zoo.score.rulings import code_digest
from zoo.workers import pool

if TYPE_CHECKING:
    from stemma.evidence.merge import Merge

LARGEST_ERROR = {"LinearMerge": 0.02, "SlerpMerge": 0.02, "TaskArithmetic": 0.02, "Ties": 0.05, "Dare": 0.05}


@dataclass(frozen=True)
class Decomposed:
    """One model put to the question: its true method ("" for no merge), what was found, and how far off it is."""

    name: str
    split: str
    method: str
    found: str
    parents_right: bool
    error: float | None
    """Largest difference of any coefficient, layer by layer where the method has them."""


def decompose_all(built: Built, splits: Sequence[str], jobs: int = 1) -> list[Decomposed]:
    """All merges, and the trained children of every base beside them, which are no merges.

    What the same code found before in the same models is not looked for again.
    """
    path = built.folder / ".score" / f"merges-{'-'.join(splits)}.json"
    key = [code_digest(), built.digest]
    kept = json.loads(path.read_text()) if path.exists() else {}
    if kept.get("key") == key:
        return [Decomposed(**record) for record in kept["merges"]]
    merges = built.merges(splits)
    others = [n for n in built.entries if built.zoo[n].split in splits and n.endswith(_NO_MERGES)]
    names = sorted({*merges, *others})
    with pool(jobs) as mapped:
        found = list(mapped(_decomposed, [built] * len(names), names, [merges.get(name) for name in names]))
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"key": key, "merges": [asdict(one) for one in found]}))
    return found


_NO_MERGES = ("-tuned-light", "-tuned-heavy", "-continued", "-pruned", "-int8", "-fork-50", "-lora-16")


def _decomposed(built: Built, name: str, truth: dict[str, Any] | None) -> Decomposed:
    from stemma.usecases.merging import merge_among

    query = printed(built, name)
    held = {n: printed(built, n) for n in built.candidates(name) if built.zoo[n].paired != "references"}
    linked = [n for n, one in held.items() if rule_on(query, one).label is Label.LINKED]
    found = merge_among(query, {n: held[n] for n in dict.fromkeys((*linked, *held))}, linked)
    split, method = built.zoo[name].split, truth["method"] if truth else ""
    if not is_present(found):
        return Decomposed(name, split, method, "none", truth is None, None)
    if truth is None:
        return Decomposed(name, split, "", found.kind.value, False, None)
    parents = {parent.name for parent in found.parents}
    right = parents == set(truth["parents"])
    return Decomposed(name, split, method, found.kind.value, right, _error(found, truth) if right else None)


def _error(found: "Merge", truth: dict[str, Any]) -> float:
    weights: list[dict[str, float]] = [dict(zip(truth["parents"], w, strict=True)) for w in truth["weights"]]
    if truth["method"] != "SlerpMerge":
        layers = range(len(weights))
        wanted = {n: sum(weights[i][n] for i in layers) / len(weights) for n in weights[0]}
        return max(abs(parent.coefficient - wanted[parent.name]) for parent in found.parents)
    names = [parent.name for parent in found.parents]
    inside = [(int(x.layer.rsplit(".", 1)[1]), x.coefficients) for x in found.layers if "." in x.layer]
    return max(abs(c - weights[i][n]) for i, given in inside for n, c in zip(names, given, strict=True))
