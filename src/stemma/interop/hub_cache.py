"""The local cache of huggingface_hub: which revisions and files it holds whole."""

from __future__ import annotations

import json
import re
from pathlib import Path

from huggingface_hub import constants
from huggingface_hub.file_download import repo_folder_name

_COMMIT = re.compile(r"[0-9a-f]{40}")
_MAX_INDEX = 64 << 20
_WEIGHTS = (".safetensors", ".gguf", ".bin", ".pt", ".pth", ".onnx", ".npz")


def is_commit(revision: str | None) -> bool:
    """Whether a revision is a full commit id, whose content can never change."""
    return revision is not None and _COMMIT.fullmatch(revision) is not None


def cached_commit(name: str, revision: str | None, cache: Path | None) -> str | None:
    """The commit that the cache holds for a revision, or None."""
    folder = _repository(name, cache)
    if revision is not None and is_commit(revision):
        return revision if (folder / "snapshots" / revision).is_dir() else None
    reference = folder / "refs" / (revision or "main")
    if not reference.is_file() or reference.stat().st_size > 64:
        return None
    commit = reference.read_text(encoding="ascii", errors="replace").strip()
    return commit if is_commit(commit) and (folder / "snapshots" / commit).is_dir() else None


def cached_commits(name: str, cache: Path | None) -> tuple[str, ...]:
    """Every commit of a model that the cache holds something of, sorted."""
    folder = _repository(name, cache) / "snapshots"
    return tuple(sorted(p.name for p in folder.iterdir() if is_commit(p.name))) if folder.is_dir() else ()


def snapshot(name: str, commit: str, cache: Path | None) -> Path:
    """The folder of one commit."""
    return _repository(name, cache) / "snapshots" / commit


def cached_file(name: str, commit: str, file: str, size: int, cache: Path | None) -> Path | None:
    """The file of a commit if the cache holds it with that length."""
    path = snapshot(name, commit, cache) / file
    return path if path.is_file() and path.stat().st_size == size else None


def holds_a_model(folder: Path) -> bool:
    """Whether a snapshot has weights, and every shard that its indexes name.

    The cache moves a file into its place only when it is complete, so that one that is there is whole.
    """
    names = [path for path in folder.rglob("*") if path.is_file()]
    indexes = [path for path in names if path.name.endswith(".index.json")]
    wanted = {index.parent / shard for index in indexes for shard in _shards(index)}
    return any(path.name.endswith(_WEIGHTS) for path in names) and all(path.is_file() for path in wanted)


def _shards(index: Path) -> set[str]:
    if index.stat().st_size > _MAX_INDEX:
        return set()
    try:
        held = json.loads(index.read_bytes())
    except ValueError:
        return set()
    shards = held.get("weight_map") if isinstance(held, dict) else None
    return {name for name in shards.values() if isinstance(name, str)} if isinstance(shards, dict) else set()


def _repository(name: str, cache: Path | None) -> Path:
    root = cache if cache is not None else Path(constants.HF_HUB_CACHE)
    return root / repo_folder_name(repo_id=name, repo_type="model")
