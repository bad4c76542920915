"""What open_checkpoint finds in a folder: which files it takes, what it refuses, what it gathers beside them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import peft
import pytest
import safetensors.numpy
import torch
import transformers

from stemma.errors import InputError, MalformedFile, ModelNotFound, StemmaError, UnsafeFile, UnsupportedFormat
from stemma.identity import Missing, is_present
from stemma.weights.local import local_files
from stemma.weights.open import open_checkpoint
from tests.weights.sources import Files

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning:transformers")


def weights(*names: str) -> bytes:
    return safetensors.numpy.save({name: np.full((2, 3), i, np.float32) for i, name in enumerate(names)})


def test_safetensors_comes_before_other_containers_and_says_so() -> None:
    files = Files({"model.safetensors": weights("a"), "pytorch_model.bin": b"never opened", "x.gguf": b"nor this"})
    checkpoint = open_checkpoint(files)
    assert checkpoint.container == "safetensors"
    assert [w for w in checkpoint.warnings if "pytorch_model.bin" in w]
    assert [w for w in checkpoint.warnings if "x.gguf" in w]


def test_one_file_before_shards_and_the_rest_is_named() -> None:
    checkpoint = open_checkpoint(Files({"model.safetensors": weights("a"), "consolidated.safetensors": weights("b")}))
    assert list(checkpoint.tensors) == ["a"]
    assert any("consolidated.safetensors" in warning for warning in checkpoint.warnings)


@pytest.mark.parametrize(
    ("names", "error"),
    [
        ([], ModelNotFound),
        (["README.md", "config.json"], ModelNotFound),
        (["model_index.json", "unet/model.safetensors"], UnsupportedFormat),
        (["a.safetensors", "b.safetensors"], InputError),
        (["model-00001-of-00003.safetensors", "model-00003-of-00003.safetensors"], MalformedFile),
        (["model-00001-of-00002.safetensors", "model-00002-of-00003.safetensors"], MalformedFile),
        (["model-00000-of-00001.safetensors"], MalformedFile),
        (["training_args.bin", "optimizer.pt"], ModelNotFound),
    ],
)
def test_folders_without_one_model(names: list[str], error: type[StemmaError]) -> None:
    with pytest.raises(error) as caught:
        open_checkpoint(Files({name: weights(name) for name in names}))
    assert caught.value.message


@pytest.mark.parametrize(
    "weight_map",
    [
        {},
        [],
        {"a": 3},
        {"a": "s1.safetensors", "b": "nowhere.safetensors"},
        {"a": "s2.safetensors", "b": "s1.safetensors"},
        {"a": "s1.safetensors", "b": "s2.safetensors", "c": "s2.safetensors"},
        {"a": "../../etc/passwd"},
    ],
)
def test_an_index_that_lies(weight_map: object) -> None:
    index = json.dumps({"weight_map": weight_map}).encode()
    files = {"model.safetensors.index.json": index, "s1.safetensors": weights("a"), "s2.safetensors": weights("b")}
    with pytest.raises(MalformedFile):
        open_checkpoint(Files(files))


def test_what_an_index_leaves_out_is_read_and_named() -> None:
    index = json.dumps({"weight_map": {"a": "s1.safetensors"}}).encode()
    checkpoint = open_checkpoint(
        Files({"model.safetensors.index.json": index, "s1.safetensors": weights("a", "extra")})
    )
    assert list(checkpoint.tensors) == ["a", "extra"]
    assert any("extra" in warning for warning in checkpoint.warnings)


def test_a_tensor_in_two_shards_is_refused() -> None:
    with pytest.raises(MalformedFile, match="every tensor once"):
        open_checkpoint(
            Files({f"model-0000{i}-of-00002.safetensors": weights("a") for i in (1, 2)}),
        )


def test_config_tokenizer_and_claims_are_gathered() -> None:
    tokenizer = {"model": {"type": "BPE", "vocab": {"a": 0, "b": 1}, "merges": []}, "added_tokens": []}
    checkpoint = open_checkpoint(
        Files(
            {
                "model.safetensors": weights("a"),
                "config.json": b'{"model_type": "bert", "_name_or_path": "org/parent", "limit": Infinity}',
                "tokenizer.json": json.dumps(tokenizer).encode(),
                "README.md": b"---\nbase_model: org/parent\nlicense: mit\n---\n# Card",
                "1_Pooling/config.json": b"{}",
                "modules.json": b"[]",
            }
        )
    )
    assert is_present(checkpoint.config) and checkpoint.config["model_type"] == "bert"
    assert is_present(checkpoint.tokenizer) and checkpoint.tokenizer.tokens == {0: "a", 1: "b"}
    assert checkpoint.declared["card"] == {"base_model": "org/parent", "license": "mit"}
    assert checkpoint.declared["config"] == {"_name_or_path": "org/parent"}


def test_absence_has_a_reason() -> None:
    checkpoint = open_checkpoint(Files({"model.safetensors": weights("a")}))
    assert isinstance(checkpoint.config, Missing) and "config.json" in checkpoint.config.reason
    assert isinstance(checkpoint.tokenizer, Missing)


@pytest.mark.parametrize(
    "config", [b"", b"[]", b"{", b'{"a": 1, "a": 2}', b"\xff\xfe", b'{"a":' * 99 + b"1" + b"}" * 99]
)
def test_a_damaged_config_is_an_error(config: bytes) -> None:
    with pytest.raises(StemmaError):
        open_checkpoint(Files({"model.safetensors": weights("a"), "config.json": config}))


def test_damaged_extras_are_warnings() -> None:
    checkpoint = open_checkpoint(
        Files(
            {
                "model.safetensors": weights("a"),
                "tokenizer.json": b"{",
                "README.md": b"---\n*unknown\n---\n",
                "mergekit_config.yml": b"a: [",
            }
        )
    )
    assert len(checkpoint.warnings) == 3
    assert isinstance(checkpoint.tokenizer, Missing)


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    outside = tmp_path / "outside.safetensors"
    outside.write_bytes(weights("a"))
    model = tmp_path / "model"
    model.mkdir()
    (model / "model.safetensors").symlink_to(outside)
    with pytest.raises(UnsafeFile, match="leaves"):
        open_checkpoint(local_files(model))


@pytest.fixture(scope="module")
def adapter(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, dict[str, torch.Tensor]]:
    """A base, a LoRA adapter written by peft, and the merged weights."""
    torch.manual_seed(0)
    root = tmp_path_factory.mktemp("adapter")
    sizes = {"vocab_size": 40, "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = transformers.LlamaConfig(**sizes, num_key_value_heads=2, intermediate_size=24)
    base = transformers.LlamaForCausalLM(config)
    base.save_pretrained(root / "base")
    tuned = peft.get_peft_model(base, peft.LoraConfig(r=2, target_modules=["q_proj"], init_lora_weights=False))
    tuned.save_pretrained(root / "adapter")
    return root / "base", root / "adapter", tuned.merge_and_unload().state_dict()


def test_an_adapter_is_applied_to_its_base(adapter: tuple[Path, Path, dict[str, torch.Tensor]]) -> None:
    base_path, adapter_path, merged = adapter
    base = open_checkpoint(local_files(base_path))
    checkpoint = open_checkpoint(local_files(adapter_path), base=base)
    assert list(checkpoint.tensors) == list(base.tensors)
    for name, tensor in checkpoint.tensors.items():
        np.testing.assert_allclose(tensor.read_all(), merged[name].numpy(), atol=1e-6)
    assert checkpoint.declared["adapter"]["kind"] == "lora"
    assert (checkpoint.layout, checkpoint.config) == (base.layout, base.config)


def test_an_adapter_alone_is_an_adapter(adapter: tuple[Path, Path, dict[str, torch.Tensor]]) -> None:
    checkpoint = open_checkpoint(local_files(adapter[1]))
    assert checkpoint.layout == "adapter"
    assert all(".lora_" in name for name in checkpoint.tensors)
    assert any("without its base" in warning for warning in checkpoint.warnings)


def test_a_base_that_is_not_needed_is_named(adapter: tuple[Path, Path, dict[str, torch.Tensor]]) -> None:
    base = open_checkpoint(local_files(adapter[0]))
    checkpoint = open_checkpoint(local_files(adapter[0]), base=base)
    assert any("was not used" in warning for warning in checkpoint.warnings)
