"""Which kind of relation an entry of ``relations.upstream`` is. UMR has one kind; the types on both sides, what the
records say of themselves, and a small table (``kinds.toml``) decide. Where they leave it open, the least claim is made.

| of | to | kind |
|---|---|---|
| any | family | variant-of; of a data set whose name does not begin with the family's, drawn-from |
| model, family | data set | evaluated-on where it is known to measure with alone, else trained-on |
| model | model that gives out no weights | distilled-from |
| model | model, and the record says that it was fine-tuned | finetuned-from |
| model | model | composed-from: some part of it is there, how is not said |
| data set | data set | drawn-from |
| data set | model | generated-by |
| family | model | none |
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

from stemma.interop.umr.read import Package
from stemma.vocabulary import RecordType, RelationKind

Choice = tuple[RelationKind | None, str]

_MEASURES = re.compile(r"\bbenchmark\b|\bevaluat", re.IGNORECASE)
_TRAINS = re.compile(r"\btrain|fine-?tun", re.IGNORECASE)
_TUNED = re.compile(r"\b(?:used for|by|was|were) fine-?tun|^fine-?tuned\b|fine-?tuned (?:from|on)\b", re.IGNORECASE)
_SIZE = re.compile(r"-(?:\d+(?:\.\d+)?[kmbt]\d*|nano|tiny|small|base|medium|large|x+l|huge|giant)", re.ASCII)


@cache
def _table(section: str) -> dict[str, str]:
    text = (files("stemma.interop.umr") / "kinds.toml").read_text(encoding="utf-8")
    entries: dict[str, str] = tomllib.loads(text)[section]
    return entries


def kind_of(package: Package, target: Package, types: dict[str, RecordType]) -> Choice:
    """The kind, or None where no kind fits; and why it was chosen, for the note of the evidence."""
    of, to = types[package.name], types[target.name]
    if to is RecordType.FAMILY:
        return _family(package, target, of)
    if of is RecordType.DATASET:
        if to is RecordType.DATASET:
            return RelationKind.DRAWN_FROM, "both are data sets"
        return RelationKind.GENERATED_BY, "a data set, and a model"
    if to is RecordType.DATASET:
        return _data(target)
    return (None, "a family is made from no model") if of is RecordType.FAMILY else _model(package, target)


def _family(package: Package, target: Package, of: RecordType) -> Choice:
    if of is RecordType.DATASET and not package.name.startswith(f"{target.name}-"):
        return RelationKind.DRAWN_FROM, "a data set, and a family that it is not named after"
    return RelationKind.VARIANT_OF, "the target is a family"


def _data(target: Package) -> Choice:
    known = _table("evaluation").get(target.name)
    text = target.metadata.get("description", "")
    if known:
        return RelationKind.EVALUATED_ON, known
    if _MEASURES.search(text) and not _TRAINS.search(text):
        return RelationKind.EVALUATED_ON, "its description speaks of measuring, not of training"
    return RelationKind.TRAINED_ON, "a data set; nothing says that it is for measuring alone"


def _model(package: Package, target: Package) -> Choice:
    known = _table("outputs-only").get(target.name)
    if known or target.tags == ["api"]:
        return RelationKind.DISTILLED_FROM, f"its weights were never given out: {known or 'it is tagged api'}"
    texts = [package.metadata.get("description", ""), *(text for texts in package.lists.values() for text in texts)]
    if any(_TUNED.search(text) for text in texts):
        return RelationKind.FINETUNED_FROM, "the record speaks of fine-tuning"
    return RelationKind.COMPOSED_FROM, "the record does not say how; the least claim"


def record_types(packages: Iterable[Package]) -> dict[str, RecordType]:
    """The type of every package by name: as written, but a model is the family of two or more that are its sizes.

    ``bloom-1b1`` and ``bloom-3b`` name ``bloom`` upstream: no weights of one are in the other.
    """
    held = list(packages)
    types = {package.name: package.type for package in held}
    sizes: dict[str, set[str]] = {}
    for package in held:
        for upstream in package.upstream:
            parent = upstream.asked.name
            if package.name.startswith(parent) and _SIZE.fullmatch(package.name[len(parent) :]):
                sizes.setdefault(parent, set()).add(package.name)
    families = {name for name, members in sizes.items() if len(members) > 1 and types.get(name) is RecordType.MODEL}
    return {name: RecordType.FAMILY if name in families else kind for name, kind in types.items()}
