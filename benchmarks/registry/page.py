"""The page of figures."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import sqlalchemy

from benchmarks.registry.hub import hub
from stemma.identity.version import VERSION

Found = Mapping[str, Any]
TITLES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


def page(found: Mapping[str, Found], records: int) -> str:
    """All figures with what they are held against, then the query plans."""
    size = hub(records)
    parts = [
        "# Performance of registries in SQL",
        "",
        f"Written by `python -m benchmarks.registry{'' if records == 3_000_000 else f' --records {records}'}`;",
        f"do not edit. A made-up hub of {size.records:,} records and {size.edges:,} edges, whose families are spread",
        f"as on the real one: the biggest base has {size.biggest:,} descendants, the second {size.second:,}",
        "(`benchmarks/registry/hub.py`). Each step ran in a process of its own. Times leave out start-up;",
        "walks are those of `stemma lineage` (`stemma.lineage.reach`), the page cache and the server's buffers warm.",
        "Processor time is that of our process alone. PostgreSQL ran on the same machine with 256 MB of shared buffers",
        f"and durable writes. {_subscriptions(found):,} subscriptions (by model, owner, licence, risk and query) are",
        "held against the alerts. Two cores with nothing else to do have a load of 0; at a higher one (last column)",
        "our process waited for its turn, and the processor time says what the step itself takes.",
        "",
        f"Machine: {machine()}. Python {platform.python_version()}, stemma {VERSION}, "
        f"SQLAlchemy {sqlalchemy.__version__}.",
        "",
        "| figure | database | at most | measured | held | processor |",
        "| --- | --- | ---: | ---: | --- | ---: |",
    ]
    for name, figures in found.items():
        parts += _rows(TITLES[name], figures)
    parts += ["", "## Spread, memory and disk", "", *_spread(found), ""]
    for name, figures in found.items():
        parts += _plans(TITLES[name], figures["walk"]["plans"])
    return "\n".join(parts) + "\n"


def _subscriptions(found: Mapping[str, Found]) -> int:
    counts: list[int] = [figures["alerts"]["subscriptions"] for figures in found.values()]
    return max(counts)


def _rows(title: str, found: Found) -> Iterator[str]:
    walk, load, alerts = found["walk"], found["load"], found["alerts"]
    up, down = walk["ancestors_ms"], walk["descendants_ms"]
    peak = max(load["peak_mb"], walk["peak_mb"], alerts["peak_mb"])
    yield _row(f"load of {load['records']:,} records", title, 300, load["seconds"], "s", load["cpu"])
    yield _row("ancestors of a model, median", title, 10, up["median"], "ms", up["cpu"])
    yield _row(f"{walk['descendants']:,} descendants, median", title, 300, down["median"], "ms", down["cpu"])
    told = f"{alerts['alerts']:,} stored alerts, {alerts['messages']:,} messages"
    yield _row(f"advisory to {told}", title, 10, alerts["seconds"], "s", alerts["cpu"])
    yield _row("maximum resident set of any step", title, 1000, peak, "MB", None)


def _row(figure: str, title: str, limit: float, value: float, unit: str, cpu: float | None) -> str:
    held = "yes" if value <= limit else "**no**"
    spent = "" if cpu is None else f"{cpu:.3g} {unit}"
    return f"| {figure} | {title} | {limit:,} {unit} | {value:.3g} {unit} | {held} | {spent} |"


def _spread(found: Mapping[str, Found]) -> Iterator[str]:
    yield "| walk | database | runs | median ms | min | max |"
    yield "| --- | --- | ---: | ---: | ---: | ---: |"
    for name, figures in found.items():
        walk = figures["walk"]
        kinds = {"ancestors": "ancestors_ms", f"{walk['descendants']:,} descendants": "descendants_ms"}
        kinds[f"{walk['biggest']:,} descendants"] = "biggest_ms"
        for title, key in kinds.items():
            one = walk[key]
            numbers = f"{one['median']:.3g} | {one['min']:.3g} | {one['max']:.3g}"
            yield f"| {title} | {TITLES[name]} | {one['runs']} | {numbers} |"
    yield ""
    yield "| database | resident set MB: load | walk | alerts | on disk MB | load of the machine before |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: |"
    for name, figures in found.items():
        peaks = " | ".join(f"{figures[step]['peak_mb']:.0f}" for step in ("load", "walk", "alerts"))
        yield f"| {TITLES[name]} | {peaks} | {figures['disk_mb']:,.0f} | {figures['load_average']:.1f} |"


def _plans(title: str, plans: Mapping[str, list[str]]) -> Iterator[str]:
    yield f"## Query plans: {title}"
    yield ""
    yield "One level of a walk, 1,000 names."
    for name, (query, *plan) in plans.items():
        yield from ("", f"{name[0].upper()}{name[1:]}:", "", "```", query, "", *plan, "```")
    yield ""


def machine() -> str:
    """What it ran on."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    model = next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.machine())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{model}, {os.cpu_count()} cores, {memory:.0f} GiB of memory"
