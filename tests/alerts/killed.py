"""A process that dies at a chosen step of raise, store, deliver, mark; run as ``python -m tests.alerts.killed``.

It forks once for every step: the child does the job and kills itself there; another looks at what is left, and ends the
job as the next run would. For every step it reads the place of a fresh registry from standard input and tells on
standard output what was seen, until a child gets to the end.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from stemma.advisories import RiskKind, affected_record, new_advisory
from stemma.interop.webhooks.post import Poster
from stemma.registry import DirectoryRegistry, Registry, chain_problems
from stemma.registry.sql import SqlRegistry
from stemma.usecases.alerts.delivering import deliver
from stemma.usecases.alerts.raising import keep_advisories, keep_records
from stemma.usecases.alerts.schedule import later
from tests.lineage.graphs import text

NOW = "2026-03-01T12:00:00Z"
MUCH_LATER = "2026-03-08T12:00:00Z"
ADVISORY = new_advisory(
    "x_T-2026-1",
    datetime.fromisoformat(NOW),
    summary="Poisoned.",
    risks=[RiskKind.POISONING],
    affected=[affected_record("data")],
)
RECORDS = (text("data", type="dataset"), text("base", "trained-on data"))
NEW_RECORD = text("late", "finetuned-from base")


class Fuse:
    """Kills the process at step ``at``; 0: never."""

    def __init__(self, at: int) -> None:
        self.at, self.passed = at, 0

    def step(self) -> None:
        """One step was reached."""
        self.passed += 1
        if self.passed == self.at:
            os.kill(os.getpid(), signal.SIGKILL)


class Fused:
    """A registry, or one of its stores, with a step before and after everything that writes."""

    WRITES = frozenset({"put", "add", "update", "append"})
    STORES = frozenset({"records", "rulings", "advisories", "alerts", "subscriptions", "outbox", "sightings"})

    def __init__(self, inner: Any, fuse: Fuse) -> None:
        self._inner, self._fuse = inner, fuse

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if name in self.STORES:
            return Fused(found, self._fuse)
        return self._stepped(found) if name in self.WRITES else found

    def _stepped(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def stepped(*given: Any, **named: Any) -> Any:
            self._fuse.step()
            result = call(*given, **named)
            self._fuse.step()
            return result

        return stepped

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """The registry's own, with a step before it, before it is committed, and after."""
        self._fuse.step()
        with self._inner.transaction():
            yield
            self._fuse.step()
        self._fuse.step()


def opened(place: str, at: str) -> Registry:
    """The registry in a database or a directory."""
    return SqlRegistry(place, lambda: at) if "://" in place else DirectoryRegistry(Path(place), lambda: at)


def job(registry: Registry, fuse: Fuse, at: str) -> None:
    """Keep an advisory, then a record that comes under it, then send what is due."""
    poster = Poster(allow_internal=True)

    def post(*given: Any) -> Any:
        fuse.step()
        answer = poster.post(*given)
        fuse.step()
        return answer

    keep_advisories(registry, [ADVISORY], NOW)
    keep_records(registry, [NEW_RECORD], NOW)
    for _ in deliver(registry, post, now=lambda: at, rng=random.Random(0)):
        fuse.step()


def seen(registry: Registry) -> dict[str, Any]:
    """What is stored."""
    return {
        "advisories": list(registry.advisories.ids()),
        "late": "late" in registry.records.names(),
        "alerts": sorted([each.subject, each.revision, each.state.value] for each in registry.alerts.find()),
        "deliveries": sorted([each.id, each.state.value, each.attempts] for each in registry.outbox.all()),
        "chain": list(chain_problems(registry.audit.entries())),
    }


def in_child(work: Callable[[], object]) -> tuple[int, str]:
    """Do something in a process of its own: its wait status, and what it returned as JSON."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        os.write(writing, json.dumps(work()).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as stream:
        told = stream.read()
    return os.waitpid(child, 0)[1], told


def main(urls: Iterable[str]) -> None:
    """Try every step, each on the next of the registries in ``urls``."""

    def dies(url: str, step: int) -> int:
        fuse = Fuse(step)
        registry: Any = Fused(opened(url, NOW), fuse)
        job(registry, fuse, NOW)
        return fuse.passed

    def looks(url: str) -> list[object]:
        registry = opened(url, MUCH_LATER)
        left = seen(registry)
        job(registry, Fuse(0), later(MUCH_LATER, 1))
        return [left, seen(registry)]

    for step, url in enumerate(urls, 1):
        status, told = in_child(lambda u=url, s=step: dies(u, s))  # type: ignore[misc]
        ended, after = in_child(lambda u=url: looks(u))  # type: ignore[misc]
        line = {"step": step, "killed": os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL,
                "passed": told, "ended": ended, "after": json.loads(after or "null")}  # fmt: skip
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()
        if not line["killed"]:
            return


if __name__ == "__main__":
    main(line.strip() for line in iter(sys.stdin.readline, ""))
