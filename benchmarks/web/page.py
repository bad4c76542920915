"""The page of figures of the server."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping
from typing import Any

from benchmarks.registry.hub import hub
from benchmarks.registry.page import TITLES, machine
from stemma.identity.version import VERSION

Found = Mapping[str, Any]
BARS = {"record": 50.0, "neighbourhood": 300.0}
NAMES = {"record": "page of a record", "neighbourhood": "neighbourhood of two steps"}


def page(found: Mapping[str, Found], records: int, *, full: bool) -> str:
    """All figures with what they are held against."""
    size = hub(records)
    parts = [
        "# Performance of the server",
        "",
        f"Written by `python -m benchmarks.web{'' if full else f' --records {records}'}`; do not edit. `stemma serve`",
        f"over the made-up hub of [performance-registry.md](performance-registry.md) with {size.records:,} records and",
        f"{size.edges:,} edges, in one process; whoever asks ran on the same machine and took its part of the cores.",
        "Records are drawn over data sets, members of families and bases, the two biggest bases among them. Pages are",
        "compressed as browsers ask for it. Under open load requests come at fixed moments whether or not earlier ones",
        "are answered, and time counts from that moment. A neighbourhood is `/api/v1/lineage`, two steps up, two down.",
        "",
        f"Machine: {machine()}. Python {platform.python_version()}, stemma {VERSION}.",
        "",
        "| open load | database | answer | requests | p50 ms | p95 ms | p99 ms | max ms | p95 at most | held |",
        "| --- | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |",
    ]
    for name, figures in found.items():
        for load in figures["open"]:
            parts += _open(TITLES[name], load)
    parts += [
        "",
        "| clients at once | database | minutes | requests | a second | answers of 5xx | broken connections | p95 ms |",
        "| ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    parts += [_many(TITLES[name], figures["many"]) for name, figures in found.items() if figures.get("many")]
    parts += ["", "| database | resident set MB | load of the machine before |", "| --- | ---: | ---: |"]
    parts += [
        f"| {TITLES[name]} | {figures['peak_mb']:.0f} | {figures['load_average']:.1f} |"
        for name, figures in found.items()
    ]
    return "\n".join(parts) + "\n"


def _open(title: str, load: Found) -> Iterator[str]:
    for kind, spread in load["kinds"].items():
        bar = BARS[kind]
        numbers = " | ".join(f"{spread[each]:.3g}" for each in ("p50", "p95", "p99", "max"))
        failed = sum(load["failures"].values()) + sum(n for s, n in load["statuses"].items() if s != "200")
        held = "yes" if spread["p95"] <= bar and not failed else "**no**"
        requests = f"{spread['requests']:,}" + (f", {failed} failed" if failed else "")
        yield f"| {load['words']} | {title} | {NAMES[kind]} | {requests} | {numbers} | {bar:g} | {held} |"


def _many(title: str, many: Found) -> str:
    requests = sum(many["statuses"].values())
    errors = sum(count for status, count in many["statuses"].items() if status.startswith("5"))
    broken = sum(many["failures"].values())
    slowest = max(spread["p95"] for spread in many["kinds"].values())
    numbers = f"{requests:,} | {requests / many['seconds']:.0f} | {errors} | {broken} | {slowest:.0f}"
    return f"| {many['clients']} | {title} | {many['seconds'] / 60:.1f} | {numbers} |"
