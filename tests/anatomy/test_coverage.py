"""Real architectures of transformers, built tiny and saved: nothing in them is left unexplained."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("torch", reason="the zoo extra is not installed")
pytest.importorskip("transformers", reason="the zoo extra is not installed")

from tests.anatomy import coverage

SAMPLE = (
    "albert", "bart", "bert", "bloom", "deberta-v2", "deepseek_v3", "distilbert", "falcon", "gemma2", "gpt2",
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


@pytest.mark.slow
@pytest.mark.parametrize("architecture", coverage.architectures(), ids=lambda a: f"{a.task}-{a.model_type}")
def test_every_architecture(architecture: coverage.Architecture) -> None:
    row = coverage.row(architecture)
    if (architecture.task, architecture.model_type) in listed_as_uncovered():
        assert row.problem, "docs/architectures.md says that this one is not covered; write the page anew"
    else:
        assert row.problem == ""


def test_the_page_lists_every_architecture() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for architecture in coverage.architectures():
        assert f"| {architecture.task} | {architecture.model_type} | {architecture.class_name} |" in text
