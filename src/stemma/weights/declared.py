"""What the files beside the weights claim about parents: raw, unverified, kept by the file that says it.

| key | from |
|---|---|
| ``card`` | YAML front matter of README.md: base_model, base_model_relation, license, ... |
| ``adapter`` | adapter_config.json: base_model_name_or_path, revision, peft_type |
| ``merge`` | mergekit_config.yml: merge_method, models |
| ``config`` | config.json: _name_or_path |

Values are strings and lists of strings, except under ``merge``, where the document is kept whole. A claim
that cannot be read is a warning: it never stops the weights from being read.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from stemma.errors import InputError, LimitExceeded, MalformedFile
from stemma.identity import Missing, is_present
from stemma.weights.interface import FileSet
from stemma.weights.strict_json import read_json_object

MAX_FRONT_MATTER = 64_000
MAX_MERGE = 256_000
MAX_ADAPTER_CONFIG = 4_000_000
MAX_CLAIMS = 1_000
_CARD_KEYS = (
    "base_model", "base_model_relation", "base_models", "datasets", "language", "library_name", "license",
    "license_name", "model_creator", "model_name", "new_version", "pipeline_tag", "quantized_by", "tags",
)  # fmt: skip
_ADAPTER_KEYS = ("base_model_name_or_path", "peft_type", "revision", "task_type")


def read_declared(files: FileSet, config: Mapping[str, Any] | Missing) -> tuple[dict[str, Any], tuple[str, ...]]:
    """All claims of a folder's files, and warnings about those that could not be read."""
    claims: dict[str, Any] = {}
    warnings: list[str] = []
    for key, name, reader in (
        ("card", "README.md", _card),
        ("adapter", "adapter_config.json", _adapter),
        ("merge", "mergekit_config.yml", _merge),
    ):
        if name in files.names():
            try:
                claim = reader(files, name)
            except (InputError, LimitExceeded) as error:
                warnings.append(f"What {name} declares is left out: {error}")
            else:
                claims |= {key: claim} if claim else {}
    if is_present(config) and isinstance(path := config.get("_name_or_path"), str) and path:
        claims["config"] = {"_name_or_path": path[:MAX_CLAIMS]}
    return claims, tuple(warnings)


def _card(files: FileSet, name: str) -> dict[str, Any]:
    return _picked(front_matter(files, name), _CARD_KEYS)


def front_matter(files: FileSet, name: str, most: int = MAX_FRONT_MATTER) -> dict[str, Any]:
    """The YAML before the text of a card, scalars as strings; empty where there is none.

    Raises:
        MalformedFile: it has no end within ``most`` bytes, or is no YAML mapping.
    """
    source = files.open(name)
    head = bytes(source.read(0, min(source.size, most))).removeprefix(b"\xef\xbb\xbf")
    lines = head.decode("utf-8", errors="replace").splitlines()
    if not lines or lines[0].rstrip() != "---":
        return {}
    end = next((i for i, line in enumerate(lines[1:], 1) if line.rstrip() == "---"), None)
    if end is None:
        raise MalformedFile(name, f"front matter without an end in {len(head)} bytes", "a closing ---")
    return _yaml("\n".join(lines[1:end]), name)


def _adapter(files: FileSet, name: str) -> dict[str, Any]:
    return _picked(read_json_object(files.open(name), MAX_ADAPTER_CONFIG), _ADAPTER_KEYS)


def _merge(files: FileSet, name: str) -> dict[str, Any]:
    source = files.open(name)
    if source.size > MAX_MERGE:
        raise LimitExceeded(f"{name} has {source.size} bytes, at most {MAX_MERGE} are read.")
    return _yaml(bytes(source.read(0, source.size)).decode("utf-8", errors="replace"), name)


def _picked(document: Mapping[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    """The wanted keys, values cut down to strings and lists of strings."""
    picked: dict[str, Any] = {}
    for key in keys:
        value = document.get(key)
        if isinstance(value, str) and value:
            picked[key] = value[:MAX_CLAIMS]
        elif isinstance(value, list):
            picked[key] = [item[:MAX_CLAIMS] for item in value[:MAX_CLAIMS] if isinstance(item, str)]
    return picked


def _yaml(text: str, file: str) -> dict[str, Any]:
    """YAML takes long to import, and most folders hold none."""
    found: dict[str, Any] = import_module("stemma.weights.strict_yaml").parse_yaml_object(text, file)
    return found
