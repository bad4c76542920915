"""The fingerprints one can scan against: a directory, its index, and exact search."""

from stemma.catalog.catalog import Catalog
from stemma.catalog.interface import (
    Addition,
    Change,
    Entry,
    Fault,
    FaultKind,
    Match,
    Repair,
    Summary,
    VectorIndex,
)
from stemma.catalog.names import name_from_label
from stemma.catalog.search import ExactIndex

__all__ = [
    "Addition",
    "Catalog",
    "Change",
    "Entry",
    "ExactIndex",
    "Fault",
    "FaultKind",
    "Match",
    "Repair",
    "Summary",
    "VectorIndex",
    "name_from_label",
]
