"""Fill, list and check catalogs."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from stemma.catalog import Addition, Catalog
from stemma.identity import Missing
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

    Raises:
        InputError: a model cannot be read, or its name is taken by another fingerprint.
    """
    return [catalog.add(fingerprint(r, work).fingerprint, name=name, replace=replace) for r in references]


def listing(catalog: Catalog, problems: Sequence[str] = ()) -> CatalogListing:
    """What the catalog holds."""
    entries = [catalog.show(entry.name) for entry in catalog.entries()]
    return CatalogListing(
        str(catalog.directory),
        tuple(
            CatalogEntry(
                s.entry.name,
                str(s.entry.digest),
                s.schema,
                s.entry.size,
                s.parameters,
                _fact(s.description, "layers"),
                _fact(s.description, "hidden"),
                s.label,
            )
            for s in entries
        ),
        tuple(problems),
        VERSION,
    )


def verified(catalog: Catalog) -> CatalogListing:
    """The listing with everything that is wrong."""
    faults = [f"{fault.name}: {fault.kind}: {fault.detail}" for fault in catalog.verify()]
    return CatalogListing(str(catalog.directory), () if faults else listing(catalog).entries, tuple(faults), VERSION)


def _fact(description: dict[str, object], name: str) -> int | Missing:
    facts = description.get("facts")
    value = facts.get(name) if isinstance(facts, dict) else None
    return value if isinstance(value, int) else Missing("not stated by the fingerprint")
