"""Models on the hub as records: what the card, the files and the hub say, each with its source."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from huggingface_hub import ModelCard
from safetensors.numpy import save

from stemma.errors import AccessDenied, InputError, ModelNotFound, RateLimited, SourceError
from stemma.interop.network import Network
from stemma.publish.record import record_markdown, record_view
from stemma.publish.registry.imported import ImportReport
from stemma.records import MemorySource, Resolver
from stemma.registry import check_directory
from stemma.usecases.records.importing import import_records
from stemma.usecases.settings import Work
from tests.hub.server import Fault, Hub
from tests.records.imports.conftest import Import

WEIGHTS = save({"model.layers.0.mlp.up_proj.weight": np.ones((1024, 512), np.float32)})
CONFIG = json.dumps({"architectures": ["LlamaForCausalLM"], "model_type": "llama", "max_position_embeddings": 4096})
CARD: dict[str, Any] = {
    "license": "other",
    "license_name": "acme-1",
    "license_link": "https://acme.example/licence",
    "language": ["en", "de"],
    "library_name": "transformers",
    "pipeline_tag": "text-generation",
    "tags": ["chat", "dpo"],
    "metrics": ["accuracy"],
    "datasets": ["acme/tickets", "squad"],
    "base_model": ["acme/base"],
    "base_model_relation": "finetune",
    "new_version": "acme/chat-2",
    "model-index": [
        {
            "name": "Chat",
            "results": [
                {
                    "task": {"type": "text-generation"},
                    "dataset": {"name": "MMLU", "type": "MMLU", "split": "test"},
                    "metrics": [{"type": "acc", "value": 45.3}],
                    "source": {"name": "Source", "url": "https://acme.example/eval"},
                }
            ],
        }
    ],
}


def repository(**card: Any) -> dict[str, bytes]:
    """Files of a model whose front matter is ``card``."""
    front = yaml.safe_dump(card, sort_keys=False)
    files = {"README.md": f"---\n{front}---\n# A model\n", "config.json": CONFIG}
    return {name: text.encode() for name, text in files.items()} | {"model.safetensors": WEIGHTS}


def relations(report: ImportReport, index: int = 0) -> dict[str, str]:
    return {r.target.name: str(r.kind) for r in report.records[index].record.relations}


def front_matter(report: ImportReport) -> dict[str, Any]:
    """What is published as front matter of the first record, and what huggingface_hub makes of it."""
    record = report.records[0].record
    text = record_markdown(record_view(Resolver(MemorySource([record]), dangling="report").resolve(record)))
    _, front, _ = re.split(r"^---\n", text, maxsplit=2, flags=re.MULTILINE)
    assert ModelCard(text).data.get("base_model") == yaml.safe_load(front).get("base_model")
    return dict(yaml.safe_load(front))


def test_what_the_hub_knows_of_a_model_becomes_a_record(hub: Hub, bring: Import) -> None:
    commit = hub.add("acme/chat", repository(**CARD), base_models=("finetune", ("acme/base",)))
    each = bring("hf:acme/chat").records[0]
    record = each.record
    assert record.key == "acme-chat@1.0.0"
    assert record.get("about.licenses") == ["acme-1"]
    assert record.get("about.parameters") == 1024 * 512
    assert (record.get("about.precision"), record.get("about.context_length")) == ("F32", 4096)
    assert record.get("about.architecture") == "LlamaForCausalLM"
    assert record.get("identity.purls") == [f"pkg:huggingface/acme/chat@{commit}"]
    entry = {"hub": "huggingface", "id": "acme/chat", "revision": commit, "endpoint": hub.endpoint}
    assert record.get("identity.hubs") == [entry]
    digest = hashlib.sha256(WEIGHTS).hexdigest()
    assert record.get("identity.files") == [{"path": "model.safetensors", "sha256": digest, "size": len(WEIGHTS)}]
    assert str(record.status.successor) == "acme-chat-2"
    assert hub.bytes_served("model.safetensors") < len(WEIGHTS) // 2
    assert each.sources["about.licenses"] == f"{hub.endpoint}/acme/chat/blob/{commit}/README.md"
    assert each.sources["about.parameters"].endswith(f"/{commit}/model.safetensors (header)")
    assert each.missing == ("acme-base", "acme-tickets", "squad")


def test_the_card_and_the_hub_are_evidence_of_one_relation(hub: Hub, bring: Import) -> None:
    commit = hub.add("acme/chat", repository(**CARD), base_models=("finetune", ("acme/base",)))
    (parent, *data) = bring("hf:acme/chat").records[0].record.relations
    assert (parent.kind, parent.target.name) == ("finetuned-from", "acme-base")
    assert [(each.grounds, each.source) for each in parent.evidence] == [
        ("E1", f"{hub.endpoint}/acme/chat/blob/{commit}/README.md"),
        ("E1", f"{hub.endpoint}/api/models/acme/chat/revision/{commit}"),
    ]
    assert [(each.kind, each.target.name) for each in data] == [("trained-on", "acme-tickets"), ("trained-on", "squad")]


@pytest.mark.parametrize(
    "card",
    [
        CARD,
        {"license": "apache-2.0", "base_model": ["a/b", "c/d"], "base_model_relation": "merge", "tags": ["merge"]},
        {"license": "mit", "base_model": ["gpt2"], "base_model_relation": "quantized"},
        {"library_name": "peft", "base_model": ["a/b"], "base_model_relation": "adapter"},
        {"language": ["en"], "datasets": ["squad"]},
    ],
    ids=["whole", "merge", "quantized", "adapter", "data"],
)
def test_front_matter_comes_out_as_it_went_in(hub: Hub, bring: Import, card: dict[str, Any]) -> None:
    hub.add("acme/chat", repository(**card))
    out = front_matter(bring("hf:acme/chat"))
    assert out.pop("stemma") == "acme-chat@1.0.0"
    for index in out.get("model-index", []):
        index["name"] = "Chat"
    if "new_version" in card:
        assert out.pop("new_version") == "acme-chat-2"  # its name on the hub stands in its own record
    assert out == {key: value for key, value in card.items() if key != "new_version"}


@pytest.mark.parametrize(
    ("card", "inferred", "expected"),
    [
        ({"base_model": "a/b"}, None, "finetuned-from"),
        ({"base_model": "a/b"}, "quantized", "quantised-from"),
        ({"base_model": "a/b", "base_model_relation": "finetune"}, "quantized", "finetuned-from"),
        ({"base_model": "a/b", "base_model_relation": "made up"}, "adapter", "adapter-of"),
        ({"base_model": ["a/b", "c/d"]}, None, "merged-from"),
        ({"base_model": "https://huggingface.co/a/b"}, None, "finetuned-from"),
        ({}, "finetune", "finetuned-from"),
    ],
)
def test_the_kind_of_relation(
    hub: Hub, bring: Import, card: dict[str, Any], inferred: str | None, expected: str
) -> None:
    hub.add("acme/chat", repository(**card), base_models=None if inferred is None else (inferred, ("a/b",)))
    record = bring("hf:acme/chat").records[0].record
    assert str(record.relations[0].kind) == expected
    assert record.relations[0].target.name == "a-b"
    assert record.type == ("adapter" if expected == "adapter-of" else "model")
    told = record.relations[0].evidence[0].note
    assert bool(told) is (card.get("base_model_relation") != "finetune")


def test_parents_are_imported_breadth_first_and_each_once(hub: Hub, bring: Import, tmp_path: Path) -> None:
    hub.add("acme/base", repository(license="llama2"))
    hub.add("acme/chat", repository(base_model="acme/base", language="en"))
    hub.add("acme/merge", repository(base_model=["acme/chat", "acme/base", "gone/model"], license=None))
    report = bring("hf:acme/merge", parents=10)
    assert [each.record.name for each in report.records] == ["acme-merge", "acme-chat", "acme-base"]
    (note,) = [str(note) for note in report.notes if note.rule == "parent"]
    assert note.startswith("hf:gone/model: This parent was not read:")
    assert "about.licenses" in report.records[1].inherited
    assert [problem.message for problem in check_directory(tmp_path / "records").problems] == [
        "No record fits gone-model: there is no record of that name."
    ]
    assert len(bring("hf:acme/merge", parents=1, dry_run=True).records) == 2


def test_a_model_that_is_its_own_parent_is_no_parent(hub: Hub, bring: Import) -> None:
    hub.add("acme/chat", repository(base_model="acme/chat"))
    report = bring("hf:acme/chat", parents=5)
    assert (len(report.records), relations(report)) == (1, {})
    assert "is its own parent" in str(report.notes[0])


def test_a_record_that_states_the_name_on_the_hub_is_the_target(hub: Hub, bring: Import, tmp_path: Path) -> None:
    hub.add("acme/base", repository())
    bring("hf:acme/base", name="llama")
    hub.add("acme/chat", repository(base_model="Acme/Base", datasets=["acme/chat", "acme/base"]))
    report = bring("hf:acme/chat")
    assert relations(report) == {"llama": "finetuned-from", "acme-chat-data": "trained-on", "acme-base": "trained-on"}
    assert report.records[0].missing == ("acme-chat-data", "acme-base")


def test_importing_again_changes_nothing_and_other_content_is_refused(hub: Hub, bring: Import) -> None:
    hub.add("acme/chat", repository(license="mit"))
    first = bring("hf:acme/chat")
    assert bring("hf:acme/chat").records[0].text == first.records[0].text
    hub.add("acme/chat", repository(license="apache-2.0"))
    with pytest.raises(InputError, match="is there already, with other content"):
        bring("hf:acme/chat")
    assert bring("hf:acme/chat", replace_others=True).records[0].record.get("about.licenses") == ["apache-2.0"]


def test_a_page_of_the_hub_and_a_package_url_are_the_same_model(hub: Hub, bring: Import) -> None:
    commit = hub.add("acme/chat", repository(license="mit"))
    by_name = bring("hf:acme/chat", dry_run=True).records[0].text
    assert bring(f"{hub.endpoint}/acme/chat", dry_run=True).records[0].text == by_name
    purl = f"pkg:huggingface/acme/chat@{commit}?repository_url={hub.endpoint}"
    assert bring(purl, dry_run=True).records[0].text == by_name


@pytest.mark.parametrize(
    ("asked", "error", "message"),
    [
        ("hf:acme/none", ModelNotFound, "missing, or private"),
        ("hf:acme/private", ModelNotFound, "missing, or private"),
        ("hf:acme/gated", AccessDenied, "refuses access"),
        ("hf:acme/chat@nowhere", ModelNotFound, "no such revision"),
        ("hf:acme/data", ModelNotFound, "is a dataset on the hub, not a model"),
        ("hf:acme/empty", ModelNotFound, "nothing is written about them"),
    ],
)
def test_what_cannot_be_imported_is_said_and_nothing_is_written(
    hub: Hub, bring: Import, tmp_path: Path, asked: str, error: type[Exception], message: str
) -> None:
    hub.add("acme/chat", repository())
    hub.add("acme/private", repository(), private=True)
    hub.add("acme/gated", repository(), gated=True)
    hub.add("acme/data", {"a.csv": b"1"}, kind="datasets")
    hub.add("acme/empty", {"notes.txt": b"-"})
    with pytest.raises(error, match=message):
        bring("hf:acme/chat", asked)
    assert not (tmp_path / "records").exists()


def test_a_hub_that_asks_for_patience_is_waited_for_and_then_given_up(hub: Hub, bring: Import) -> None:
    hub.add("acme/chat", repository(license="mit"))
    hub.faults.append(Fault(path="/acme/chat", status=429, headers={"Retry-After": "3"}, times=2))
    assert bring("hf:acme/chat", dry_run=True).records[0].record.get("about.licenses") == ["mit"]
    hub.faults.append(Fault(path="/acme/chat", status=429, headers={"Retry-After": "3"}, times=99))
    with pytest.raises(RateLimited):
        bring("hf:acme/chat", dry_run=True)


def test_a_page_in_place_of_an_answer_is_no_record(hub: Hub, bring: Import) -> None:
    hub.add("acme/chat", repository())
    hub.faults.append(Fault(path="/acme/chat", page=b"<html>log in</html>", times=99))
    with pytest.raises(SourceError):
        bring("hf:acme/chat", dry_run=True)


def test_offline_the_cache_is_read(hub: Hub, bring: Import, network: Network, tmp_path: Path) -> None:
    offline = Work(network=Network(endpoint=hub.endpoint, cache=network.cache, offline=True, token=""))
    with pytest.raises(ModelNotFound, match="not in the local cache"):
        import_records(["hf:acme/chat"], registry=tmp_path / "records", work=offline)
    commit = hub.add("acme/chat", repository(base_model="a/b"))
    fetching = Work(network=Network(endpoint=hub.endpoint, cache=network.cache, download=True, token=""))
    online = import_records(["hf:acme/chat"], registry=tmp_path / "records", work=fetching)
    asked = len(hub.log)
    again = import_records([f"hf:acme/chat@{commit}"], registry=tmp_path / "records", work=offline)
    assert len(hub.log) == asked
    assert again.records[0].record.get("identity.purls") == [f"pkg:huggingface/acme/chat@{commit}"]
    assert again.records[0].record.get("identity.files") == online.records[0].record.get("identity.files")


HOSTILE = {
    "license": ["mit", "x" * 500, 7, None, "\u202egpl"],
    "language": [False, "not a tag!", "en", "no"],
    "tags": ["a\x07b", "<script>alert(1)</script>", {"a": 1}],
    "base_model": ["../../etc/passwd", "a/b@../c", "C:\\models\\llama", "ok/model", 9, ""],
    "datasets": ["https://huggingface.co/datasets/acme/data", "   ", "..", "d" * 4000],
    "model-index": {"results": [{"metrics": [{"type": "acc", "value": "NaN"}, {"type": "f1", "value": "0.5"}]}, 3]},
    "license_link": "javascript:alert(1)",
}


def test_a_hostile_card_gives_a_valid_record_and_remarks(hub: Hub, bring: Import, tmp_path: Path) -> None:
    hub.add("acme/chat", repository(**HOSTILE))
    report = bring("hf:acme/chat")
    record = report.records[0].record
    assert record.get("about.licenses") == ["mit", "x" * 200, "7", "gpl"]
    assert record.get("about.languages") == ["false", "en", "no"]
    assert record.get("about.links.license") is None
    assert "ok-model" in relations(report) and relations(report)["acme-data"] == "trained-on"
    assert [result["value"] for result in record.get("card.results")] == [0.5]  # type: ignore[union-attr,index,call-overload]
    assert any("'C:\\\\models\\\\llama' is no name on a hub" in note.message for note in report.notes)
    assert {problem.rule for problem in check_directory(tmp_path / "records").problems} == {"target"}


@pytest.mark.parametrize(
    "text", [b"---\nlicense: &a mit\ntags: [*a]\n---\n", b"---\nlicense: mit\n", b"---\n[1]\n---\n", b"---\n{{\n---\n"]
)
def test_a_card_that_cannot_be_read_is_told_and_left_out(hub: Hub, bring: Import, text: bytes) -> None:
    hub.add("acme/chat", repository() | {"README.md": text})
    report = bring("hf:acme/chat", dry_run=True)
    assert report.records[0].record.get("about.parameters") == 1024 * 512
    assert any(note.rule == "card" for note in report.notes)
