"""Values that name things: absence with a reason, references, digests, versions and their ranges."""

from stemma.identity.absence import Missing, is_present
from stemma.identity.digests import Digest, oms_root
from stemma.identity.ranges import Range
from stemma.identity.references import HubReference, PathReference, Reference, UrlReference, parse_reference
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
    "successor",
]
