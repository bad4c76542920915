"""Names and shapes to roles and sites: a checkpoint taken apart into canonical tensors."""

from stemma.anatomy.dissect import dissect
from stemma.anatomy.interface import Anatomy, Exempt, Facts, Part, Role, Site, Tokens
from stemma.anatomy.scheme import load_schemes
from stemma.anatomy.tokens import canonical_tokens

__all__ = [
    "Anatomy",
    "Exempt",
    "Facts",
    "Part",
    "Role",
    "Site",
    "Tokens",
    "canonical_tokens",
    "dissect",
    "load_schemes",
]
