"""Events that the hub sends: believed with the secret alone, and answered by a look at the hub."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from stemma.interop.network import Network
from stemma.registry import DirectoryRegistry
from stemma.usecases.alerts.hub import check_hub
from stemma.usecases.settings import Work
from stemma.web import WebSettings, create_app
from stemma.web.settings import Services
from tests.hub.server import Hub
from tests.lineage.graphs import text
from tests.web.serving import serving

SECRET = "between the hub and us"
NOW = "2026-03-01T12:00:00Z"
FILES = {"model.safetensors": b"w" * 5000, "README.md": b"# A model\n"}


@pytest.fixture
def hooked(tmp_path: Path) -> Iterator[tuple[httpx.Client, Hub]]:
    """A hub with one model that a registry follows, and a server over that registry."""
    registry = DirectoryRegistry(tmp_path, lambda: NOW)
    with Hub() as hub:
        hub.add("acme/base", FILES)
        network = Network(endpoint=hub.endpoint)
        registry.records.put(text("base", identity={"hubs": [{"hub": "huggingface", "id": "acme/base"}]}))
        check_hub(registry, ["hf:acme/base"], now=lambda: NOW, work=Work(network=network))
        app = create_app(WebSettings(str(tmp_path), hub_secret=SECRET), Services(network=network))
        with serving(app) as client:
            yield client, hub


def event() -> str:
    repo = {"type": "model", "name": "acme/base", "headSha": "0" * 40}
    scope = {"action": "update", "scope": "repo.content"}
    return json.dumps({"event": scope, "repo": repo, "webhook": {"version": 3}})


def test_a_change_that_the_hub_tells_of_is_looked_up(hooked: tuple[httpx.Client, Hub]) -> None:
    client, hub = hooked
    hub.add("acme/base", {**FILES, "model.safetensors": b"v" * 5000})
    told = client.post("/hooks/huggingface", content=event(), headers={"X-Webhook-Secret": SECRET})
    assert (told.status_code, told.json()) == (200, {"changes": 1})


@pytest.mark.parametrize("secret", [None, "", "something else"])
def test_a_stranger_is_not_believed(hooked: tuple[httpx.Client, Hub], secret: str | None) -> None:
    headers = {} if secret is None else {"X-Webhook-Secret": secret}
    assert hooked[0].post("/hooks/huggingface", content=event(), headers=headers).status_code == 403


@pytest.mark.parametrize("body", ["", "[]", '{"event": 3}', "{" * 5000, event()[:-1]])
def test_what_is_no_event_is_refused(hooked: tuple[httpx.Client, Hub], body: str) -> None:
    found = hooked[0].post("/hooks/huggingface", content=body, headers={"X-Webhook-Secret": SECRET})
    assert found.status_code in (413, 422)


def test_without_a_secret_there_is_no_such_page(client: httpx.Client) -> None:
    assert client.post("/hooks/huggingface", content=event()).status_code == 404
