"""Which specimens a zoo of a given size holds."""

from zoo.breadth import breadth
from zoo.core import core
from zoo.group import Group
from zoo.lineage import Specimen
from zoo.sizes import FULL, LARGE, SIZES, SMALL, THIN, WIDE, Size

__all__ = ["FULL", "LARGE", "SIZES", "SMALL", "THIN", "WIDE", "Size", "specimens"]


def specimens(size: Size) -> dict[str, Specimen]:
    """All specimens of a zoo by name, in the order of making."""
    groups = [Group(size, name, seed, split) for seed, split in size.seeds for name in size.steps]
    found = [s for group in groups for s in _members(size, group)]
    return {s.name: s for s in sorted(found, key=lambda s: (s.stage, s.seed))}


def _members(size: Size, group: Group) -> list[Specimen]:
    """Those of a group that the size asks for; of a broad size all, else the core alone."""
    wanted = {group.name(suffix) for suffix in size.members}
    everything = [*core(group), *(breadth(group) if size.broad else ())]
    return [s for s in everything if not wanted or s.name in wanted]
