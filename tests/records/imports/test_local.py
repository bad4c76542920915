"""Directories and files as records: adapters, merges, GGUF, and what a card says beside them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest
from safetensors.numpy import save_file

from stemma.errors import InputError, ModelNotFound
from stemma.publish.registry.imported import ImportReport
from stemma.records import Record
from tests.records.imports.conftest import Import

ROWS = np.ones((64, 128), np.float32)
CONFIG = {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "max_position_embeddings": 4096}


def model(folder: Path, *, card: str = "", config: Mapping[str, Any] = CONFIG, **files: str) -> Path:
    """A directory with weights, a config, and whatever else."""
    folder.mkdir(parents=True)
    save_file({"model.layers.0.mlp.up_proj.weight": ROWS}, folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps(config))
    if card:
        (folder / "README.md").write_text(f"---\n{card}\n---\n")
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text)
    return folder


def edges(record: Record) -> list[tuple[str, str, float | None, str]]:
    return [(str(r.kind), r.target.name, r.coefficient, r.method) for r in record.relations]


def told(report: ImportReport) -> str:
    return "\n".join(map(str, report.notes))


def test_a_directory_is_named_after_itself_and_digests_are_computed(bring: Import, tmp_path: Path) -> None:
    folder = model(tmp_path / "My Chat (v2)")
    each = bring(str(folder)).records[0]
    record = each.record
    assert record.key == "my-chat-v2@1.0.0"
    data = (folder / "model.safetensors").read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    assert record.get("identity.files") == [{"path": "model.safetensors", "sha256": digest, "size": len(data)}]
    assert {"about.title", "card.intended_use", "risks.csam"} <= set(each.left)
    assert "identity.files" not in each.left
    assert bring(str(folder), digests=False, name="x", dry_run=True).records[0].record.get("identity.files") is None
    assert bring(str(folder), name="Other", dry_run=True).records[0].record.name == "other"
    with pytest.raises(InputError, match="One name for 2 records"):
        bring(str(folder), str(folder / "model.safetensors"), name="x")


ADAPTER = {"peft_type": "LORA", "base_model_name_or_path": "acme/base", "revision": "abc", "r": 4, "lora_alpha": 8}


def adapter(folder: Path, *, card: str = "", **settings: Any) -> Path:
    folder.mkdir(parents=True)
    name = "base_model.model.model.layers.0.mlp.up_proj.lora"
    save_file(
        {f"{name}_A.weight": np.ones((4, 128), np.float32), f"{name}_B.weight": np.ones((64, 4), np.float32)},
        folder / "adapter_model.safetensors",
    )
    (folder / "adapter_config.json").write_text(json.dumps({**ADAPTER, **settings}))
    if card:
        (folder / "README.md").write_text(f"---\n{card}\n---\n")
    return folder


def test_an_adapter_is_one_and_names_its_base(bring: Import, tmp_path: Path) -> None:
    card = "base_model: acme/base\ntags: [lora]"
    record = bring(str(adapter(tmp_path / "lora", card=card))).records[0].record
    assert record.type == "adapter"
    assert edges(record) == [("adapter-of", "acme-base", None, "LORA")]
    first, second = record.relations[0].evidence
    assert (first.source, first.note, second.source) == ("adapter_config.json", "At revision abc.", "README.md")
    assert record.get("about.parameters") == 4 * 128 + 64 * 4


@pytest.mark.parametrize("base", ["/srv/models/Llama-7B/", "C:\\models\\Llama-7B"])
def test_the_base_of_an_adapter_may_be_a_path_of_another_machine(bring: Import, tmp_path: Path, base: str) -> None:
    report = bring(str(adapter(tmp_path / "lora", base_model_name_or_path=base)))
    assert edges(report.records[0].record) == [("adapter-of", "llama-7b", None, "LORA")]
    assert "is no name on a hub. The relation leads to llama-7b: check it." in told(report)


def test_an_adapter_without_a_base_says_so(bring: Import, tmp_path: Path) -> None:
    report = bring(str(adapter(tmp_path / "lora", base_model_name_or_path=None)))
    assert report.records[0].record.type == "adapter" and not report.records[0].record.relations
    assert "It names no base model. Write the relation adapter-of." in told(report)


TIES = """\
models:
  - model: a/base
  - model: b/chat@rev1
    parameters: {weight: 0.6, density: 0.5}
  - model: c/code+d/lora
    parameters: {weight: [0, 0.5, 1]}
merge_method: ties
base_model: a/base
"""
SLERP = """\
slices:
  - sources:
      - {model: a/left, layer_range: [0, 32]}
      - {model: b/right, layer_range: [0, 32]}
merge_method: slerp
base_model: a/left
parameters: {t: 0.5}
"""
LINEAR = """\
models:
  - {model: {model: {path: a/left, revision: main}}, parameters: {weight: "0.25"}}
  - {model: /data/right, parameters: {weight: 0.75}}
merge_method: linear
"""


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (TIES, [("a-base", None, "ties"), ("b-chat", 0.6, "ties"), ("c-code", None, "ties")]),
        (SLERP, [("a-left", None, "slerp"), ("b-right", None, "slerp")]),
        (LINEAR, [("a-left", 0.25, "linear"), ("right", 0.75, "linear")]),
    ],
    ids=["ties", "slerp", "linear"],
)
def test_a_merge_names_its_parents_and_their_shares(
    bring: Import, tmp_path: Path, config: str, expected: list[tuple[str, float | None, str]]
) -> None:
    card = "base_model: [a/base, b/chat]" if config == TIES else ""
    report = bring(str(model(tmp_path / "merge", card=card, mergekit_config__yml=config)))
    assert edges(report.records[0].record) == [("merged-from", *each) for each in expected]
    if config == TIES:
        assert "The share of c/code in the merge is no single number. It was left out." in told(report)
        assert len(report.records[0].record.relations[0].evidence) == 2


@pytest.mark.parametrize("config", ["models: &a [*a]", "models: 7", "slices: [[[]]]", "models: [{model: {}}]", "- x"])
def test_a_merge_config_that_makes_no_sense_names_nobody(bring: Import, tmp_path: Path, config: str) -> None:
    report = bring(str(model(tmp_path / "merge", mergekit_config__yml=config)))
    assert report.records[0].record.relations == ()


def gguf_file(path: Path, *, quantised: bool = True, **values: str | int | list[str]) -> Path:
    """One file with metadata; ``__`` in a key stands for a dot."""
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_context_length(2048)
    for key, value in values.items():
        dotted = key.replace("__", ".")
        if isinstance(value, list):
            writer.add_array(dotted, value)
        elif isinstance(value, int):
            writer.add_uint32(dotted, value)
        else:
            writer.add_string(dotted, value)
    kind = gguf.GGMLQuantizationType.Q8_0
    if quantised:
        writer.add_tensor("blk.0.ffn_up.weight", gguf.quantize(ROWS, kind), raw_dtype=kind)
    else:
        writer.add_tensor("blk.0.ffn_up.weight", ROWS)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


BASES = {
    "general__base_model__count": 1,
    "general__base_model__0__name": "Base",
    "general__base_model__0__organization": "Acme",
    "general__base_model__0__repo_url": "https://huggingface.co/acme/base",
}
TWO = {**BASES, "general__base_model__count": 2, "general__base_model__1__repo_url": "https://huggingface.co/b/c"}
SOURCE = {"general__source__repo_url": "https://huggingface.co/acme/chat"}


@pytest.mark.parametrize(
    ("values", "quantised", "expected"),
    [
        (BASES, True, [("quantised-from", "acme-base")]),
        (BASES, False, [("converted-from", "acme-base")]),
        ({**BASES, "general__finetune": "Chat"}, True, [("finetuned-from", "acme-base")]),
        (TWO, True, [("merged-from", "acme-base"), ("merged-from", "b-c")]),
        ({**BASES, **SOURCE}, True, [("quantised-from", "acme-chat")]),
        ({"general__base_model__count": 10**9}, True, []),
    ],
    ids=["quantised", "converted", "finetune", "two", "source", "count"],
)
def test_a_gguf_file_names_what_it_was_made_of(
    bring: Import, tmp_path: Path, values: dict[str, Any], quantised: bool, expected: list[tuple[str, str]]
) -> None:
    report = bring(str(gguf_file(tmp_path / "Chat-Q8_0.gguf", quantised=quantised, **values)))
    record = report.records[0].record
    assert [(str(r.kind), r.target.name) for r in record.relations] == expected
    assert record.name == "chat-q8_0"
    assert record.get("about.precision") == ("Q8_0" if quantised else "F32")
    assert (record.get("about.architecture"), record.get("about.context_length")) == ("llama", 2048)


def test_metadata_of_gguf_fill_the_record_and_a_card_goes_first(bring: Import, tmp_path: Path) -> None:
    folder = tmp_path / "chat"
    folder.mkdir()
    said: dict[str, Any] = {
        "general__name": "Chat 7B",
        "general__license": "apache-2.0",
        "general__tags": ["chat", "tiny"],
    }
    gguf_file(folder / "chat.gguf", **said | {"general__languages": ["en"]})
    (folder / "README.md").write_text("---\nlicense: mit\nbase_model: acme/base\n---\n")
    each = bring(str(folder)).records[0]
    assert (each.record.get("about.title"), each.record.get("about.licenses")) == ("Chat 7B", ["mit"])
    assert (each.record.get("about.tags"), each.record.get("about.languages")) == (["chat", "tiny"], ["en"])
    assert each.sources["about.title"] == "chat.gguf"
    (parent,) = each.record.relations
    assert parent.kind == "quantised-from"
    assert parent.evidence[0].note == "The card names no relation; it is taken from the form of the weights."


def test_a_card_alone_is_enough_and_nothing_is_too_little(bring: Import, tmp_path: Path) -> None:
    (tmp_path / "card").mkdir()
    (tmp_path / "card" / "README.md").write_text("---\nlicense: mit\nbase_model: a/b\n---\n")
    report = bring(str(tmp_path / "card"), dry_run=True)
    assert report.records[0].record.get("about.licenses") == ["mit"]
    assert "The weights were not read" in told(report)
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelNotFound):
        bring(str(tmp_path / "empty"))
    with pytest.raises(ModelNotFound):
        bring(str(tmp_path / "nowhere"))


def test_weights_that_are_broken_are_told(bring: Import, tmp_path: Path) -> None:
    folder = model(tmp_path / "broken", card="license: mit")
    data = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(data[:-100])
    report = bring(str(folder))
    assert report.records[0].record.get("about.parameters") is None
    assert "The weights were not read" in told(report)


def test_the_name_or_path_of_a_config_is_a_remark(bring: Import, tmp_path: Path) -> None:
    report = bring(str(model(tmp_path / "chat", config={**CONFIG, "_name_or_path": "acme/base"})))
    assert report.records[0].record.relations == ()
    assert "_name_or_path is 'acme/base', which may be a parent or the model itself." in told(report)


def test_two_sources_of_one_name_and_a_name_that_cannot_be_are_refused(bring: Import, tmp_path: Path) -> None:
    one, two = model(tmp_path / "a" / "chat"), model(tmp_path / "b" / "chat", card="license: mit")
    with pytest.raises(InputError, match=r"Two sources give chat@1\.0\.0"):
        bring(str(one), str(two))
    with pytest.raises(InputError, match="gives no name of a record"):
        bring(str(one), name="///")
    assert not (tmp_path / "records").exists()
