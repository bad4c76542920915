"""The API: what it says, that it keeps to its description, and the client that asks it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

from stemma.client import Client
from stemma.client.reading import read
from stemma.client.shapes import RecordList
from stemma.errors import InputError, ModelNotFound, RateLimited, SourceError
from stemma.usecases.browse.tokens import add_token
from stemma.web import WebSettings, create_app
from tests.web.serving import serving

ROOT = Path(__file__).parents[2]


@pytest.fixture
def ask(client: httpx.Client) -> Iterator[Client]:
    """The client of the package."""
    with Client(str(client.base_url)) as found:
        yield found


def test_the_client_reads_records(ask: Client) -> None:
    found = ask.records("pli")
    assert [line.key for line in found.records] == ["plip@1.0.0"]
    one = ask.record("plip", "1.0.0")
    assert one.order[0] == "plip@1.0.0"
    risks = {field.path: (field.origin, field.inherited) for field in one.fields if field.path.startswith("risks.")}
    assert risks["risks.csam"] == ("laion-5b@1.0.0", True)
    assert ask.versions("plip")[0].version == "1.0.0"


def test_the_client_follows_pages(ask: Client) -> None:
    first = ask.records(limit=3)
    assert len(first.records) == 3 and first.next
    assert sorted(line.name for line in ask.all_records()) == sorted(
        {"laion", "laion-5b", "twitter", "pathology-twitter", "webimagetext", "clip", "plip", "acme-chat-7b"}
    )


def test_the_client_reads_lineage(ask: Client) -> None:
    seen = ask.lineage("plip", up=1, down=1)
    assert seen.root == "plip@1.0.0"
    styles = {edge.upstream: edge.basis for edge in seen.edges}
    assert styles["clip@1.0.0"] == "declared"
    assert {node.key: node.distance for node in seen.nodes}["clip@1.0.0"] == -1
    (way,) = ask.ways("webimagetext", "plip").ways
    assert [step.kind for step in way] == ["trained-on", "finetuned-from"]


def test_errors_are_of_the_tree(ask: Client) -> None:
    with pytest.raises(ModelNotFound, match="no such version"):
        ask.record("plip", "9.9.9")
    with pytest.raises(ModelNotFound):
        ask.lineage("no such thing")
    with pytest.raises(InputError, match="less than or equal to 8"):
        ask.lineage("plip", up=99)
    with Client("http://127.0.0.1:1") as nobody, pytest.raises(SourceError, match="does not answer"):
        nobody.records()
    with pytest.raises(SourceError, match=r"left out RecordList\.total"):
        read(RecordList, {"records": []})
    with pytest.raises(SourceError, match=r"'x' for RecordList\.total"):
        read(RecordList, {"records": [], "total": "x", "complete": True, "next": ""})


def test_what_has_not_changed_is_not_sent_again(client: httpx.Client) -> None:
    for path in ("/api/v1/records", "/api/v1/records/plip/1.0.0", "/api/v1/lineage?root=plip"):
        found = client.get(path)
        again = client.get(path, headers={"If-None-Match": found.headers["etag"]})
        assert (found.status_code, again.status_code, again.content) == (200, 304, b"")
        assert client.get(path, headers={"If-None-Match": '"other"'}).status_code == 200


def test_a_client_that_asks_too_often_is_slowed_down(place: Path) -> None:
    with serving(create_app(WebSettings(str(place), rate=0.001, burst=3))) as client:
        statuses = [client.get("/api/v1/records").status_code for _ in range(5)]
        assert client.get("/healthz").status_code == 200
        with Client(str(client.base_url)) as ask, pytest.raises(RateLimited, match="Too many"):
            ask.records()
    assert statuses == [200, 200, 200, 429, 429]


def test_the_description_is_published(client: httpx.Client) -> None:
    """Refresh with: ``python -m stemma.web.document docs/openapi.json``"""
    served = client.get("/api/v1/openapi.json").json()
    assert json.loads((ROOT / "docs" / "openapi.json").read_text(encoding="utf-8")) == served
    operations = {operation["operationId"] for path in served["paths"].values() for operation in path.values()}
    assert len(operations) > 15 and [name for name in operations if not hasattr(Client, name)] == []


def test_the_api_keeps_to_its_description(client: httpx.Client) -> None:
    schema = schemathesis.openapi.from_url(f"{client.base_url}/api/v1/openapi.json")
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) >= 6
    for operation in operations:
        statuses = asked(operation, str(client.base_url))
        assert statuses and max(statuses) < 500


def test_a_writer_cannot_make_the_server_fail(place: Path, tmp_path: Path) -> None:
    shutil.copytree(place, tmp_path / "registry")
    tokens = tmp_path / "tokens.json"
    years = {"days": 3650, "now": datetime(2026, 3, 1, tzinfo=UTC)}
    secret = add_token(tokens, "Ada", writes=True, namespaces=("*",), **years)[1]
    settings = WebSettings(str(tmp_path / "registry"), tokens=tokens, rate=0)
    with serving(create_app(settings)) as client:
        schema = schemathesis.openapi.from_url(f"{client.base_url}/api/v1/openapi.json")
        writing = [o for found in schema.get_all_operations() if (o := found.ok()).method.upper() != "GET"]
        assert len(writing) >= 7
        for operation in writing:
            statuses = asked(operation, str(client.base_url), {"Authorization": f"Bearer {secret}"})
            assert statuses and max(statuses) < 500 and 401 not in statuses


def asked(operation: Any, base: str, headers: dict[str, str] | None = None) -> list[int]:
    """The answers to some of everything that the description allows, each held against it."""
    statuses: list[int] = []
    ruled = headers is not None or operation.path.endswith("/reports/alerts")
    beyond = [positive_data_acceptance] if ruled else []  # documents and terms have rules that no JSON schema tells

    @settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(case=operation.as_strategy())
    def ask_it(case: schemathesis.Case) -> None:
        answer = case.call_and_validate(base_url=base, headers=headers, excluded_checks=beyond)
        statuses.append(answer.status_code)

    ask_it()
    return statuses
