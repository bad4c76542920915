"""One BLAS thread per worker: results must not depend on how many threads share a product.

The limit is a property of the process, so it is counted: the first to enter sets it, the last to leave lifts it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Lock
from typing import TypeVar

from threadpoolctl import threadpool_limits

T = TypeVar("T")

_lock = Lock()
_holders: list[threadpool_limits] = []
_depth = 0


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Hold BLAS at one thread for as long as any caller is inside."""
    global _depth  # noqa: PLW0603 the limit it counts is just as global
    with _lock:
        if _depth == 0:
            _holders.append(_owned_by_nobody(lambda: threadpool_limits(1)))
        _depth += 1
    try:
        yield
    finally:
        with _lock:
            _depth -= 1
            if _depth == 0:
                _owned_by_nobody(_holders.pop().restore_original_limits)


def _owned_by_nobody(change: Callable[[], T]) -> T:
    """Make a change of the limit in a thread that ends at once.

    From threadpoolctl 3.8 on a limit belongs to the thread that set it: while that one lives, changes by others do
    nothing, in silence. Here the last to leave is seldom the first that entered.
    """
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(change).result()
