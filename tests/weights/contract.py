"""What every reader promises, checked for each format over the same model.

A format's test class says how its own library writes the model; what the library cannot keep (a dtype, a name, a
digit) it states in ``kept`` and ``tolerance``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest
from numpy.typing import NDArray

from stemma.errors import StemmaError
from stemma.weights.interface import Checkpoint
from stemma.weights.local import local_files
from stemma.weights.open import open_checkpoint
from tests.weights.sources import CountedFiles

Model = dict[str, NDArray[np.generic]]


def sample_model() -> Model:
    """Matrices, vectors, three axes, several dtypes; one matrix large enough for laziness to show."""
    rng = np.random.default_rng(7)

    def normal(*shape: int) -> NDArray[np.float32]:
        return rng.normal(0, 0.02, shape).astype(np.float32)

    return {
        "embed.weight": normal(4096, 64),
        "layer.0.weight": normal(96, 64).astype(ml_dtypes.bfloat16),
        "layer.0.bias": normal(96),
        "layer.1.weight": normal(64, 96).astype(np.float16),
        "norm.weight": np.ones(64, np.float32),
        "stacked": normal(4, 6, 32),
    }


class ReaderContract(ABC):
    """Subclasses write the model; the promises are tested here."""

    container: str
    layout = "hf"
    tolerance = 0.0

    @abstractmethod
    def write(self, folder: Path, model: Model) -> None:
        """Write ``model`` into ``folder`` with the format's own library."""

    def kept(self, model: Model) -> Model:
        """The model as the format can hold it."""
        return model

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        self.write(tmp_path, sample_model())
        return tmp_path

    @pytest.fixture
    def checkpoint(self, folder: Path) -> Checkpoint:
        return open_checkpoint(local_files(folder))

    @pytest.fixture
    def expected(self) -> Model:
        return self.kept(sample_model())

    def same(self, got: NDArray[np.generic], wanted: NDArray[np.generic]) -> None:
        assert got.shape == wanted.shape
        error = np.abs(got.astype(np.float64) - wanted.astype(np.float64))
        assert error.max(initial=0.0) <= self.tolerance

    def test_container_and_names(self, checkpoint: Checkpoint, expected: Model) -> None:
        assert (checkpoint.container, checkpoint.layout) == (self.container, self.layout)
        assert list(checkpoint.tensors) == sorted(expected)
        assert checkpoint.weight_files
        assert checkpoint.warnings == ()

    def test_shapes_and_dtypes(self, checkpoint: Checkpoint, expected: Model) -> None:
        for name, array in expected.items():
            tensor = checkpoint.tensors[name]
            assert (tensor.name, tensor.shape) == (name, array.shape)
            assert tensor.read(0, 1).dtype == tensor.dtype
            if self.tolerance == 0:
                assert tensor.dtype == array.dtype
            assert tensor.storage

    def test_whole_values(self, checkpoint: Checkpoint, expected: Model) -> None:
        for name, array in expected.items():
            self.same(checkpoint.tensors[name].read_all(), array)

    def test_rows(self, checkpoint: Checkpoint, expected: Model) -> None:
        for name, array in expected.items():
            for start, stop in ((0, 1), (1, 3), (len(array) - 1, len(array)), (2, 2)):
                self.same(checkpoint.tensors[name].read(start, stop), array[start:stop])

    def test_blocks_cover_everything_in_order(self, checkpoint: Checkpoint, expected: Model) -> None:
        for name, array in expected.items():
            parts = list(checkpoint.tensors[name].blocks(1 << 14))
            assert [start for start, _ in parts] == list(np.cumsum([0, *(len(b) for _, b in parts)])[:-1])
            self.same(np.concatenate([block for _, block in parts]), array)

    def test_windows(self, checkpoint: Checkpoint, expected: Model) -> None:
        tensor, array = checkpoint.tensors["embed.weight"], expected["embed.weight"]
        for rows in (slice(0, 5), slice(100, 103), slice(None, 2), slice(3, 3)):
            for columns in (slice(0, 2), slice(5, 60), slice(None), slice(-3, None), slice(4, 4)):
                self.same(tensor.window(rows, columns), array[rows, columns])

    def test_few_rows_read_little(self, folder: Path, expected: Model) -> None:
        files = CountedFiles(local_files(folder))
        checkpoint = open_checkpoint(files)
        total = sum(file.size for file in checkpoint.weight_files)
        assert files.bytes_read < total / 2
        before = files.bytes_read
        checkpoint.tensors["embed.weight"].read(10, 20)
        assert files.bytes_read - before <= 10 * 64 * 4 + 8192

    def test_truncation_is_an_error(self, folder: Path, checkpoint: Checkpoint) -> None:
        path = folder / checkpoint.weight_files[-1].name
        data = path.read_bytes()
        for length in (len(data) - 64, len(data) // 2, 9, 0):
            path.write_bytes(data[:length])
            with pytest.raises(StemmaError):
                for tensor in open_checkpoint(local_files(folder)).tensors.values():
                    tensor.read_all()

    def test_a_vanished_file_is_an_error(self, folder: Path, checkpoint: Checkpoint) -> None:
        (folder / checkpoint.weight_files[-1].name).unlink()
        with pytest.raises(StemmaError, match="vanished"):
            for tensor in checkpoint.tensors.values():
                tensor.read_all()

    def test_a_changed_file_is_an_error(self, folder: Path, checkpoint: Checkpoint) -> None:
        path = folder / checkpoint.weight_files[-1].name
        path.write_bytes(path.read_bytes() + b"\0")
        with pytest.raises(StemmaError, match="changed"):
            for tensor in checkpoint.tensors.values():
                tensor.read_all()
