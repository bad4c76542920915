"""What is asked of the server: an open load at a steady rate, and many clients for a long time.

`python -m benchmarks.web.load HOST PORT JSON` runs one of both in a process of its own and prints what it saw.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from benchmarks.registry.hub import hub
from benchmarks.web.asking import Line

KINDS = ("record", "neighbourhood")


@dataclass
class Seen:
    """What came back: milliseconds by kind, statuses, bytes, and what went wrong with connections."""

    milliseconds: dict[str, list[float]] = field(default_factory=lambda: {kind: [] for kind in KINDS})
    statuses: Counter[int] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    bytes: int = 0


def path_of(kind: str, random: Random, records: int) -> str:
    """The page of a record, or its neighbourhood of two steps; drawn evenly over data, members and bases."""
    size = hub(records)
    datasets = max(2, records * 3 // 100)
    drawn = random.random()
    if drawn < 0.1:
        name = f"data-{random.randrange(datasets)}"
    elif drawn < 0.4:
        name = f"m-0-{random.randrange(size.biggest)}"
    elif drawn < 0.6:
        name = f"m-1-{random.randrange(size.second)}"
    elif drawn < 0.62:
        name = f"base-{random.randrange(2)}"
    else:
        name = f"base-{random.randrange(max(2, records // 200))}"
    return f"/records/{name}/1.0.0" if kind == "record" else f"/api/v1/lineage?root={name}@1.0.0&up=2&down=2"


async def open_load(
    host: str, port: int, *, rate: float, seconds: float, shares: dict[str, float], records: int
) -> Seen:
    """Ask at fixed moments, whatever the server does; time counts from the moment, so waiting is not left out."""
    random, seen, free = Random(5), Seen(), [Line(host, port) for _ in range(8)]
    kinds = random.choices(list(shares), list(shares.values()), k=int(rate * seconds))
    began, tasks = asyncio.get_running_loop().time() + 0.1, []
    for number, kind in enumerate(kinds):
        moment = began + number / rate
        await asyncio.sleep(max(0.0, moment - asyncio.get_running_loop().time()))
        path = path_of(kind, random, records)
        tasks.append(asyncio.ensure_future(_once(kind, path, moment, free, seen, (host, port))))
    await asyncio.gather(*tasks)
    await asyncio.gather(*(line.close() for line in free))
    return seen


async def _once(kind: str, path: str, moment: float, free: list[Line], seen: Seen, where: tuple[str, int]) -> None:
    line = free.pop() if free else Line(*where)
    try:
        await _ask(line, kind, path, moment, seen)
    finally:
        free.append(line)


async def many_clients(host: str, port: int, *, clients: int, seconds: float, records: int) -> Seen:
    """Clients that each ask again as soon as they have their answer."""
    seen = Seen()
    until = asyncio.get_running_loop().time() + seconds
    await asyncio.gather(*(_client(host, port, number, until, records, seen) for number in range(clients)))
    return seen


async def _client(host: str, port: int, number: int, until: float, records: int, seen: Seen) -> None:
    random, line = Random(number), Line(host, port)
    while (moment := asyncio.get_running_loop().time()) < until:
        kind = "record" if random.random() < 0.8 else "neighbourhood"
        await _ask(line, kind, path_of(kind, random, records), moment, seen)
    await line.close()


async def _ask(line: Line, kind: str, path: str, moment: float, seen: Seen) -> None:
    try:
        status, length = await line.get(path)
    except (OSError, asyncio.IncompleteReadError, TimeoutError) as error:
        seen.failures[type(error).__name__] += 1
        await line.close()
        return
    seen.statuses[status] += 1
    seen.bytes += length
    seen.milliseconds[kind].append((asyncio.get_running_loop().time() - moment) * 1e3)


def summary(seen: Seen, seconds: float) -> dict[str, Any]:
    """The same in a few numbers."""
    return {
        "seconds": seconds,
        "kinds": {kind: spread(found) for kind, found in seen.milliseconds.items() if found},
        "statuses": {str(status): count for status, count in sorted(seen.statuses.items())},
        "failures": dict(seen.failures),
        "megabytes": seen.bytes / 1e6,
    }


def spread(values: Sequence[float]) -> dict[str, float]:
    """Quantiles, each a value that was measured."""
    ordered = sorted(values)
    at = {name: ordered[min(len(ordered) - 1, int(share * len(ordered)))] for name, share in QUANTILES.items()}
    return {"requests": len(ordered), **at, "max": ordered[-1]}


QUANTILES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}

if __name__ == "__main__":
    to, gate, asked = sys.argv[1], int(sys.argv[2]), json.loads(sys.argv[3])
    run = open_load if "rate" in asked else many_clients
    clock = time.perf_counter()
    found = asyncio.run(run(to, gate, **asked))
    print(json.dumps(summary(found, time.perf_counter() - clock)))
