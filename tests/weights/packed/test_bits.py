"""The bit stream: unpacking undoes packing, for every width and any length."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stemma.weights.packed.bits import E2M1, E2M3, E8M0, as_bytes, to_float32, unpack_bits
from tests.weights.packed.packers import bit_stream


@given(st.integers(1, 8), st.integers(1, 4), st.integers(1, 140), st.randoms(use_true_random=False))
def test_unpacking_undoes_packing(bits: int, rows: int, count: int, random: object) -> None:
    seed = random.getrandbits(32)  # type: ignore[attr-defined]
    codes = np.random.default_rng(seed).integers(0, 1 << bits, (rows, count))
    packed = bit_stream(codes, bits)
    np.testing.assert_array_equal(unpack_bits(as_bytes(packed), bits, count), codes)


@given(st.integers(1, 8), st.integers(1, 3), st.integers(1, 6), st.randoms(use_true_random=False))
def test_packing_undoes_unpacking(bits: int, rows: int, groups: int, random: object) -> None:
    seed = random.getrandbits(32)  # type: ignore[attr-defined]
    packed = np.random.default_rng(seed).integers(0, 1 << 32, (rows, groups * bits), dtype=np.uint32)
    np.testing.assert_array_equal(bit_stream(unpack_bits(as_bytes(packed), bits, groups * 32), bits), packed)


def test_small_floats_have_their_published_values() -> None:
    assert E2M1.tolist()[:8] == [0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0]
    assert (E2M3[1], E2M3[8], E2M3[31], E2M3[63]) == (0.125, 1.0, 7.5, -7.5)
    assert E8M0[127] == 1.0
    assert E8M0[0] == np.float32(2.0**-127)
    assert np.isnan(E8M0[255])


@pytest.mark.parametrize("dtype", ["float8_e4m3fn", "float8_e5m2", "float16", "bfloat16", "float32"])
def test_floats_keep_their_values(dtype: str) -> None:
    import ml_dtypes

    kind = np.dtype(getattr(ml_dtypes, dtype, None) or dtype)
    values = np.array([0.0, 0.5, -1.5, 3.0], np.float32).astype(kind)
    np.testing.assert_array_equal(to_float32(values), [0.0, 0.5, -1.5, 3.0])
