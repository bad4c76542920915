"""Fill, list and check catalogs."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from stemma.catalog import Addition, Catalog, Summary
from stemma.catalog.names import name_from_label
from stemma.errors import StemmaError
from stemma.fingerprint import SUFFIX
from stemma.identity import Missing, PathReference, parse_reference
from stemma.identity.version import VERSION
from stemma.publish.model import CatalogEntry, CatalogListing
from stemma.usecases.models import fingerprint
from stemma.usecases.settings import DEFAULT_WORK, Work


def default_catalog() -> Path:
    """``STEMMA_CATALOG``, or the catalog in the user's data directory."""
    configured = os.environ.get("STEMMA_CATALOG")
    if configured:
        return Path(configured)
    data = os.environ.get("XDG_DATA_HOME")
    return (Path(data) if data else Path.home() / ".local" / "share") / "stemma" / "catalog"


def add_models(
    catalog: Catalog,
    references: Sequence[str],
    work: Work = DEFAULT_WORK,
    *,
    name: str | None = None,
    replace: bool = False,
) -> list[Addition]:
    """Fingerprint models (or take stored fingerprints) into the catalog, one after the other.

    Without a ``name`` a local model goes by the name of its folder or file, any other by its reference.

    Raises:
        InputError: a model cannot be read, or its name is taken by another fingerprint.
    """
    return [
        catalog.add(fingerprint(r, work).fingerprint, name=_local_name(r) if name is None else name, replace=replace)
        for r in references
    ]


def _local_name(reference: str) -> str | None:
    parsed = parse_reference(reference)
    if not isinstance(parsed, PathReference) or parsed.path.suffix == SUFFIX:
        return None
    return name_from_label(parsed.path.resolve().name)


def listing(catalog: Catalog) -> CatalogListing:
    """What the catalog holds.

    Raises:
        InputError: there is no catalog.
        StemmaError: an entry cannot be read.
    """
    entries = tuple(_entry(catalog.show(entry.name)) for entry in catalog.entries())
    return CatalogListing(str(catalog.directory), entries, (), VERSION)


def verified(catalog: Catalog) -> CatalogListing:
    """The entries that can be read, with everything that is wrong."""
    faults = tuple(f"{fault.name}: {fault.kind}: {fault.detail}" for fault in catalog.verify())
    return CatalogListing(str(catalog.directory), tuple(_readable(catalog)), faults, VERSION)


def _readable(catalog: Catalog) -> Iterator[CatalogEntry]:
    try:
        names = catalog.names()
    except StemmaError:  # the index itself is damaged: that is among the faults
        return
    for name in names:
        try:
            yield _entry(catalog.show(name))
        except StemmaError:  # as above
            continue


def _entry(held: Summary) -> CatalogEntry:
    return CatalogEntry(
        held.entry.name,
        str(held.entry.digest),
        held.schema,
        held.entry.size,
        held.parameters,
        _fact(held.description, "layers"),
        _fact(held.description, "hidden"),
        held.label,
    )


def _fact(description: dict[str, object], name: str) -> int | Missing:
    facts = description.get("facts")
    value = facts.get(name) if isinstance(facts, dict) else None
    return value if isinstance(value, int) else Missing("not stated by the fingerprint")
