"""Real architectures of transformers, built tiny and saved: nothing in them is left unexplained."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stemma.anatomy import Anatomy
from stemma.fingerprint import build_fingerprint, from_bytes, to_bytes

pytest.importorskip("torch", reason="the zoo extra is not installed")
pytest.importorskip("transformers", reason="the zoo extra is not installed")

from tests.anatomy import coverage
from tests.anatomy.tiny_configs import shrink

SAMPLE = (
    "albert", "bart", "bert", "bloom", "deberta-v2", "deepseek_v3", "distilbert", "dory", "falcon", "gemma2", "gpt2",
    "gpt_neox", "gpt_oss", "llama", "mamba", "mixtral", "phi3", "t5",
)  # fmt: skip
PAGE = Path(__file__).parents[2] / "docs" / "architectures.md"


def listed_as_uncovered() -> set[tuple[str, str]]:
    rows = (line.split("|") for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| "))
    return {(cells[1].strip(), cells[2].strip()) for cells in rows if len(cells) > 8 and cells[8].strip() != "covered"}


def first(model_type: str) -> coverage.Architecture:
    return next(a for a in coverage.architectures() if a.model_type == model_type)


@pytest.mark.parametrize("model_type", SAMPLE)
def test_a_sample(model_type: str) -> None:
    assert coverage.row(first(model_type)).problem == ""


def built(model_type: str, folder: Path) -> tuple[dict[str, Any], Anatomy]:
    """A tiny model's tensors as it computes with them, and the anatomy of what it saved."""
    model = coverage.save_tiny(first(model_type), folder)
    return {name: tensor.numpy() for name, tensor in model.state_dict().items()}, coverage.dissect_saved(folder)


@pytest.mark.parametrize("expert", range(4))
def test_alternating_rows_of_experts_are_what_the_model_computes_with(tmp_path: Path, expert: int) -> None:
    state, anatomy = built("inkling2_text", tmp_path)
    values = {part.key: part.tensor for part in anatomy.parts}
    gate, up = np.split(state["model.layers.1.mlp.experts.gate_up_proj"][expert], 2)
    np.testing.assert_array_equal(values[f"decoder.1.expert{expert}/gate"].read_all(), gate)
    np.testing.assert_array_equal(values[f"decoder.1.expert{expert}/up"].read_all(), up)


def test_inkling_as_it_is_published(tmp_path: Path) -> None:
    """The saved form of the whole model has the names of the published files; that of its language model has not."""
    config = coverage.transformers.InklingConfig()
    shrink(config)
    model = coverage.transformers.InklingForConditionalGeneration(config)
    model.save_pretrained(tmp_path)
    values = {part.key: part.tensor for part in coverage.dissect_saved(tmp_path).parts if part.certain}
    mlp = model.model.language_model.layers[1].mlp
    for role, stored in (("gate", mlp.shared_experts.gate_proj), ("up", mlp.shared_experts.up_proj)):
        np.testing.assert_array_equal(values[f"decoder.1.expert0.shared/{role}"].read_all(), stored[0].detach().numpy())
    gate = mlp.experts.gate_up_proj[2, : config.text_config.moe_intermediate_size].detach().numpy()
    np.testing.assert_array_equal(values["decoder.1.expert2/gate"].read_all(), gate)


def test_queries_without_a_gate_are_not_split(tmp_path: Path) -> None:
    state, anatomy = built("lara_mini", tmp_path)
    (queries,) = (part for part in anatomy.parts if part.key == "decoder.1/q")
    np.testing.assert_array_equal(queries.tensor.read_all(), state["model.layers.1.self_attn.q_proj.weight"])


def test_what_is_out_of_reach_says_why() -> None:
    for model_type in coverage.OUT_OF_REACH:
        assert coverage.OUT_OF_REACH[model_type] in PAGE.read_text(encoding="utf-8")


def comes_back_from_a_file(anatomy: Anatomy) -> None:
    for full in (True, False):
        data = to_bytes(build_fingerprint(anatomy, (), full=full))
        assert to_bytes(from_bytes(data)) == data


@pytest.mark.slow
@pytest.mark.parametrize("architecture", coverage.architectures(), ids=lambda a: f"{a.task}-{a.model_type}")
def test_every_architecture(architecture: coverage.Architecture) -> None:
    row = coverage.row(architecture, comes_back_from_a_file)
    if (architecture.task, architecture.model_type) in listed_as_uncovered():
        assert row.problem, "docs/architectures.md says that this one is not covered; write the page anew"
    else:
        assert row.problem == ""


def test_the_page_lists_every_architecture() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for architecture in coverage.architectures():
        assert f"| {architecture.task} | {architecture.model_type} | {architecture.class_name} |" in text
