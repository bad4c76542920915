"""The contract, for every container over the same model, each written by the format's own library."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gguf
import ml_dtypes
import numpy as np
import onnx
import pytest
import safetensors.torch
import torch

from tests.weights.contract import Model, ReaderContract


def as_torch(model: Model) -> dict[str, torch.Tensor]:
    """The model as torch holds it; NumPy's bfloat16 goes by its bits."""
    return {
        name: torch.from_numpy(array.view(np.int16).copy()).view(torch.bfloat16)
        if array.dtype == ml_dtypes.bfloat16
        else torch.from_numpy(np.ascontiguousarray(array))
        for name, array in model.items()
    }


class TestSafetensors(ReaderContract):
    container = "safetensors"

    def write(self, folder: Path, model: Model) -> None:
        safetensors.torch.save_file(as_torch(model), folder / "model.safetensors", metadata={"format": "pt"})


class TestSafetensorsUnderAnotherName(ReaderContract):
    container = "safetensors"

    def write(self, folder: Path, model: Model) -> None:
        safetensors.torch.save_file(as_torch(model), folder / "blob")


class TestSafetensorsShardedWithIndex(ReaderContract):
    container = "safetensors"

    def write(self, folder: Path, model: Model) -> None:
        shards = split(model, 3)
        names = [f"model-{i + 1:05d}-of-00003.safetensors" for i in range(3)]
        for name, shard in zip(names, shards, strict=True):
            safetensors.torch.save_file(as_torch(shard), folder / name)
        write_index(folder / "model.safetensors.index.json", names, shards)


class TestSafetensorsShardedWithoutIndex(ReaderContract):
    container = "safetensors"

    def write(self, folder: Path, model: Model) -> None:
        for i, shard in enumerate(split(model, 2)):
            safetensors.torch.save_file(as_torch(shard), folder / f"model-{i + 1:05d}-of-00002.safetensors")


class TestTorchZip(ReaderContract):
    container = "torch"

    def write(self, folder: Path, model: Model) -> None:
        torch.save(as_torch(model), folder / "pytorch_model.bin")


class TestTorchWrappedAndTransposed(ReaderContract):
    container = "torch"

    def write(self, folder: Path, model: Model) -> None:
        tensors = {
            f"module.{name}": torch.nn.Parameter(tensor.t().contiguous().t() if tensor.ndim == 2 else tensor)
            for name, tensor in as_torch(model).items()
        }
        torch.save({"state_dict": tensors}, folder / "checkpoint.pt")

    def test_few_rows_read_little(self, folder: Path, expected: Model) -> None:
        """Rows of a transposed matrix lie all over it, so little is no promise here."""


class TestTorchSharded(ReaderContract):
    container = "torch"

    def write(self, folder: Path, model: Model) -> None:
        shards = split(model, 2)
        names = [f"pytorch_model-{i + 1:05d}-of-00002.bin" for i in range(2)]
        for name, shard in zip(names, shards, strict=True):
            torch.save(as_torch(shard), folder / name)
        write_index(folder / "pytorch_model.bin.index.json", names, shards)


class GgufContract(ReaderContract):
    container = "gguf"
    layout = "gguf"

    def writer(self, path: Path) -> Any:
        writer = gguf.GGUFWriter(str(path), "llama")
        writer.add_name("a test")
        return writer

    def finish(self, writer: Any) -> None:
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()


class TestGgufPlain(GgufContract):
    def write(self, folder: Path, model: Model) -> None:
        writer = self.writer(folder / "model-plain.gguf")
        for name, array in model.items():
            if array.dtype == ml_dtypes.bfloat16:
                bits = array.view(np.uint8).reshape(*array.shape[:-1], -1)
                writer.add_tensor(name, bits, raw_dtype=gguf.GGMLQuantizationType.BF16)
            else:
                writer.add_tensor(name, array)
        self.finish(writer)


class TestGgufSplit(GgufContract):
    def write(self, folder: Path, model: Model) -> None:
        writer = gguf.GGUFWriter(str(folder / "model.gguf"), "llama", split_max_tensors=2)
        for name, array in self.kept(model).items():
            writer.add_tensor(name, array)
        self.finish(writer)

    def kept(self, model: Model) -> Model:
        return {n: a.astype(np.float32) if a.dtype == ml_dtypes.bfloat16 else a for n, a in model.items()}


class TestGgufQuantised(GgufContract):
    tolerance = 2e-3

    def write(self, folder: Path, model: Model) -> None:
        writer = self.writer(folder / "model-Q8_0.gguf")
        for name, array in model.items():
            kind = gguf.GGMLQuantizationType.Q8_0
            if array.ndim == 1:
                writer.add_tensor(name, array)
            else:
                writer.add_tensor(name, gguf.quants.quantize(array.astype(np.float32), kind), raw_dtype=kind)
        self.finish(writer)


class TestOnnx(ReaderContract):
    container = "onnx"
    layout = "onnx"
    external = False

    def write(self, folder: Path, model: Model) -> None:
        initialisers = [onnx.numpy_helper.from_array(array, name) for name, array in model.items()]
        node = onnx.helper.make_node("Identity", ["x"], ["y"])
        ends = [onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [1]) for name in "xy"]
        graph = onnx.helper.make_graph([node], "g", ends[:1], ends[1:], initialisers)
        onnx.save_model(
            onnx.helper.make_model(graph),
            folder / "model.onnx",
            save_as_external_data=self.external,
            location="model.onnx.data",
            size_threshold=0,
        )


class TestOnnxExternal(TestOnnx):
    external = True


def split(model: Model, parts: int) -> list[Model]:
    """The tensors dealt out in turn."""
    return [dict(list(model.items())[part::parts]) for part in range(parts)]


def write_index(path: Path, names: list[str], shards: list[Model]) -> None:
    """An index as transformers writes it."""
    import json

    weight_map = {tensor: name for name, shard in zip(names, shards, strict=True) for tensor in shard}
    path.write_text(json.dumps({"metadata": {"total_size": 0}, "weight_map": weight_map}))


@pytest.fixture(autouse=True)
def _quiet() -> None:
    torch.manual_seed(0)
