"""One BLAS thread per worker: results must not depend on how many threads share a product.

The limit is a property of the process, so it is counted: the first to enter sets it, the last to leave lifts it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from threadpoolctl import threadpool_limits

_lock = Lock()
_holders: list[threadpool_limits] = []
_depth = 0


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Hold BLAS at one thread for as long as any caller is inside."""
    global _depth  # noqa: PLW0603 the limit it counts is just as global
    with _lock:
        if _depth == 0:
            _holders.append(threadpool_limits(1))
        _depth += 1
    try:
        yield
    finally:
        with _lock:
            _depth -= 1
            if _depth == 0:
                _holders.pop().restore_original_limits()
