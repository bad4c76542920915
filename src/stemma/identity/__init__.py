"""Values that name things: absence with a reason, references, digests, versions and their ranges.

Versions and what is written with them come with their modules, when one is first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from stemma.identity.absence import Missing, is_present
from stemma.identity.addresses import split_address
from stemma.identity.digests import Digest, oms_root
from stemma.identity.references import HubReference, PathReference, Reference, UrlReference, parse_reference

if TYPE_CHECKING:
    from stemma.identity.ranges import Range
    from stemma.identity.requirements import (
        Requirement,
        name_problem,
        parse_loose_requirement,
        parse_name,
        parse_requirement,
    )
    from stemma.identity.semantic import Version, successor

__all__ = [
    "Digest",
    "HubReference",
    "Missing",
    "PathReference",
    "Range",
    "Reference",
    "Requirement",
    "UrlReference",
    "Version",
    "is_present",
    "name_problem",
    "oms_root",
    "parse_loose_requirement",
    "parse_name",
    "parse_reference",
    "parse_requirement",
    "split_address",
    "successor",
]

_HOMES = {"Range": "ranges", "Version": "semantic", "successor": "semantic"}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES.get(name, 'requirements')}"), name)
