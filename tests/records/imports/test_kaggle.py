"""Metadata files of Kaggle as records."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from stemma.errors import InputError, ModelNotFound, StemmaError
from tests.records.imports.conftest import Import

MODEL = {
    "ownerSlug": "acme",
    "title": "Chat",
    "slug": "chat",
    "subtitle": "A chat model",
    "description": "# Chat\n\nAnswers.",
    "publishTime": "2026-03-01T00:00:00Z",
    "provenanceSources": "Trained by Acme.",
}
INSTANCE: dict[str, Any] = {
    "ownerSlug": "acme",
    "modelSlug": "chat",
    "instanceSlug": "7b",
    "framework": "pyTorch",
    "overview": "7B",
    "usage": "Load it.",
    "licenseName": "Apache 2.0",
    "fineTunable": True,
    "trainingData": ["acme/tickets", "https://www.kaggle.com/datasets/acme/mails?select=a"],
    "modelInstanceType": "KaggleVariant",
    "versionNumber": 3,
    "baseModelInstance": "google/gemma/keras/2b",
    "externalBaseModelUrl": "",
}


def put(folder: Path, **files: Any) -> Path:
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        text = content if isinstance(content, str) else json.dumps(content)
        (folder / f"{name.replace('_', '-')}-metadata.json").write_text(text)
    return folder


def snake(document: dict[str, Any]) -> dict[str, Any]:
    """The same with the keys of the Python client."""
    return {"".join(f"_{c.lower()}" if c.isupper() else c for c in key): value for key, value in document.items()}


@pytest.mark.parametrize("spelling", [dict, snake], ids=["camelCase", "snake_case"])
def test_a_model_and_its_instance(bring: Import, tmp_path: Path, spelling: Any) -> None:
    folder = put(tmp_path / "kaggle", model=spelling(MODEL), model_instance=spelling(INSTANCE))
    report = bring(f"kaggle:{folder}")
    record = report.records[0].record
    assert record.key == "acme-chat-pytorch-7b@1.0.0"
    assert record.get("about.title") == "Chat" and record.get("about.description") == "# Chat\n\nAnswers."
    assert record.get("about.licenses") == ["Apache 2.0"] and record.get("about.release_date") == "2026-03-01"
    assert record.get("identity.hubs") == [{"hub": "kaggle", "id": "acme/chat/pytorch/7b", "revision": "3"}]
    assert record.get("about.links.kaggle") == "https://www.kaggle.com/models/acme/chat"
    assert record.get("card.usage") == ["Load it."]
    assert record.get("card.additional_information") == ["Sources: Trained by Acme."]
    assert [(str(r.kind), r.target.name) for r in record.relations] == [
        ("finetuned-from", "google-gemma-keras-2b"),
        ("trained-on", "acme-tickets"),
        ("trained-on", "acme-mails"),
    ]
    assert "does not say how it was made" in record.relations[0].evidence[0].note
    assert report.records[0].sources["about.licenses"] == "model-instance-metadata.json"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"externalBaseModelUrl": "https://huggingface.co/meta-llama/Llama-2-7b"}, ["meta-llama-llama-2-7b"]),
        ({"externalBaseModelUrl": "https://example.org/models/llama"}, ["llama"]),
        (
            {"baseModelInstanceInformation": {"owner": {"slug": "google"}, "modelSlug": "gemma", "framework": "keras"}},
            ["google-gemma-keras"],
        ),
        ({"baseModelInstanceInformation": [1, 2]}, []),
        ({}, []),
    ],
    ids=["hub", "address", "information", "nonsense", "none"],
)
def test_the_base_may_be_told_in_several_ways(
    bring: Import, tmp_path: Path, said: dict[str, Any], expected: list[str]
) -> None:
    instance = {key: value for key, value in INSTANCE.items() if "ase" not in key and key != "trainingData"} | said
    record = bring(f"kaggle:{put(tmp_path / 'kaggle', model_instance=instance)}").records[0].record
    assert [r.target.name for r in record.relations] == expected


def test_a_data_set(bring: Import, tmp_path: Path) -> None:
    said = {
        "title": "Tickets",
        "id": "acme/tickets",
        "licenses": [{"name": "CC0-1.0"}, 3],
        "keywords": ["chat"],
        "subtitle": "Tickets of customers",
    }
    file = put(tmp_path / "kaggle", dataset=said) / "dataset-metadata.json"
    record = bring(f"kaggle:{file}").records[0].record
    assert (record.key, str(record.type)) == ("acme-tickets@1.0.0", "dataset")
    assert record.get("about.description") == "Tickets of customers" and record.get("about.licenses") == ["CC0-1.0"]
    assert record.get("identity.hubs") == [{"hub": "kaggle", "id": "acme/tickets"}]


def test_what_was_never_filled_in_is_no_value(bring: Import, tmp_path: Path) -> None:
    said = {"ownerSlug": "INSERT_OWNER_SLUG_HERE", "slug": "INSERT_SLUG_HERE", "title": "INSERT_TITLE_HERE"}
    folder = put(tmp_path / "kaggle", model=said)
    with pytest.raises(InputError, match="neither owner nor slug"):
        bring(f"kaggle:{folder}")
    record = bring(f"kaggle:{folder}", name="chat").records[0].record
    assert (record.key, record.data.get("about")) == ("chat@1.0.0", None)


@pytest.mark.parametrize("text", ["[]", "{", "7", "\x00", '{"a": ' * 3000, '{"slug": "a", "slug": "b"}'])
def test_what_is_no_metadata_is_refused(bring: Import, tmp_path: Path, text: str) -> None:
    with pytest.raises(StemmaError, match=r"model-metadata\.json"):
        bring(f"kaggle:{put(tmp_path / 'kaggle', model=text)}")
    assert not (tmp_path / "records").exists()


def test_a_place_without_metadata_is_told(bring: Import, tmp_path: Path) -> None:
    with pytest.raises(ModelNotFound, match="no metadata of Kaggle"):
        bring(f"kaggle:{put(tmp_path / 'kaggle')}")
    with pytest.raises(ModelNotFound):
        bring(f"kaggle:{tmp_path / 'nowhere'}")
