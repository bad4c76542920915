"""What is published: plain values that the use cases fill and the renderings read.

A report holds either what was found or, in ``error``, why nothing could be found; never both, never neither.
Sizes are in bytes, times in seconds. ``cost`` names what the work took, as ``bytes_read`` or ``seconds``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Any

from stemma.constitution.interface import Ruling
from stemma.identity import Missing
from stemma.immutable import immutable
from stemma.publish.comparison import NOT_READ, ComparisonReport, ModelSummary, either

if TYPE_CHECKING:
    from stemma.evidence.merge import Merge

__all__ = [
    "CatalogEntry",
    "CatalogListing",
    "ComparisonReport",
    "DtypeCount",
    "Exemption",
    "FileEntry",
    "FingerprintReport",
    "InspectionReport",
    "ModelSummary",
    "RoleCount",
    "ScanCandidate",
    "ScanReport",
]

_NOT_COMPUTED = Missing("not computed")
_NOT_WRITTEN = Missing("not written to a file")
_NOT_RECORDED = Missing("not recorded")


@immutable
class FileEntry:
    """One file of a model; ``digest`` is written ``algorithm:hex``."""

    name: str
    format: str
    size: int
    tensors: int | Missing
    digest: str | Missing = _NOT_COMPUTED


@immutable
class DtypeCount:
    """How many tensors and parameters are stored in one type."""

    dtype: str
    tensors: int
    parameters: int


@immutable
class RoleCount:
    """How many tensors of one role one stack has, and their distinct canonical shapes as text."""

    stack: str
    role: str
    tensors: int
    shapes: tuple[str, ...] = ()


@immutable
class Exemption:
    """A tensor without a role, and why."""

    tensor: str
    reason: str


@immutable
class InspectionReport:
    """What a model is made of. ``facts`` are config facts, ``declared`` what metadata claim of parents."""

    reference: str
    summary: ModelSummary | None = None
    error: str | None = None
    files: tuple[FileEntry, ...] = ()
    dtypes: tuple[DtypeCount, ...] = ()
    roles: tuple[RoleCount, ...] = ()
    exempt: tuple[Exemption, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    tokenizer: str | Missing = NOT_READ
    declared: Mapping[str, Any] = field(default_factory=dict)
    cost: Mapping[str, Any] = field(default_factory=dict)
    stemma: str = ""

    def __post_init__(self) -> None:
        either(self.summary, self.error)


@immutable
class FingerprintReport:
    """One fingerprint that was made. ``schema`` names its parameters, ``files`` the sources and digests."""

    reference: str
    summary: ModelSummary | None = None
    error: str | None = None
    output: str | Missing = _NOT_WRITTEN
    digest: str = ""
    size: int = 0
    schema: str = ""
    files: tuple[FileEntry, ...] = ()
    cost: Mapping[str, Any] = field(default_factory=dict)
    stemma: str = ""

    def __post_init__(self) -> None:
        either(self.summary, self.error)


@immutable
class ScanCandidate:
    """One model of the catalog, as near as it came. A of its ``ruling`` is the candidate, B the query.

    ``score`` is the similarity of the search sketches and orders work only; ``ruling`` is None where the
    candidate was ranked but not compared. ``corrected_log10_p`` is the strongest p-value after correction for
    the size of the catalog.
    """

    rank: int
    name: str
    score: float
    ruling: Ruling | None = None
    corrected_log10_p: float | None = None


@immutable
class ScanReport:
    """A query against a catalog. ``corrected_for`` counts the candidates that alpha is spread over.

    ``merge`` is the merge that the query was found to be, or why it counts as none; None where nothing was looked for.
    """

    query: str
    catalog: str
    catalog_size: int
    corrected_for: int
    candidates: tuple[ScanCandidate, ...] = ()
    model: ModelSummary | None = None
    error: str | None = None
    alpha: float = 1e-6
    not_examined: tuple[str, ...] = ()
    cost: Mapping[str, Any] = field(default_factory=dict)
    stemma: str = ""
    merge: Merge | Missing | None = None


@immutable
class CatalogEntry:
    """One fingerprint in a catalog."""

    name: str
    digest: str
    schema: str
    size: int
    parameters: int | Missing
    layers: int | Missing
    hidden: int | Missing
    source: str | Missing = _NOT_RECORDED


@immutable
class CatalogListing:
    """The fingerprints that a catalog holds, in its own order. ``problems`` is what a verification found."""

    catalog: str
    entries: tuple[CatalogEntry, ...] = ()
    problems: tuple[str, ...] = ()
    stemma: str = ""
