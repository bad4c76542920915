import numpy as np
import pytest

from stemma.anatomy.views import Index, Reshaped, Rows, RowsAt, Shifted, Transposed, View
from tests.anatomy.arrays import ArrayTensor

RNG = np.random.default_rng(0)
MATRIX = RNG.standard_normal((24, 10)).astype(np.float32)
STACK = RNG.standard_normal((4, 6, 10)).astype(np.float32)
ORDER = RNG.permutation(24)

CASES = {
    "rows": (Rows(ArrayTensor("m", MATRIX), 5, 17), MATRIX[5:17]),
    "rows at": (RowsAt(ArrayTensor("m", MATRIX), ORDER), MATRIX[ORDER]),
    "transposed": (Transposed(ArrayTensor("m", MATRIX)), MATRIX.T),
    "index": (Index(ArrayTensor("s", STACK), 2), STACK[2]),
    "transposed index": (Transposed(Index(ArrayTensor("s", STACK), 3)), STACK[3].T),
    "rows of transposed": (Rows(Transposed(ArrayTensor("m", MATRIX)), 3, 9), MATRIX.T[3:9]),
    "alternate rows of transposed": (
        RowsAt(Transposed(ArrayTensor("m", MATRIX)), np.arange(1, 10, 2)),
        MATRIX.T[1::2],
    ),
    "shifted": (Shifted(ArrayTensor("m", MATRIX), -1.0), MATRIX - np.float32(1)),
    "reshaped": (Reshaped(ArrayTensor("s", STACK), (4, 60)), STACK.reshape(4, 60)),
}


@pytest.mark.parametrize("name", CASES)
class TestEveryView:
    def test_whole(self, name: str) -> None:
        view, expected = CASES[name]
        assert view.shape == expected.shape
        np.testing.assert_array_equal(view.read_all(), expected)

    def test_any_rows(self, name: str) -> None:
        view, expected = CASES[name]
        for start in range(view.shape[0]):
            np.testing.assert_array_equal(view.read(start, start + 1), expected[start : start + 1])
        np.testing.assert_array_equal(view.read(1, 4), expected[1:4])
        np.testing.assert_array_equal(view.read(2, 2), expected[2:2])

    def test_blocks_join_to_the_whole(self, name: str) -> None:
        view, expected = CASES[name]
        np.testing.assert_array_equal(np.concatenate([block for _, block in view.blocks(64)]), expected)

    def test_window(self, name: str) -> None:
        view, expected = CASES[name]
        np.testing.assert_array_equal(view.window(slice(1, 3), slice(2, 5)), expected[1:3, 2:5])

    def test_keeps_what_it_shows(self, name: str) -> None:
        view, _ = CASES[name]
        assert isinstance(view, View)
        assert view.name in ("m", "s") and view.storage == "F32"


def test_scattered_rows_read_little() -> None:
    base = ArrayTensor("m", np.zeros((10_000, 4), np.float32))
    RowsAt(base, np.array([0, 1, 9_998, 9_999])).read(0, 4)
    assert base.reads == 16


def test_a_bias_of_stacked_experts() -> None:
    stacked = RNG.standard_normal((4, 6)).astype(np.float32)
    np.testing.assert_array_equal(Index(ArrayTensor("b", stacked), 1).read_all(), stacked[1])


def test_reshaping_keeps_rows() -> None:
    with pytest.raises(ValueError, match="rows"):
        Reshaped(ArrayTensor("s", STACK), (24, 10))
