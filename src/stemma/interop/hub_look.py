"""How a repository of the Hugging Face hub looks at a revision: one request, nothing of its files is read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from stemma.errors import ModelNotFound
from stemma.identity import Digest, HubReference
from stemma.interop.cards import strings
from stemma.interop.drafts import one_line
from stemma.interop.network import Network
from stemma.registry.notices import Sighting

WEIGHTS = (".safetensors", ".bin", ".pt", ".pth", ".gguf", ".onnx", ".h5", ".keras", ".msgpack", ".npz")
MAX_CLAIMS = 200
_CLAIMS = ("base_model", "base_model_relation", "license", "license_name", "datasets")


def look(reference: HubReference, network: Network, at: str) -> Sighting:
    """What the hub shows of a repository now.

    Args:
        reference: which repository, at which branch, tag or commit.
        network: how the hub is reached.
        at: the present moment.

    Raises:
        AccessDenied: the token may not read it.
        ModelNotFound: what answers is no hub.
        RateLimited, SourceError: what the hub said after retries, or it cannot be reached.
        BadReference: the endpoint is no http(s) address.
    """
    from huggingface_hub.errors import RepositoryNotFoundError, RevisionNotFoundError  # noqa: PLC0415 costs 0.3 s

    from stemma.interop.huggingface import address, entries, model_info  # noqa: PLC0415 as above

    base, secret = address(reference, network.token, network.endpoint)
    repository, revision = f"huggingface:{reference.name}", reference.revision or "main"
    try:
        info = model_info(network.transfer, reference, base, secret, files_metadata=True)
    except ModelNotFound as error:
        if not isinstance(error.__cause__, (RepositoryNotFoundError, RevisionNotFoundError, type(None))):
            raise
        return Sighting(repository, revision, at, gone=True)
    files = entries(str(reference), info.siblings or ())
    held = {name: _content(entry.sha256, entry.version) for name, entry in files.items() if name.endswith(WEIGHTS)}
    return Sighting(
        repository=repository,
        revision=revision,
        at=at,
        gone=False,
        name=one_line(info.id),
        identity=_identity(info),
        commit=str(info.sha),
        weights=f"sha256:{hashlib.sha256(json.dumps(held, sort_keys=True).encode()).hexdigest()}",
        claims=tuple(_claims(_plain(info.card_data))),
    )


def _content(sha256: object, version: str) -> str:
    """What tells one content of a file from another: the SHA-256 that the hub vouches for, else its object id."""
    return str(sha256) if isinstance(sha256, Digest) else f"object:{version}"


def _identity(info: Any) -> str:
    """What tells a repository from a later one of the same name: when it was made, and the hub's own number of it."""
    made = info.created_at.isoformat() if info.created_at is not None else ""
    return " ".join(filter(None, (one_line(getattr(info, "_id", "")), made)))


def _plain(card: Any) -> Mapping[str, Any]:
    if card is None:
        return {}
    return card if isinstance(card, Mapping) else dict(card.to_dict())


def _claims(card: Mapping[str, Any]) -> Iterable[str]:
    """What the card says of parents, licence and data, each as ``KEY: VALUE``, sorted."""
    found = {f"{key}: {one_line(value)}" for key in _CLAIMS for value in strings(card.get(key)) if one_line(value)}
    return sorted(found)[:MAX_CLAIMS]
