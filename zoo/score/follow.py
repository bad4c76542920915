"""Rule on pairs while the zoo is still being built: as soon as both models of a pair are complete."""

import logging
import multiprocessing
import os
import time
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from pathlib import Path

from zoo.score.cases import Built, load
from zoo.score.nulls import printed
from zoo.score.rulings import Kept, Outcome, rule_on_chunk

log = logging.getLogger("zoo")
_SAID_EVERY = 20
_PAUSE = 1.0
"""Seconds between two looks at the list of models."""


def follow(folder: Path, jobs: int, patience: float) -> int:
    """Rule on every pair of complete models until the plan is complete, or for `patience` seconds nothing came.

    Returns how many pairs were ruled on. Every model is fingerprinted once, before any pair that it is in.
    """
    os.environ["OMP_NUM_THREADS"] = "1"
    with ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn")) as pool:
        return _Follower(folder, pool).run(patience)


class _Follower:
    def __init__(self, folder: Path, pool: ProcessPoolExecutor) -> None:
        self._folder, self._pool, self._kept = folder, pool, Kept(folder)
        self._printing: dict[Future[str], str] = {}
        self._ruling: dict[Future[list[Outcome]], tuple[str, str]] = {}
        self._printed: set[str] = set()
        self._asked: set[tuple[str, str]] = set()

    def run(self, patience: float) -> int:
        built = load(self._folder)
        known = set(self._kept.known(built))
        self._asked |= known
        came, looked = time.monotonic(), -_PAUSE
        while True:
            if not (self._printing or self._ruling) or time.monotonic() - looked > _PAUSE:
                built, looked = load(self._folder), time.monotonic()
                if self._ask(built):
                    came = looked
            pending = {*self._printing, *self._ruling}
            if not pending and (len(built.entries) == len(built.zoo) or time.monotonic() - came > patience):
                return len(self._asked) - len(known)
            if pending:
                wait(pending, timeout=_PAUSE, return_when=FIRST_COMPLETED)
            else:
                time.sleep(_PAUSE)
            self._collect(built)

    def _ask(self, built: Built) -> bool:
        """Hand out what has become possible; whether there was anything."""
        fresh = built.entries.keys() - self._printed - set(self._printing.values())
        for name in sorted(fresh):
            self._printing[self._pool.submit(_print, built, name)] = name
        pairs = [pair for pair in built.scored_pairs(["calibration", "evaluation"]) if self._is_due(pair.a, pair.b)]
        for pair in pairs:
            self._asked.add((pair.a, pair.b))
            self._ruling[self._pool.submit(rule_on_chunk, str(self._folder), [(pair.a, pair.b)])] = pair.a, pair.b
        return bool(fresh or pairs)

    def _is_due(self, a: str, b: str) -> bool:
        return {a, b} <= self._printed and (a, b) not in self._asked

    def _collect(self, built: Built) -> None:
        for done in [future for future in self._printing if future.done()]:
            self._printed.add(done.result())
            del self._printing[done]
        ruled = [future for future in self._ruling if future.done()]
        for future in ruled:
            self._kept.add(built, _outcomes(future, *self._ruling.pop(future)))
        done = len(self._asked) - len(self._ruling)
        if ruled and (done // _SAID_EVERY > (done - len(ruled)) // _SAID_EVERY or not self._ruling):
            log.info("%d pairs ruled on, %d waiting", done, len(self._ruling))


def _outcomes(done: Future[list[Outcome]], a: str, b: str) -> list[Outcome]:
    """What came of a pair; an error is an outcome too, and the others go on."""
    error = done.exception()
    return [Outcome(a, b, "failed", reason=f"{type(error).__name__}: {error}")] if error else done.result()


def _print(built: Built, name: str) -> str:
    printed(built, name)
    return name
