"""What a whole registry holds, and whether it is sound: on a terminal and as JSON."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Console

from stemma.identity.version import VERSION
from stemma.publish.canonical import Document, as_document
from stemma.publish.figures import counted
from stemma.publish.terminal_parts import facts_grid, write, write_heading, write_section, write_table
from stemma.registry import Verified

STATISTICS = "stemma.registry-statistics/1"
VERIFICATION = "stemma.registry-verification/1"


def statistics_document(place: str, revision: str, counts: Mapping[str, int], head: str) -> Document:
    """How much a registry holds."""
    found = {"schema": STATISTICS, "registry": place, "revision": revision, "counts": dict(counts), "head": head}
    return as_document({**found, "stemma": VERSION})


def verified_document(found: Verified) -> Document:
    """What a check of a registry found."""
    return as_document(
        {
            "schema": VERIFICATION,
            "sound": not found.problems,
            "entries": found.entries,
            "head": found.head,
            "records": found.records,
            "unlogged": found.unlogged,
            "problems": list(found.problems),
            "stemma": VERSION,
        }
    )


def render_statistics(place: str, revision: str, counts: Mapping[str, int], head: str, console: Console) -> None:
    """How much a registry holds."""
    write_heading(console, f"{place}  (revision {revision})" if revision else place)
    write_table(console, "Held", ["what", "how many"], [(name, f"{count:,}") for name, count in counts.items()])
    write(console, facts_grid({"head of the audit log": head or "the log is empty"}))


def render_verified(found: Verified, console: Console) -> None:
    """What a check of a registry found."""
    write_heading(console, "sound" if not found.problems else counted(len(found.problems), "problem"))
    if found.problems:
        write_section(console, "Problems", list(found.problems))
    facts = {
        "audit log": counted(found.entries, "entry") if found.entries == 1 else f"{found.entries:,} entries",
        "head": found.head or "the log is empty",
        "records": f"{found.records:,}",
        "not named one by one in the log": f"{found.unlogged:,}",
    }
    write(console, facts_grid(facts))
