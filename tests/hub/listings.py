"""What the hub on loopback says of models beside their files, and its listings, page by page."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import yaml

from tests.hub.state import Repository

if TYPE_CHECKING:
    from tests.hub.server import Hub

Query = Mapping[str, Sequence[str]]


def described(repository: Repository, commit: str) -> dict[str, Any]:
    """A model as the API shows it, without its files."""
    files = repository.revisions[commit]
    body: dict[str, Any] = {
        "_id": repository.identity,
        "id": repository.name,
        "modelId": repository.name,
        "sha": commit,
        "private": repository.private,
        "gated": "auto" if repository.gated else False,
        "createdAt": repository.created,
        "tags": [],
    }
    card = _front_matter(files.get("README.md", b"").decode(errors="replace"))
    if card is not None:
        body["cardData"] = card
    if repository.base_models is not None:
        relation, names = repository.base_models
        body["baseModels"] = {"relation": relation, "models": [{"_id": "0", "id": name} for name in names]}
    return body


def _front_matter(card: str) -> dict[str, Any] | None:
    """The metadata of a card; None where the hub could not read any."""
    if not card.startswith("---\n") or "\n---\n" not in card[4:]:
        return None
    try:
        found = yaml.safe_load(card[4:].partition("\n---\n")[0])
    except yaml.YAMLError:
        return None
    return found if isinstance(found, dict) else None


def hub_page(hub: Hub, query: Query) -> tuple[bytes, dict[str, str]]:
    """A page of the listing of models, by name; the next one in the header ``Link``, as the hub has it."""
    author, limit, start = _one(query, "author"), int(_one(query, "limit") or "20"), int(_one(query, "cursor") or "0")
    shown = [
        repository
        for (kind, name), repository in sorted(hub.repositories.items())
        if kind == "models" and not repository.private and (not author or name.startswith(f"{author}/"))
    ]
    body = [described(each, each.branches["main"]) for each in shown[start : start + limit]]
    headers = {}
    if start + limit < len(shown):
        again = [(key, value) for key, values in query.items() if key != "cursor" for value in values]
        address = f"{hub.endpoint}/api/models?{urlencode([*again, ('cursor', str(start + limit))])}"
        headers["Link"] = f'<{address}>; rel="next"'
    return json.dumps(body).encode(), headers


def kaggle_page(hub: Hub, query: Query) -> tuple[bytes, dict[str, str]]:
    """A page of the listing of models on Kaggle."""
    size, start = int(_one(query, "pageSize") or "20"), int(_one(query, "pageToken") or "0")
    owner = _one(query, "owner")
    shown = [each for each in hub.kaggle if not owner or str(each["ref"]).startswith(f"{owner}/")]
    token = str(start + size) if start + size < len(shown) else ""
    page = {"models": shown[start : start + size], "nextPageToken": token, "totalResults": len(shown)}
    return json.dumps(page).encode(), {}


def _one(query: Query, key: str) -> str:
    return query.get(key, [""])[0]
