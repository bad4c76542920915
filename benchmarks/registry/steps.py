"""What is measured, each in a process of its own: `python -m benchmarks.registry.steps STEP URL FOLDER RECORDS`.

Prints one JSON object. Times are of the step alone, without start-up and imports; `cpu` is that of this process, which
leaves out a database server; `peak_mb` is the largest resident set of this process, imports included.
"""

from __future__ import annotations

import gc
import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

from benchmarks.registry.hub import BIGGEST, SECOND, hub, lines, subscriptions
from stemma.advisories import advisory_from_data
from stemma.lineage import reach
from stemma.registry.sql import Database, SqlRegistry, load_lines, migrate
from stemma.usecases.alerts.raising import keep_advisories

WHEN = "2026-03-01T12:00:00Z"
ADVISORY: dict[str, Any] = {
    "id": "x_benchmark-1",
    "modified": WHEN,
    "affected": [
        {
            "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}]}],
            "database_specific": {"stemma": {"record": BIGGEST}},
        }
    ],
    "database_specific": {"stemma": {"risks": ["harmful-content"]}},
}
SUBSCRIBERS = 1_000
"""Of each kind of term."""
Found = dict[str, Any]


def clock() -> str:
    """A time that stands still."""
    return WHEN


def generate(_url: str, folder: Path, records: int) -> Found:
    """The lines that are loaded, made once."""
    path = folder / f"hub-{records}.jsonl"
    if not path.is_file():
        with path.open("w", encoding="utf-8") as stream:
            stream.writelines(lines(hub(records)))
    return {"bytes": path.stat().st_size}


def load(url: str, folder: Path, records: int) -> Found:
    """From validated lines of JSON to a registry that answers."""
    database = Database(url, create=True)
    migrate(database)
    database.close()
    registry = SqlRegistry(url, clock, "benchmark")
    with (folder / f"hub-{records}.jsonl").open("rb") as stream:
        timed = _timed(lambda: load_lines(registry.database, registry.audit, stream))
    counts = registry.counts()
    registry.close()
    return {**timed, "records": counts["records"], "edges": counts["edges"]}


def walk(url: str, _folder: Path, records: int) -> Found:
    """Up from leaves drawn at random, and down from the two biggest bases, with all that `stemma lineage` keeps."""
    registry, size, random = SqlRegistry(url, clock, "benchmark"), hub(records), Random(7)
    leaves = [f"m-{random.randrange(2)}-{random.randrange(size.second)}@1.0.0" for _ in range(200)]
    reach(registry.graph, leaves[0], "ancestors")
    up = [_timed(lambda leaf=leaf: reach(registry.graph, leaf, "ancestors")) for leaf in leaves]
    down, whole = f"{SECOND}@1.0.0", f"{BIGGEST}@1.0.0"
    found = len(reach(registry.graph, down, "descendants").nodes) - 1
    second = [_timed(lambda: reach(registry.graph, down, "descendants")) for _ in range(9)]
    biggest = [_timed(lambda: reach(registry.graph, whole, "descendants")) for _ in range(3)]
    plans = _plans(registry)
    registry.close()
    return {
        "ancestors_ms": _spread(up),
        "descendants": found,
        "descendants_ms": _spread(second),
        "biggest": size.biggest,
        "biggest_ms": _spread(biggest),
        "plans": plans,
        "peak_mb": _peak(),
    }


def alerts(url: str, _folder: Path, records: int) -> Found:
    """An advisory on the biggest base, put in with all its alerts and messages in one transaction."""
    registry = SqlRegistry(url, clock, "benchmark")
    with registry.transaction():
        for each in subscriptions(SUBSCRIBERS):
            registry.subscriptions.put(each)
    advisory = advisory_from_data(ADVISORY)
    timed = _timed(lambda: keep_advisories(registry, [advisory], WHEN))
    counts = registry.counts()
    registry.close()
    told = {"alerts": counts["alerts"], "subscriptions": counts["subscriptions"], "messages": counts["deliveries"]}
    return {**timed, **told, "expected": hub(records).biggest}


def _plans(registry: SqlRegistry) -> dict[str, list[str]]:
    """How the database goes about the two questions of a walk, for a level of 1,000 names."""
    asked = json.dumps([f"m-1-{number}" for number in range(1_000)])
    found = {}
    for side in ("upstream", "downstream"):
        with registry.database.reading() as connection:
            query = str(registry.graph.question(side).compile(dialect=connection.dialect))
            sqlite = connection.dialect.name == "sqlite"
            explain = "EXPLAIN QUERY PLAN " if sqlite else "EXPLAIN (ANALYZE, TIMING OFF, SUMMARY OFF) "
            rows = connection.exec_driver_sql(explain + query, (asked,) if sqlite else {"values": asked}).all()
        found[f"edges by {side} name"] = [query.replace("\n", ""), *(str(row[-1]) for row in rows)]
    return found


def _timed(work: Callable[[], object]) -> Found:
    began, cpu = time.perf_counter(), time.process_time()
    work()
    return {"seconds": time.perf_counter() - began, "cpu": time.process_time() - cpu, "peak_mb": _peak()}


def _spread(runs: list[Found]) -> dict[str, float]:
    walls = sorted(run["seconds"] * 1e3 for run in runs)
    cpu = median(run["cpu"] for run in runs) * 1e3
    return {"median": median(walls), "min": walls[0], "max": walls[-1], "cpu": cpu, "runs": len(runs)}


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


STEPS = {"generate": generate, "load": load, "walk": walk, "alerts": alerts}

if __name__ == "__main__":
    gc.set_threshold(200_000, 20, 20)  # as the command line sets it
    step, where, place, count = sys.argv[1:]
    print(json.dumps(STEPS[step](where, Path(place), int(count))))
