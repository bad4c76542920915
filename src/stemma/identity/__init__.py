"""Values that name things: absence with a reason, references, digests, schema ids."""

from stemma.identity.absence import Missing, is_present
from stemma.identity.digests import Digest, oms_root
from stemma.identity.references import HubReference, PathReference, Reference, UrlReference, parse_reference

__all__ = [
    "Digest",
    "HubReference",
    "Missing",
    "PathReference",
    "Reference",
    "UrlReference",
    "is_present",
    "oms_root",
    "parse_reference",
]
