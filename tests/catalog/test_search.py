"""Exact search: both stages agree with a plain product, and nothing depends on blocks, threads or order."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from stemma.catalog import ExactIndex, VectorIndex
from stemma.catalog.search import PACK_FROM, nearest, pack
from stemma.errors import InputError, MalformedFile

Array = NDArray[np.float32]


def unit_rows(seed: int, count: int, length: int = 256, *, spread: float = 1.0) -> Array:
    """Unit vectors around a few founders; a small ``spread`` makes them hard to tell apart."""
    generator = np.random.default_rng(seed)
    founders = generator.standard_normal((3, length))
    rows = founders[generator.integers(0, 3, count)] + spread * generator.standard_normal((count, length))
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def plain(vectors: Array, names: list[str], query: Array, limit: int) -> list[str]:
    cosines = vectors.astype(np.float64) @ query.astype(np.float64)
    return [names[i] for i in sorted(range(len(names)), key=lambda i: (-cosines[i], names[i]))[:limit]]


@settings(max_examples=60)
@given(
    st.integers(0, 2**32 - 1),
    st.integers(1, 300),
    st.sampled_from([1.0, 0.1, 1e-3]),
    st.integers(1, 40),
    st.sampled_from([16, 256, 300]),
)
def test_against_a_plain_product(seed: int, count: int, spread: float, limit: int, length: int) -> None:
    vectors = unit_rows(seed, count, length, spread=spread)
    query = unit_rows(seed + 1, 1, length)[0] + vectors[count // 2]
    exact = vectors.astype(np.float64) @ (query.astype(np.float64) / np.linalg.norm(query.astype(np.float64)))
    for packed in (None, pack(vectors)):
        rows, cosines = nearest(vectors, query, limit, packed=packed)
        best = np.sort(cosines)[::-1][:limit]
        assert best == pytest.approx(np.sort(exact)[::-1][:limit], abs=1e-12)
        assert cosines == pytest.approx(exact[rows], abs=1e-12)


@given(st.integers(0, 2**32 - 1))
def test_the_bounds_of_packed_rows_hold(seed: int) -> None:
    vectors = unit_rows(seed, 40, 64)
    packed = pack(vectors)
    restored = packed.codes.astype(np.float64) * packed.scale[:, None].astype(np.float64)
    assert np.all(np.linalg.norm(vectors - restored, axis=1) <= packed.slack)


def test_a_large_index_agrees_with_a_plain_product() -> None:
    vectors = unit_rows(3, PACK_FROM + 100, 32, spread=0.5)
    names = [f"n{i:06}" for i in range(len(vectors))]
    index: VectorIndex = ExactIndex(vectors, names)
    for row in (0, 4097, PACK_FROM + 99):
        assert [m.name for m in index.search(vectors[row], 12)] == plain(vectors, names, vectors[row], 12)


def test_equal_vectors_come_by_name_wherever_they_lie() -> None:
    vectors = unit_rows(5, 5000)
    places = [4999, 4095, 17, 4096, 0]
    vectors[places] = vectors[17]
    names = [f"n{(i * 7919) % 5000:04}" for i in range(5000)]
    found = ExactIndex(vectors, names).search(vectors[17], 4)
    assert [m.name for m in found] == sorted(names[i] for i in places)[:4]
    assert len({m.cosine for m in found}) == 1


def test_more_ties_than_are_asked_for() -> None:
    vectors = np.repeat(unit_rows(1, 1), 9000, axis=0)
    names = [f"n{9000 - i:04}" for i in range(9000)]
    assert [m.name for m in ExactIndex(vectors, names).search(vectors[0], 3)] == ["n0001", "n0002", "n0003"]


def test_removed_rows_are_not_found() -> None:
    vectors = unit_rows(2, 6)
    index = ExactIndex(vectors, ["a", None, "c", None, "e", "f"])
    assert index.size == 4
    assert {m.name for m in index.search(vectors[1], 99)} == {"a", "c", "e", "f"}
    assert {m.name for m in index.search(vectors[1], 4)} == {"a", "c", "e", "f"}


def test_nothing_is_found_in_nothing() -> None:
    assert ExactIndex(np.zeros((0, 256), np.float32), []).search(np.ones(256), 3) == ()
    assert ExactIndex(unit_rows(0, 2), [None, None]).search(np.ones(256), 1) == ()


def test_a_zero_row_has_cosine_zero() -> None:
    vectors = np.zeros((1, 256), np.float32)
    for packed in (None, pack(vectors)):
        assert nearest(vectors, np.ones(256), 1, packed=packed)[1].tolist() == [0.0]


def test_cosines_do_not_depend_on_the_length_of_the_query() -> None:
    vectors = unit_rows(2, 50)
    index = ExactIndex(vectors, [str(i) for i in range(50)])
    one, many = index.search(vectors[3], 5), index.search(1000 * vectors[3].astype(np.float64), 5)
    assert [m.name for m in one] == [m.name for m in many]
    assert all(abs(m.cosine) <= 1 for m in one)


@pytest.mark.parametrize(
    ("query", "limit"),
    [
        (np.zeros(256), 1),
        (np.ones(255), 1),
        (np.ones((1, 256)), 1),
        (np.full(256, np.nan), 1),
        (np.ones(256), 0),
    ],
)
def test_what_cannot_be_searched_for(query: NDArray[np.float64], limit: int) -> None:
    with pytest.raises(InputError):
        ExactIndex(unit_rows(0, 3), ["a", "b", "c"]).search(query, limit)


def test_damaged_vectors_are_noticed() -> None:
    vectors = unit_rows(0, 3)
    vectors[1, 5] = np.nan
    with pytest.raises(MalformedFile, match="NaN"):
        ExactIndex(vectors, ["a", "b", "c"]).search(np.ones(256), 1)


def test_names_and_vectors_must_agree() -> None:
    with pytest.raises(InputError, match="2 names"):
        ExactIndex(unit_rows(0, 3), ["a", "b"])
