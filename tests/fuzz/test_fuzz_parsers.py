"""A campaign against every parser of what a stranger may hand over.

Each lasts ``STEMMA_FUZZ_SECONDS`` (2 by default) and starts at ``STEMMA_FUZZ_SEED`` (0); the seed of a failure is
printed. Valid files, written by the formats' own libraries, are mutated bytewise and by structure.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import gguf
import numpy as np
import onnx
import pytest
import safetensors.torch
import torch
from onnx import helper

from stemma.catalog import Catalog
from tests.advisories.documents import affected
from tests.advisories.documents import text as advisory
from tests.catalog.prints import make
from tests.fingerprint.golden_models import GOLDEN
from tests.fuzz.campaign import TARGETS
from tests.records.test_read import GOOD

TENSORS = {
    "a": torch.arange(24, dtype=torch.float32).reshape(6, 4),
    "b": torch.ones(3, dtype=torch.bfloat16),
    "c": torch.tensor(1),
    "d": torch.zeros(0, 4),
}


def _torch(value: object) -> bytes:
    target = io.BytesIO()
    torch.save(value, target)
    return target.getvalue()


def _gguf(folder: Path) -> bytes:
    writer = gguf.GGUFWriter(str(folder / "x"), "llama")
    writer.add_token_list(["<s>", "a", "b"])
    writer.add_token_scores([0.0, 1.0, 2.0])
    writer.add_base_model_count(1)
    writer.add_tensor("a", np.ones((6, 4), np.float32))
    for kind in ("Q4_0", "Q8_0", "Q4_K", "IQ2_XS", "MXFP4"):
        code = gguf.GGMLQuantizationType[kind]
        block, size = gguf.GGML_QUANT_SIZES[code]
        writer.add_tensor(kind, np.zeros((2, size), np.uint8), raw_dtype=code)
        assert block
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return (folder / "x").read_bytes()


def _onnx(typed: bool) -> bytes:
    initialisers = [onnx.numpy_helper.from_array(np.ones((4, 3), np.float32), "onnx::MatMul_1")]
    if typed:
        initialisers.append(helper.make_tensor("t", onnx.TensorProto.INT64, [3], [1, -2, 3]))
        initialisers.append(helper.make_tensor("f", onnx.TensorProto.FLOAT16, [2], [1.0, 2.0]))
        external = onnx.TensorProto(name="e", dims=[2], data_type=1, data_location=onnx.TensorProto.EXTERNAL)
        external.external_data.add(key="location", value="x.onnx")
        external.external_data.add(key="length", value="8")
        initialisers.append(external)
    nodes = [
        helper.make_node("MatMul", ["x", "onnx::MatMul_1"], ["h"], name="/enc/q/MatMul"),
        helper.make_node("Gemm", ["h", "t"], ["y"], name="/enc/k/Gemm", transB=1),
    ]
    ends = [helper.make_tensor_value_info(name, 1, [1]) for name in "xy"]
    data: bytes = helper.make_model(helper.make_graph(nodes, "g", ends[:1], ends[1:], initialisers)).SerializeToString()
    return data


def _export(folder: Path) -> bytes:
    catalog = Catalog(folder / "catalog")
    for number in range(2):
        catalog.add(make(number), name=f"print-{number}")
    catalog.export(folder / "exported")
    return (folder / "exported").read_bytes()


TOKENIZER = {
    "model": {"type": "BPE", "vocab": {"a": 0, "b": 1}, "merges": [["a", "b"]]},
    "added_tokens": [{"id": 2, "content": "<s>"}],
    "decoder": {"type": "Sequence", "decoders": [{"type": "Fuse"}]},
}
CARD = b"---\nbase_model:\n- org/a\nlicense: mit\ntags: [a, b]\nnested: {a: {b: [c]}}\n---\n# Card\n"
PIECES = (
    b"".join(b"\n\x0c\n\x03" + piece + b"\x15\x00\x00\x80\xbf\x18\x02" for piece in (b"<s>", b"abc"))
    + b"\x12\x02\x18\x02"
)


def corpora(folder: Path) -> Mapping[str, Mapping[str, bytes]]:
    """Valid files for each target."""
    weight_map = {"weight_map": {"a": "model-00001-of-00001.safetensors"}}
    adapter = {"peft_type": "LORA", "base_model_name_or_path": "org/a", "r": 2}
    config = {"model_type": "bert", "quantization_config": {"quant_method": "gptq", "bits": 4}}
    beside = {
        "tokenizer.json": json.dumps(TOKENIZER).encode(),
        "vocab.json": b'{"a": 0, "b": 1}',
        "vocab.txt": b"a\nb\n",
        "tokenizer.model": PIECES,
        "README.md": CARD,
        "mergekit_config.yml": b"merge_method: slerp\nmodels:\n  - model: org/a\n    parameters: {t: 0.5}\n",
        "adapter_config.json": json.dumps(adapter).encode(),
    }
    return {
        "safetensors": {"x.safetensors": safetensors.torch.save(TENSORS, metadata={"format": "pt"})},
        "gguf": {"x.gguf": _gguf(folder)},
        "torch": {
            "x.bin": _torch(TENSORS),
            "y.bin": _torch({"model": {"a": torch.ones(4, 6).t(), "p": torch.nn.Parameter(torch.ones(2))}, "epoch": 1}),
        },
        "onnx": {"x.onnx": _onnx(False), "y.onnx": _onnx(True)},
        "beside": beside,
        "folder": {
            **beside,
            "config.json": json.dumps(config).encode(),
            "model.safetensors.index.json": json.dumps(weight_map).encode(),
        },
        # of before there was a digest, which nothing changed gets past
        "fingerprint": {path.name: path.read_bytes() for path in GOLDEN.glob("*.stemma")},
        "export": {"x.zip": _export(folder)},
        "record": {"x.yaml": GOOD.encode()},
        "advisory": {"x.json": advisory(affected=affected([{"introduced": "0"}, {"fixed": "1.0.0"}])).encode()},
    }


@pytest.mark.fuzz
@pytest.mark.parametrize("target", list(TARGETS))
def test_only_clear_errors_escape(target: str, tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    for name, data in corpora(scratch)[target].items():
        (corpus / name).write_bytes(data)
    seconds, seed = os.environ.get("STEMMA_FUZZ_SECONDS", "2"), os.environ.get("STEMMA_FUZZ_SEED", "0")
    command = [sys.executable, "-m", "tests.fuzz.campaign", target, str(corpus), seconds, seed]
    done = subprocess.run(
        command,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=float(seconds) + 120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-6000:]
    sys.stdout.write(done.stdout)
