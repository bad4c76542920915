"""Whatever files claim: a valid record comes of it, or an error of ours that says why not."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stemma.errors import StemmaError
from stemma.interop.hub_names import HubNames
from stemma.interop.kaggle import kaggle_draft
from stemma.interop.model_facts import model_draft
from stemma.records import parse_record, write_record
from stemma.weights.memory import MemoryFile

CARD = (
    *("license", "license_name", "license_link", "language", "library_name", "pipeline_tag", "tags", "metrics"),
    *("base_model", "base_model_relation", "datasets", "new_version", "model-index", "model_name"),
)
ADAPTER = ("base_model_name_or_path", "peft_type", "revision", "r")
MERGE = ("models", "slices", "modules", "merge_method", "base_model", "parameters")
KAGGLE = (
    *("ownerSlug", "slug", "title", "modelSlug", "instanceSlug", "framework", "licenseName", "overview", "usage"),
    *("trainingData", "baseModelInstance", "baseModelInstanceInformation", "externalBaseModelUrl", "id", "licenses"),
)
WORDS = (
    *("org/name", "gpt2", "../x", "a/b@rev", "https://huggingface.co/o/n", "merge", "adapter", "C:\\x", "nan", "1e9"),
    *("model", "sources", "results", "metrics", "weight", "value", "type", "path", "owner", "\u202e", "a\x07b", "--"),
)
words = st.sampled_from(WORDS) | st.text(max_size=20)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | words,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=4),
    max_leaves=12,
)
slow = settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])


def claims(keys: tuple[str, ...]) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(st.sampled_from(keys) | words, values, max_size=8)


class Files:
    """Files in memory."""

    label = "model"

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts

    def names(self) -> tuple[str, ...]:
        return tuple(sorted(self._texts))

    def open(self, name: str) -> MemoryFile:
        return MemoryFile(name, self._texts[name].encode("utf-8", "surrogatepass"))


@slow
@given(claims(CARD), claims(ADAPTER) | st.none(), claims(MERGE) | st.none())
def test_any_claims_of_a_model(
    card: dict[str, Any], adapter: dict[str, Any] | None, merge: dict[str, Any] | None
) -> None:
    texts = {"README.md": f"---\n{yaml.safe_dump(card, allow_unicode=True)}---\n"}
    if adapter is not None:
        texts["adapter_config.json"] = json.dumps(adapter)
    if merge is not None:
        texts["mergekit_config.yml"] = yaml.safe_dump(merge)
    try:
        draft = model_draft("model", Files(texts), HubNames(None))
    except StemmaError as error:
        assert error.message
        return
    record = parse_record(write_record(draft.data))
    assert record.name == "model"
    assert all(relation.evidence for relation in record.relations)


@slow
@given(claims(KAGGLE), claims(KAGGLE))
def test_any_metadata_of_kaggle(tmp_path: Path, model: dict[str, Any], instance: dict[str, Any]) -> None:
    (tmp_path / "model-metadata.json").write_text(json.dumps(model))
    (tmp_path / "model-instance-metadata.json").write_text(json.dumps(instance))
    try:
        draft = kaggle_draft(tmp_path, HubNames(None))
    except StemmaError as error:
        assert error.message
        return
    parse_record(write_record(draft.data))
