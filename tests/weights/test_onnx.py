"""ONNX: the names and the orientation of real exports, typed numbers, external data, and graphs that lie."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
import transformers
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper

from stemma.errors import MalformedFile, ModelNotFound, StemmaError, UnsafeFile, UnsupportedFormat
from stemma.weights.formats.onnx import OnnxFormat
from stemma.weights.interface import Checkpoint
from stemma.weights.local import local_files
from stemma.weights.open import open_checkpoint
from tests.weights.sources import Files


def model_of(*initialisers: TensorProto, nodes: list[onnx.NodeProto] | None = None) -> bytes:
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in "xy"]
    nodes = nodes or [helper.make_node("Identity", ["x"], ["y"])]
    graph = helper.make_graph(nodes, "g", ends[:1], ends[1:], list(initialisers))
    data: bytes = helper.make_model(graph, producer_name="a test").SerializeToString()
    return data


def opened(data: bytes, **others: bytes) -> Checkpoint:
    return open_checkpoint(Files({"model.onnx": data, **others}))


def raw(name: str, array: np.ndarray) -> TensorProto:
    return onnx.numpy_helper.from_array(array, name)


def external(name: str, shape: list[int], **entries: str) -> TensorProto:
    tensor = TensorProto(name=name, dims=shape, data_type=TensorProto.FLOAT, data_location=TensorProto.EXTERNAL)
    for key, value in entries.items():
        tensor.external_data.add(key=key, value=value)
    return tensor


@pytest.fixture(scope="module")
def bert() -> torch.nn.Module:
    """A BERT inside a wrapper, every parameter different, as exporters like it."""

    class Wrapper(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            sizes = {"vocab_size": 50, "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2}
            config = transformers.BertConfig(**sizes, intermediate_size=32, attn_implementation="eager")
            self.bert = transformers.BertModel(config, add_pooling_layer=False).eval()

        def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
            state: torch.Tensor = self.bert(input_ids=ids, attention_mask=mask).last_hidden_state
            return state

    torch.manual_seed(0)
    wrapper = Wrapper()
    for parameter in wrapper.parameters():
        torch.nn.init.normal_(parameter)
    return wrapper


@pytest.fixture(scope="module", params=[False, True], ids=["torchscript", "dynamo"])
def exported(request: pytest.FixtureRequest, bert: torch.nn.Module, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that torch's old or new exporter writes."""
    if request.param:
        pytest.importorskip("onnxscript")
    folder = tmp_path_factory.mktemp("onnx")
    sample = (torch.ones(1, 512, dtype=torch.long), torch.ones(1, 512, dtype=torch.long))
    torch.onnx.export(bert, sample, str(folder / "model.onnx"), dynamo=request.param, verbose=False)
    return folder


@pytest.mark.filterwarnings("ignore")
def test_exports_have_the_names_and_the_orientation_of_their_source(exported: Path, bert: torch.nn.Module) -> None:
    checkpoint = open_checkpoint(local_files(exported))
    folded = {"bert.embeddings.position_embeddings.weight"}  # looked up at fixed positions by the new exporter
    for name, parameter in bert.named_parameters():
        if name in folded - checkpoint.tensors.keys():
            continue
        tensor = checkpoint.tensors[name]
        assert tensor.shape == tuple(parameter.shape)
        np.testing.assert_array_equal(tensor.read_all(), parameter.detach().numpy())
        np.testing.assert_array_equal(tensor.read(1, 3), parameter.detach().numpy()[1:3])


def test_parameters_of_equal_value_get_their_names_back() -> None:
    nodes = [helper.make_node("Identity", ["a.bias"], ["b.bias"]), helper.make_node("Identity", ["b.bias"], ["y"])]
    checkpoint = opened(model_of(raw("a.bias", np.ones(3, np.float32)), nodes=nodes))
    assert list(checkpoint.tensors) == ["a.bias", "b.bias"]
    np.testing.assert_array_equal(checkpoint.tensors["b.bias"].read_all(), np.ones(3))


@pytest.mark.parametrize(("operation", "attributes", "turned"), [("MatMul", {}, True), ("Gemm", {"transB": 1}, False)])
def test_numbered_tensors_take_the_name_of_their_module(
    operation: str, attributes: dict[str, int], turned: bool
) -> None:
    array = np.arange(6, dtype=np.float32).reshape(2, 3)
    node = helper.make_node(operation, ["x", "onnx::MatMul_7"], ["y"], name=f"/enc/query/{operation}", **attributes)
    checkpoint = opened(model_of(raw("onnx::MatMul_7", array), nodes=[node]))
    expected = array.T if turned else array
    np.testing.assert_array_equal(checkpoint.tensors["enc.query.weight"].read_all(), expected)


def test_numbered_tensors_without_a_module_keep_their_number_and_are_named() -> None:
    checkpoint = opened(model_of(raw("onnx::MatMul_7", np.ones((2, 3), np.float32))))
    assert list(checkpoint.tensors) == ["onnx::MatMul_7"]
    assert "no name but a number" in checkpoint.warnings[0]


def test_constants_are_no_weights() -> None:
    constants = [raw("onnx::Unsqueeze_1", np.array([1, 2])), raw("onnx::Div_2", np.array(8, np.float32))]
    assert list(opened(model_of(raw("w", np.ones((2, 3), np.float32)), *constants)).tensors) == ["w"]


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (TensorProto.FLOAT, [1.5, -2.0, 3.0]),
        (TensorProto.DOUBLE, [1.5, -2.0, 3.0]),
        (TensorProto.INT64, [1, -2, 1 << 60]),
        (TensorProto.INT8, [1, -2, 100]),
        (TensorProto.UINT8, [1, 200, 255]),
        (TensorProto.INT32, [1, -2, 1 << 30]),
        (TensorProto.FLOAT16, [1.5, -2.0, 3.0]),
        (TensorProto.BOOL, [True, False, True]),
        (TensorProto.UINT64, [1, 2, 1 << 63]),
    ],
)
def test_typed_numbers(kind: int, values: list[float]) -> None:
    tensor = helper.make_tensor("t", kind, [3], values)
    assert not tensor.raw_data
    np.testing.assert_array_equal(opened(model_of(tensor)).tensors["t"].read_all(), values)


def test_quantised_types_are_named() -> None:
    with pytest.raises(UnsupportedFormat, match="data type 22"):
        opened(model_of(helper.make_tensor("t", TensorProto.INT4, [2], [1, 2])))


def test_external_data_by_offset() -> None:
    data = np.arange(8, dtype="<f4").tobytes()
    proto = model_of(external("t", [2], location="w.data", offset="8", length="8"))
    files = Files({"model.onnx": proto, "w.data": data})
    assert open_checkpoint(files).tensors["t"].read_all().tolist() == [2, 3]
    inside = Files({"onnx/model.onnx": proto, "onnx/w.data": data, "config.json": b"{}"})
    checkpoint = open_checkpoint(inside)
    assert [file.name for file in checkpoint.weight_files] == ["onnx/model.onnx", "onnx/w.data"]


@pytest.mark.parametrize(
    "location", ["../secret", "/etc/passwd", "a/../../secret", "C:\\secret", "..\\secret", "", "file:///etc/passwd"]
)
def test_external_data_outside_the_folder(location: str) -> None:
    with pytest.raises(UnsafeFile, match="outside"):
        opened(model_of(external("t", [2], location=location)))


def test_external_data_behind_a_link(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(bytes(8))
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "w.data").symlink_to("../secret")
    (folder / "model.onnx").write_bytes(model_of(external("t", [2], location="w.data")))
    with pytest.raises(UnsafeFile, match="leaves"):
        open_checkpoint(local_files(folder))


def test_external_data_that_is_missing() -> None:
    with pytest.raises(ModelNotFound, match=r"w\.data"):
        opened(model_of(external("t", [2], location="w.data")))


def lies() -> Iterator[tuple[str, bytes, dict[str, bytes]]]:
    good = model_of(raw("w", np.ones(4, np.float32)))
    yield "no graph", b"", {}
    yield "another file", b"not a model at all", {}
    yield "cut", good[: len(good) // 2], {}
    yield "length too long", b"\x3a\xff\xff\xff\xff\x0f", {}
    yield "varint without end", b"\xff" * 20, {}
    yield "group", b"\x3b\x3c", {}
    for shape, kind in (([3], 1), ([5], 1), ([-1], 1), ([1 << 40] * 4, 1), ([1] * 40, 1), ([0, 1 << 62], 1)):
        tensor = TensorProto(name="w", dims=shape, data_type=kind, raw_data=bytes(16))
        yield f"shape {shape[:4]}", model_of(tensor), {}
    yield "twice", model_of(*[raw("w", np.ones(4, np.float32))] * 2), {}
    for entries in ({"offset": "9"}, {"offset": "-1"}, {"length": "9" * 30}, {"offset": "x"}, {"length": "4"}):
        yield f"{entries}", model_of(external("w", [2], location="w.data", **entries)), {"w.data": bytes(8)}
    typed = TensorProto(name="w", dims=[2], data_type=TensorProto.INT64, int64_data=[1, 2, 3])
    yield "more numbers", model_of(typed), {}
    typed = TensorProto(name="w", dims=[1], data_type=TensorProto.COMPLEX128, int64_data=[1])
    yield "numbers of another type", model_of(typed), {}


@pytest.mark.parametrize(("data", "others"), [c[1:] for c in lies()], ids=[c[0] for c in lies()])
def test_graphs_that_lie(data: bytes, others: dict[str, bytes]) -> None:
    with pytest.raises(MalformedFile):
        opened(data, **others)


@given(st.binary(max_size=300), st.integers(0, 400))
def test_any_bytes_are_read_or_refused(noise: bytes, at: int) -> None:
    good = model_of(raw("w", np.ones((4, 4), np.float32)), raw("v", np.ones(3)))
    for data in (noise, good[:at] + noise + good[at + len(noise) :]):
        try:
            contents = OnnxFormat().read(Files({"m.onnx": data}), ("m.onnx",))
            for tensor in contents.tensors.values():
                assert tensor.read_all().shape == tensor.shape
        except StemmaError as error:
            assert error.message
