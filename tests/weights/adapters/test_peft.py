"""Adapters saved by peft, applied here, against peft's own merge."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stemma.errors import MalformedFile, UnsupportedFormat
from stemma.weights.adapters.apply import adapter_parts, apply_adapter
from stemma.weights.adapters.detect import detect
from stemma.weights.adapters.names import Kind
from stemma.weights.interface import LazyTensor
from tests.weights.packed.arrays import from_torch, lazy

torch = pytest.importorskip("torch")
peft = pytest.importorskip("peft")
transformers = pytest.importorskip("transformers")

pytestmark = pytest.mark.filterwarnings("ignore")
Tensors = dict[str, LazyTensor]


def _llama(dtype: Any = torch.float32) -> Any:
    torch.manual_seed(0)
    config = transformers.LlamaConfig(
        vocab_size=64,
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
    )
    return transformers.LlamaForCausalLM(config).to(dtype)


def _gpt2() -> Any:
    torch.manual_seed(0)
    config = transformers.GPT2Config(vocab_size=64, n_embd=32, n_layer=2, n_head=4, n_positions=16)
    return transformers.GPT2LMHeadModel(config)


def _state(model: Any) -> Tensors:
    return lazy({name: from_torch(tensor) for name, tensor in model.state_dict().items()})


def _adapted(model: Any, config: Any, folder: Path) -> tuple[Tensors, Tensors, dict[str, Any], dict[str, Any]]:
    """The base's tensors, the saved adapter's tensors and config, and what peft merges of them."""
    base = _state(model)
    adapted = peft.get_peft_model(copy.deepcopy(model), config)
    generator = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for name, parameter in adapted.named_parameters():
            if "lora_" in name or "modules_to_save" in name or "token_adapter" in name:
                noise = torch.randn(parameter.shape, generator=generator) * 0.2
                parameter.add_(noise.to(parameter.dtype))
    adapted.save_pretrained(folder)
    loaded = peft.PeftModel.from_pretrained(copy.deepcopy(model), folder)
    merged = {name: from_torch(tensor) for name, tensor in loaded.merge_and_unload().state_dict().items()}
    return base, _read(folder), json.loads((folder / "adapter_config.json").read_text()), merged


def _read(folder: Path) -> Tensors:
    from safetensors.torch import load_file

    return lazy({name: from_torch(t) for name, t in load_file(folder / "adapter_model.safetensors").items()})


def _check(
    base: Tensors, adapter: Tensors, config: dict[str, Any], merged: dict[str, Any], *, rtol: float = 2e-5
) -> None:
    tensors, sentences = apply_adapter(base, adapter, config)
    assert sentences == ()
    assert list(tensors) == sorted(merged)
    changed = 0
    for name, expected in merged.items():
        tensor = tensors[name]
        assert tensor.shape == expected.shape
        assert tensor.dtype == expected.dtype
        read, wanted = tensor.read_all().astype(np.float32), expected.astype(np.float32)
        np.testing.assert_allclose(read, wanted, rtol=rtol, atol=rtol, err_msg=name)
        blocks = np.concatenate([rows for _, rows in tensor.blocks(limit=tensor.row_bytes * 5)])
        np.testing.assert_allclose(blocks.astype(np.float32), read, rtol=1e-5, atol=1e-6)
        part = tensor.read(1, 3).astype(np.float32)
        np.testing.assert_allclose(part, read[1:3], rtol=1e-5, atol=1e-6)
        changed += not np.array_equal(read, base[name].read_all().astype(np.float32))
    assert changed


PROJECTIONS = ["q_proj", "v_proj", "down_proj"]


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"use_rslora": True, "lora_alpha": 3},
        {"use_dora": True},
        {"rank_pattern": {"q_proj": 2, "layers.1.mlp.down_proj": 7}, "alpha_pattern": {"v_proj": 31}},
        {"rank_pattern": {"^model.layers.0.self_attn.q_proj": 3}, "alpha_pattern": {"q_proj": 9}},
        {"modules_to_save": ["lm_head"]},
        {"use_dora": True, "use_rslora": True, "rank_pattern": {"q_proj": 2}},
    ],
)
def test_lora(settings: dict[str, Any], tmp_path: Path) -> None:
    config = peft.LoraConfig(r=4, target_modules=PROJECTIONS, **settings)
    _check(*_adapted(_llama(), config, tmp_path))


@pytest.mark.parametrize("dora", [False, True])
def test_embeddings(dora: bool, tmp_path: Path) -> None:
    config = peft.LoraConfig(r=4, target_modules=["embed_tokens", "q_proj"], use_dora=dora)
    _check(*_adapted(_llama(), config, tmp_path))


@pytest.mark.parametrize("dora", [False, True])
def test_matrices_stored_in_by_out(dora: bool, tmp_path: Path) -> None:
    targets = ["c_attn", "c_proj", "c_fc"]
    config = peft.LoraConfig(r=4, target_modules=targets, fan_in_fan_out=True, use_dora=dora)
    _check(*_adapted(_gpt2(), config, tmp_path))


def test_a_lying_orientation_is_not_believed(tmp_path: Path) -> None:
    config = peft.LoraConfig(r=4, target_modules=["c_attn", "c_proj"], fan_in_fan_out=True)
    base, adapter, saved, merged = _adapted(_gpt2(), config, tmp_path)
    _check(base, adapter, saved | {"fan_in_fan_out": False}, merged)


def test_biases_of_the_second_matrix(tmp_path: Path) -> None:
    config = peft.LoraConfig(r=4, target_modules=["c_attn"], fan_in_fan_out=True, lora_bias=True)
    _check(*_adapted(_gpt2(), config, tmp_path))


def test_trained_biases(tmp_path: Path) -> None:
    config = peft.LoraConfig(r=4, target_modules=["c_attn"], fan_in_fan_out=True, bias="all")
    base, adapter, saved, merged = _adapted(_gpt2(), config, tmp_path)
    assert any(name.endswith(".bias") for name in adapter)
    _check(base, adapter, saved, merged)


def test_trained_tokens(tmp_path: Path) -> None:
    config = peft.LoraConfig(r=4, target_modules=["q_proj"], trainable_token_indices=[3, 60, 7])
    _check(*_adapted(_llama(), config, tmp_path))


def test_adalora(tmp_path: Path) -> None:
    config = peft.AdaLoraConfig(total_step=10, init_r=6, target_r=4, target_modules=PROJECTIONS, lora_alpha=5)
    _check(*_adapted(_llama(), config, tmp_path))


def test_the_base_keeps_its_type(tmp_path: Path) -> None:
    config = peft.LoraConfig(r=4, target_modules=PROJECTIONS)
    _check(*_adapted(_llama(torch.bfloat16), config, tmp_path), rtol=1e-2)


def test_qlora_on_a_dequantised_base(tmp_path: Path) -> None:
    functional = pytest.importorskip("bitsandbytes").functional
    model = _llama()
    config = peft.LoraConfig(r=4, target_modules=["q_proj"])
    base, adapter, saved, _ = _adapted(model, config, tmp_path)
    name = "model.layers.0.self_attn.q_proj.weight"
    packed, state = functional.quantize_4bit(model.state_dict()[name], quant_type="nf4")
    arrays = {name: from_torch(packed)}
    arrays |= {f"{name}.{key}": from_torch(value) for key, value in state.as_dict(packed=True).items()}
    from stemma.weights.packed import unpack

    unpacked, _ = unpack({k: v for k, v in base.items() if k != name} | lazy(arrays), {})
    tensors, _ = apply_adapter(unpacked, adapter, saved)
    stem = "base_model.model.model.layers.0.self_attn.q_proj.lora_"
    a, b = (adapter[f"{stem}{letter}.weight"].read_all() for letter in "AB")
    state.shape = torch.Size((1, 32 * 32))  # its CPU kernel wants rows of whole blocks
    plain = functional.dequantize_4bit(packed, state).reshape(32, 32).numpy()
    np.testing.assert_allclose(tensors[name].read_all(), plain + 2.0 * b @ a, rtol=1e-4, atol=1e-5)
    assert tensors[name].storage == "bitsandbytes nf4 + LoRA r4"


@pytest.mark.parametrize("method", ["PrefixTuningConfig", "PromptTuningConfig"])
def test_virtual_tokens_change_nothing(method: str, tmp_path: Path) -> None:
    model = _llama()
    config = getattr(peft, method)(num_virtual_tokens=4, task_type="CAUSAL_LM")
    peft.get_peft_model(copy.deepcopy(model), config).save_pretrained(tmp_path)
    saved = json.loads((tmp_path / "adapter_config.json").read_text())
    base, adapter = _state(model), _read(tmp_path)
    tensors, sentences = apply_adapter(base, adapter, saved)
    assert set(tensors) == set(base) | {"prompt_embeddings"}
    assert all(tensors[name] is base[name] for name in base)
    assert len(sentences) == 1
    assert detect(["adapter_model.safetensors"], adapter, saved) == "prompt"


@pytest.mark.parametrize("method", ["LoHaConfig", "IA3Config"])
def test_other_methods_are_refused_but_can_be_taken_apart(method: str, tmp_path: Path) -> None:
    extra = {"feedforward_modules": ["v_proj"]} if method == "IA3Config" else {}
    config = getattr(peft, method)(target_modules=["q_proj", "v_proj"], **extra)
    peft.get_peft_model(_llama(), config).save_pretrained(tmp_path)
    saved = json.loads((tmp_path / "adapter_config.json").read_text())
    with pytest.raises(UnsupportedFormat, match=saved["peft_type"]):
        apply_adapter(_state(_llama()), _read(tmp_path), saved)
    parts, sentences = adapter_parts(_read(tmp_path), saved)
    assert {part.kind for part in parts} == {Kind.REPLACEMENT}
    assert len(sentences) == 1


def test_an_adapter_without_its_base(tmp_path: Path) -> None:
    config = peft.LoraConfig(r=4, lora_alpha=6, target_modules=["q_proj"], use_dora=True)
    _, adapter, saved, _ = _adapted(_llama(), config, tmp_path)
    parts, sentences = adapter_parts(adapter, saved)
    assert sentences == ()
    found = {(part.kind, part.target): part for part in parts}
    target = "model.layers.1.self_attn.q_proj.weight"
    assert found[Kind.A, target].tensor.shape == (4, 32)
    assert found[Kind.B, target].scale == 1.5
    assert (Kind.MAGNITUDE, target) in found
    assert len(parts) == 6
    assert detect(["adapter_config.json", "adapter_model.safetensors"], adapter) == "dora"


def test_a_base_with_other_leading_names(tmp_path: Path) -> None:
    config = peft.LoraConfig(r=4, target_modules=["q_proj"])
    base, adapter, saved, merged = _adapted(_llama(), config, tmp_path)
    shorter = {name.removeprefix("model."): tensor for name, tensor in base.items()}
    tensors, _ = apply_adapter(shorter, adapter, saved)
    name = "layers.0.self_attn.q_proj.weight"
    np.testing.assert_allclose(tensors[name].read_all(), merged["model." + name], rtol=1e-5, atol=1e-6)


def test_another_base_is_an_error(tmp_path: Path) -> None:
    config = peft.LoraConfig(r=4, target_modules=["q_proj"])
    _, adapter, saved, _ = _adapted(_llama(), config, tmp_path)
    with pytest.raises(MalformedFile, match="target"):
        apply_adapter(_state(_gpt2()), adapter, saved)
