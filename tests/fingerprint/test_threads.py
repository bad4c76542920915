"""BLAS is held at one thread whoever asks, from whatever thread, and let go afterwards."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from stemma.fingerprint.threads import one_blas_thread


@pytest.fixture(autouse=True)
def two_threads() -> None:
    """More than one thread to begin with, whatever the machine; owned by no thread."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: threadpool_limits(2)).result()
    if max(blas_threads()) < 2:
        pytest.fail("this BLAS cannot be given two threads")


def blas_threads() -> set[int]:
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


def inside() -> set[int]:
    with one_blas_thread():
        return blas_threads()


def test_held_inside_and_let_go_after() -> None:
    assert (inside(), blas_threads()) == ({1}, {2})


def test_held_in_any_thread_after_the_main_thread_used_it() -> None:
    inside()
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(inside).result() == {1}
    assert (inside(), blas_threads()) == ({1}, {2})


def test_let_go_by_another_thread_than_held_it() -> None:
    both_in, first_may_leave = Barrier(2), Event()

    def first() -> None:
        with one_blas_thread():
            both_in.wait(10)
            first_may_leave.wait(10)

    def last() -> set[int]:
        with one_blas_thread():
            both_in.wait(10)
            first_may_leave.set()
            leaving.result(10)
            return blas_threads()

    with ThreadPoolExecutor(2) as pool:
        leaving = pool.submit(first)
        assert pool.submit(last).result(20) == {1}
        assert blas_threads() == {2}
