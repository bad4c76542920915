from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from stemma.weights.once import Once


class Value:
    pass


def test_who_asks_at_the_same_time_gets_one_value_made_once() -> None:
    once: Once[str, Value] = Once()
    made: list[Value] = []
    together = Barrier(4)

    def make() -> Value:
        made.append(Value())
        return made[-1]

    def ask(_: int) -> Value:
        together.wait()
        return once.get("a", make)

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(ask, range(4)))
    assert found == made * 4 and len(made) == 1


def test_a_value_is_kept_as_long_as_somebody_uses_it() -> None:
    once: Once[str, Value] = Once()
    made = 0

    def make() -> Value:
        nonlocal made
        made += 1
        return Value()

    kept = once.get("a", make)
    assert once.get("a", make) is kept
    del kept
    once.get("a", make)
    assert made == 2


def test_a_failure_is_raised_and_the_next_who_asks_tries_again() -> None:
    once: Once[str, Value] = Once()

    def fail() -> Value:
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        once.get("a", fail)
    assert isinstance(once.get("a", Value), Value)
