"""What the hub on loopback holds, logs and does wrong."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path


@dataclass
class Fault:
    """What to do wrong. It applies to requests whose path ends with ``path`` (all if empty).

    ``server``: "hub", "cdn" or "any". ``status`` answers with that status and ``headers``. ``cut`` breaks the
    body off after so many bytes, ``stall`` stays silent after so many, ``drip`` sends so many bytes a second.
    ``length`` announces another Content-Length. ``whole`` ignores the range. ``etag`` is shown instead of the
    true one. ``redirect`` sends elsewhere. ``extra`` bytes follow the body. ``page`` answers 200 with that
    body. ``skip`` lets so many requests pass first.
    """

    path: str = ""
    times: int = 1
    skip: int = 0
    server: str = "any"
    method: str = "any"
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: int | None = None
    stall: int | None = None
    drip: int | None = None
    length: int | None = None
    whole: bool = False
    etag: str | None = None
    redirect: str | None = None
    extra: bytes = b""
    page: bytes | None = None


@dataclass
class Request:
    """One line of the log. ``served`` counts body bytes handed to the socket."""

    server: str
    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    at: float
    status: int = 0
    served: int = 0


@dataclass
class Repository:
    """A model, dataset or space. ``files`` by revision; ``gated`` and ``private`` want the hub's token.

    ``base_models`` is what the hub says of parents: ``(relation, names)``. ``identity`` and ``created`` tell it from
    another repository that had its name.
    """

    name: str
    kind: str = "models"
    gated: bool = False
    private: bool = False
    revisions: dict[str, dict[str, bytes]] = field(default_factory=dict)
    branches: dict[str, str] = field(default_factory=dict)
    base_models: tuple[str, tuple[str, ...]] | None = None
    identity: str = "0"
    created: str = "2026-01-01T00:00:00.000Z"


@lru_cache(maxsize=256)
def sha256_of(data: bytes) -> str:
    """SHA-256 in hex; remembered, since every request for a file shows it."""
    return hashlib.sha256(data).hexdigest()


def commit_of(files: Mapping[str, bytes]) -> str:
    """A commit id that depends on the contents alone."""
    digest = hashlib.sha1(usedforsecurity=False)
    for name in sorted(files):
        digest.update(name.encode() + b"\0" + bytes.fromhex(sha256_of(files[name])))
    return digest.hexdigest()


def read_folder(folder: Path) -> dict[str, bytes]:
    """Every file of a directory by its relative name."""
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
