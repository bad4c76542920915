"""The value digest is of the numbers, not of how they are stored or cut into blocks."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
import pytest
from blake3 import blake3
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from stemma.fingerprint.digest import ValueDigest, value_digest
from stemma.fingerprint.moments import to_float32
from stemma.identity import Digest
from tests.fingerprint.models import ArrayTensor

BF16 = np.dtype(ml_dtypes.bfloat16)


def digest(array: NDArray[Any], step: int | None = None) -> Digest:
    return value_digest(ArrayTensor(array, step=step))


def normal(shape: tuple[int, ...] = (30, 20)) -> NDArray[np.float32]:
    return np.random.default_rng(5).standard_normal(shape).astype(np.float32)


@pytest.mark.parametrize("narrow", [BF16, np.dtype(np.float16), np.dtype(np.float32)], ids=str)
def test_wider_copies_have_the_digest_of_their_source(narrow: np.dtype[Any]) -> None:
    source = normal().astype(narrow)
    wanted = digest(source)
    for wide in (np.float32, np.float64):
        assert digest(source.astype(wide)) == wanted


def test_what_both_sixteen_bit_types_hold_has_one_digest() -> None:
    values = np.array([[0.0, 0.5, -3.0], [2.0, -0.0, 1.0]], np.float32)
    assert len({digest(values.astype(kind)) for kind in (BF16, np.float16, np.float32, np.float64)}) == 1


def test_integers_have_the_digest_of_their_values() -> None:
    values = np.arange(-8, 8).reshape(4, 4)
    assert len({digest(values.astype(kind)) for kind in (np.int8, np.int32, np.int64, np.float32)}) == 1


def test_definition() -> None:
    values = np.array([[1.0, 2.0]], np.float32)
    stored = values.astype(BF16).tobytes()
    assert digest(values).hex == blake3(b"bfloat16[1, 2]" + stored).hexdigest()


def test_float64_that_float32_does_not_hold_keeps_its_own_digest() -> None:
    values = np.array([[0.1, 0.2]], np.float64)
    assert digest(values) != digest(values.astype(np.float32))
    assert digest(values).hex == blake3(b"as stored[1, 2]" + values.tobytes()).hexdigest()


def test_integers_that_float32_does_not_hold() -> None:
    assert digest(np.array([2**24 + 1], np.int64)) != digest(np.array([2**24], np.int64))


def test_one_bit_changes_it() -> None:
    values = normal()
    other = values.copy()
    other.view(np.uint32)[29, 19] ^= 1
    assert digest(values) != digest(other)


def test_the_shape_is_part_of_it() -> None:
    values = normal()
    assert digest(values) != digest(values.reshape(20, 30))


def test_a_scalar_and_an_empty_tensor_have_one() -> None:
    assert digest(np.array(0.1, np.float32)) == digest(np.array(0.1, np.float32).astype(np.float64))
    assert digest(np.zeros((0, 4), np.float32)) == digest(np.zeros((0, 4), np.float16))


@settings(max_examples=60)
@given(
    hnp.arrays(
        st.sampled_from([np.dtype(np.float16), np.dtype(np.float32), np.dtype(np.float64), BF16]),
        st.tuples(st.integers(1, 9), st.integers(1, 5)),
        elements=st.floats(-100, 100, width=16),
    ),
    st.integers(1, 9),
    st.integers(1, 9),
)
def test_blocks_do_not_matter(array: NDArray[Any], step: int, other: int) -> None:
    assert digest(array, step) == digest(array, other) == digest(array.astype(np.float64), step)


class TestRestart:
    def test_a_later_block_that_needs_a_wider_type(self) -> None:
        values = np.ones((8, 4), np.float32)
        values[6, 1] = 1 + 2**-20
        tensor = ArrayTensor(values, step=2)
        assert value_digest(tensor) == digest(values)
        assert tensor.passes == 3  # as bfloat16, as float16, as float32

    def test_what_a_pass_has_gathered_is_used(self) -> None:
        values = normal().astype(BF16)
        tensor = ArrayTensor(values, step=7)
        gathered = ValueDigest(tensor.shape)
        for _, block in tensor.blocks():
            gathered.add(block, to_float32(block))
        assert value_digest(tensor, gathered) == digest(values)
        assert tensor.passes == 1

    def test_a_pass_that_ran_into_a_wider_type_is_repeated(self) -> None:
        values = np.ones((8, 4), np.float32)
        values[6, 1] = 1 + 2**-9
        tensor = ArrayTensor(values, step=2)
        gathered = ValueDigest(tensor.shape)
        for _, block in tensor.blocks():
            if not gathered.restart:
                gathered.add(block, to_float32(block))
        assert gathered.restart
        assert value_digest(tensor, gathered) == digest(values) == digest(values.astype(np.float16))
        assert tensor.passes == 2

    def test_each_block_needs_another_type(self) -> None:
        values = np.array([[1.0], [1 + 2**-9], [1 + 2**-20], [1 + 2**-40]], np.float64)
        assert value_digest(ArrayTensor(values, step=1)) == digest(values)
        assert digest(values).hex == blake3(b"as stored[4, 1]" + values.tobytes()).hexdigest()


def test_not_a_number_has_a_digest_that_blocks_do_not_change() -> None:
    values = normal()
    values[3, 3] = np.nan
    assert digest(values, 1) == digest(values, 11)


def test_beyond_half_precision() -> None:
    values = np.array([[1e6 + 1, 2.0]], np.float32)
    assert digest(values) == digest(values.astype(np.float64))
