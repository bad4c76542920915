"""Adapters alone, each held against a catalog of all bases of its split."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from stemma.cache import FeatureCache
from stemma.catalog import Catalog
from stemma.constitution.interface import Label
from stemma.usecases.catalogs import add_models
from stemma.usecases.scan import scan
from stemma.usecases.settings import Work
from zoo.score.cases import Built

BASES = ("base", "twin-order", "twin-data", "other-init", "overtrained-5", "overtrained-6")
KIN = ("base", "twin-order", "twin-data")
"""Runs of the base's initialisation: adapters cannot tell these apart, and need not."""


@dataclass(frozen=True)
class Alone:
    """One adapter: who was ranked first, whether that is its base or its kin, and how many strangers were linked."""

    name: str
    first: str
    right: bool
    strangers_linked: int
    catalog: int


def score_adapters(built: Built, splits: Sequence[str]) -> list[Alone]:
    """All adapters alone of these splits."""
    return [one for split in splits for one in _split(built, split)]


def _split(built: Built, split: str) -> list[Alone]:
    complete = [name for name in built.entries if built.zoo[name].split == split]
    adapters = [name for name in complete if name.endswith("-adapter")]
    if not adapters:
        return []
    bases = [name for name in complete if name.split("-", 2)[2] in BASES]
    work = Work(file_digests=False, cache=FeatureCache(built.folder / ".score" / "cache"), workers=1)
    with TemporaryDirectory(prefix="stemma-") as folder:
        catalog = Catalog(Path(folder) / "catalog")
        add_models(catalog, [str(built.model(name)) for name in bases], work)
        return [_ask(built, name, catalog, work) for name in adapters]


def _ask(built: Built, name: str, catalog: Catalog, work: Work) -> Alone:
    found = scan(str(built.model(name)), catalog, work).candidates
    group = name.removesuffix("adapter")
    kin = {group + suffix for suffix in KIN}
    linked = [c.name for c in found if c.ruling is not None and c.ruling.label is Label.LINKED]
    first = found[0].name
    return Alone(name, first, first in kin, sum(one not in kin for one in linked), catalog.size)
