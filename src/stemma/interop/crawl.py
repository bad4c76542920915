"""Going through a list of hub models, politely, so that an interrupted run goes on where it stopped.

- At most one model is begun per ``pause`` seconds, whatever the number of workers.
- A server's ``Retry-After`` holds back every worker (:class:`~stemma.weights.http_transfer.Transfer` is shared);
  a model that still fails with 429 goes to the end of the queue after a rest of ``rest`` seconds.
- Every outcome is one line of the state file, synced by the worker before it takes another model. What is done
  is never done again; what failed is tried again by the next run.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

from stemma.catalog.seeds import Seed
from stemma.errors import RateLimited, StemmaError
from stemma.immutable import immutable
from stemma.interop.crawl_state import CrawlState, Outcome
from stemma.interop.network import Network
from stemma.interop.resolve import resolve
from stemma.weights.http_waits import Clock
from stemma.weights.interface import FileSet

Handle = Callable[[Seed, FileSet], None]


@immutable
class CrawlReport:
    """How a crawl ended. ``skipped`` were done by an earlier run."""

    done: int
    skipped: int
    failed: tuple[Outcome, ...]


@immutable
class Manners:
    """Seconds between two models begun, seconds of rest after a refusal by rate, and how often one model may rest."""

    pause: float = 1.0
    rest: float = 60.0
    rests: int = 5


def crawl(
    seeds: Iterable[Seed],
    handle: Handle,
    network: Network,
    *,
    state_path: Path,
    max_workers: int = 2,
    manners: Manners | None = None,
    clock: Clock = time,
    tell: Callable[[Seed, Outcome], None] | None = None,
) -> CrawlReport:
    """Hand the files of every seed to ``handle``, in order of the list.

    Args:
        handle: called from worker threads; it must be idempotent, since an interruption between its end and the
            record of it makes the next run call it again.
        state_path: JSON lines, one per outcome; made if absent.
        tell: called after every outcome, in the calling thread.

    Raises:
        MalformedFile: the state file is of something else.
        InputError, LimitExceeded: the state file cannot be written.
    """
    rules = manners or Manners()
    with CrawlState(state_path) as state:
        every = list(seeds)
        waiting = deque(_Turn(seed) for seed in every if not state.is_done(str(seed.reference)))
        round_ = _Round(handle, network, state, rules, clock, tell)
        with ThreadPoolExecutor(max_workers) as pool:
            try:
                round_.run(pool, waiting, max_workers)
            finally:
                pool.shutdown(wait=True, cancel_futures=True)
    return CrawlReport(round_.done, len(every) - round_.begun, tuple(round_.failed))


@dataclass
class _Turn:
    """A seed in the queue, and how often it was sent back."""

    seed: Seed
    rests: int = 0


class _Round:
    """One run over the queue."""

    def __init__(
        self,
        handle: Handle,
        network: Network,
        state: CrawlState,
        manners: Manners,
        clock: Clock,
        tell: Callable[[Seed, Outcome], None] | None,
    ) -> None:
        self._handle = handle
        self._network = network
        self._state = state
        self._manners = manners
        self._clock = clock
        self._tell = tell
        self._next_start = clock.monotonic()
        self.begun = 0
        self.done = 0
        self.failed: list[Outcome] = []

    def run(self, pool: ThreadPoolExecutor, waiting: deque[_Turn], workers: int) -> None:
        """Keep ``workers`` models under way until the queue is empty."""
        running: dict[Future[Outcome | None], _Turn] = {}
        while waiting or running:
            while waiting and len(running) < workers:
                turn = waiting.popleft()
                self._keep_pace()
                self.begun += turn.rests == 0
                running[pool.submit(self._work, turn)] = turn
            finished, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                self._settle(future.result(), running.pop(future), waiting)

    def _work(self, turn: _Turn) -> Outcome | None:
        """In a worker: handle one model and record the outcome at once; None where it has to rest."""
        reference = str(turn.seed.reference)
        try:
            self._handle(turn.seed, resolve(turn.seed.reference, self._network))
            outcome = Outcome(reference, "done")
        except StemmaError as error:
            if isinstance(error, RateLimited) and turn.rests < self._manners.rests:
                return None
            outcome = Outcome.failure(reference, error)
        self._state.add(outcome)
        return outcome

    def _settle(self, outcome: Outcome | None, turn: _Turn, waiting: deque[_Turn]) -> None:
        if outcome is None:
            self._next_start = max(self._next_start, self._clock.monotonic() + self._manners.rest)
            waiting.append(_Turn(turn.seed, turn.rests + 1))
            return
        if outcome.state == "done":
            self.done += 1
        else:
            self.failed.append(outcome)
        if self._tell is not None:
            self._tell(turn.seed, outcome)

    def _keep_pace(self) -> None:
        left = self._next_start - self._clock.monotonic()
        if left > 0:
            self._clock.sleep(left)
        self._next_start = max(self._next_start, self._clock.monotonic()) + self._manners.pause
