"""Who makes which specimen when: parents first, several at a time, what trains apart from what does not.

On a machine with an accelerator a few workers keep it busy, and the processor's do the rest beside them: rounding,
pruning and disguising need no accelerator, and training would wait for them.
"""

import logging
import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

from zoo.errors import ZooError
from zoo.lineage import Specimen, Zoo, ancestors
from zoo.storage import Entry

log = logging.getLogger("zoo")
TRAINERS = 4
"""Workers that share an accelerator: one computes while another loads, stores or waits for its own launches."""


@dataclass
class _Lane:
    """A pool, how many it may run at once, what it takes, and what it runs now."""

    pool: ProcessPoolExecutor
    workers: int
    takes: Callable[[Specimen], bool]
    running: dict[Future[Entry], str] = field(default_factory=dict)


def make_all(
    zoo: Zoo, missing: Sequence[str], make: Callable[[Specimen], Entry], jobs: int, accelerated: bool
) -> Iterator[Entry]:
    """The entries of the missing specimens as they are made.

    One that cannot be made leaves out what descends from it, and is named when all others are done.
    """
    if jobs <= 1 and not accelerated:
        for name in parents_first(zoo, missing):
            yield make(zoo[name])
        return
    os.environ["OMP_NUM_THREADS"] = "1"
    waiting, failed = list(missing), dict[str, str]()
    with ExitStack() as stack:
        lanes = _lanes(stack, jobs, accelerated)
        while waiting or any(lane.running for lane in lanes):
            _hand_out(zoo, waiting, lanes, make)
            done, _ = wait([future for lane in lanes for future in lane.running], return_when=FIRST_COMPLETED)
            for future in done:
                name = next(lane.running.pop(future) for lane in lanes if future in lane.running)
                error = future.exception()
                if error is None:
                    yield future.result()
                    continue
                log.error("%s cannot be made", name, exc_info=error)
                failed[name] = f"{type(error).__name__}: {error}"
                waiting = [other for other in waiting if name not in ancestors(zoo, other)]
    if failed:
        raise ZooError("; ".join(f"{name} cannot be made: {why}" for name, why in sorted(failed.items())))


def parents_first(zoo: Zoo, names: Sequence[str]) -> list[str]:
    """The names in an order in which each comes after its ancestors."""
    ordered: list[str] = []
    for name in names:
        for ancestor in sorted(ancestors(zoo, name), key=lambda n: len(ancestors(zoo, n))):
            if ancestor in names and ancestor not in ordered:
                ordered.append(ancestor)
    return ordered


def _lanes(stack: ExitStack, jobs: int, accelerated: bool) -> list[_Lane]:
    def lane(workers: int, takes: Callable[[Specimen], bool]) -> _Lane:
        started = ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"))
        return _Lane(stack.enter_context(started), workers, takes)

    if not accelerated:
        return [lane(jobs, lambda _: True)]
    return [lane(TRAINERS, lambda specimen: specimen.trains), lane(jobs, lambda specimen: not specimen.trains)]


def _hand_out(zoo: Zoo, waiting: list[str], lanes: Sequence[_Lane], make: Callable[[Specimen], Entry]) -> None:
    unmade = {*waiting, *(name for lane in lanes for name in lane.running.values())}
    for name in list(waiting):
        lane = next(lane for lane in lanes if lane.takes(zoo[name]))
        if len(lane.running) < lane.workers and not set(zoo[name].parents) & unmade:
            waiting.remove(name)
            lane.running[lane.pool.submit(make, zoo[name])] = name


@contextmanager
def pool(jobs: int) -> Iterator[Callable[..., Iterator[Any]]]:
    """A `map` over so many processes of one thread each; over none but this one for a single job."""
    if jobs <= 1:
        yield map
        return
    os.environ["OMP_NUM_THREADS"] = "1"
    with ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn")) as started:
        yield started.map


def workers(text: str) -> int:
    """A number of workers as the command line gives it.

    Raises:
        ValueError: it is no number from 1 up.
    """
    if (count := int(text)) < 1:
        raise ValueError(text)
    return count
