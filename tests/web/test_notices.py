"""Advisories and alerts, and who may acknowledge what."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

import httpx
import pytest

from stemma.client import Client
from stemma.errors import AccessDenied, InputError
from stemma.registry import AlertState, DirectoryRegistry
from stemma.usecases.browse.tokens import add_token, check_token, read_tokens, revoke_token
from stemma.web import WebSettings, create_app
from tests.web.markup import suspicions
from tests.web.serving import serving

NOW = datetime(2026, 3, 1, tzinfo=UTC)
FORM = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def own(place: Path, tmp_path: Path) -> Path:
    """A copy of the registry, to write to."""
    shutil.copytree(place, tmp_path / "registry")
    return tmp_path / "registry"


@pytest.fixture
def server(own: Path, tokens: Path) -> Iterator[httpx.Client]:
    with serving(create_app(WebSettings(str(own), tokens=tokens))) as client:
        yield client


def secret(tokens: Path, *namespaces: str, writes: bool = True, days: int = 3650) -> str:
    return add_token(tokens, "Ada", writes=writes, namespaces=namespaces or ("*",), days=days, now=NOW)[1]


def alert_on(own: Path, subject: str) -> str:
    registry = DirectoryRegistry(own, lambda: "2026-03-01T12:00:00Z")
    return next(alert.id for alert in registry.alerts.find(subject=subject))


def test_an_advisory_tells_everything_downstream_by_the_way(client: httpx.Client) -> None:
    assert "Images of abuse in the data." in client.get("/advisories").text
    page = client.get("/advisories/x_ACME-2026-0001").text
    assert "Everything downstream" in page
    assert '<a href="/records/acme-chat-7b/1.2.0-rc.1">acme-chat-7b@1.2.0-rc.1</a>' in page
    assert 'href="https://example.org/report"' in page
    assert client.get("/advisories/none").status_code == 404


def test_nothing_that_an_advisory_says_becomes_markup(client: httpx.Client) -> None:
    for path in ("/advisories", "/advisories/x_ACME-2026-0002", "/alerts", "/records/laion-5b/1.0.0"):
        assert suspicions(client.get(path).text) == []


def test_alerts_are_listed_fed_and_explained(client: httpx.Client, place: Path) -> None:
    name = alert_on(place, "laion-5b@1.0.0")
    assert f"/alerts/{name}" in client.get("/alerts", params={"subject": "laion-5b@1.0.0"}).text
    page = client.get(f"/alerts/{name}").text
    assert "laion-5b@1.0.0" in page and "Acknowledge" in page and "<form" not in page
    feed = ET.fromstring(client.get("/alerts.atom").content)
    assert feed.tag == "{http://www.w3.org/2005/Atom}feed" and len(feed) > 4
    assert client.get("/alerts/none").status_code == 404
    assert client.get("/alerts", params={"state": "strange"}).status_code == 422
    assert "Alerts</b>" in client.get("/records/laion-5b/1.0.0").text


def test_an_alert_is_acknowledged_by_token_and_the_log_says_by_whom(
    server: httpx.Client, own: Path, tokens: Path
) -> None:
    name = alert_on(own, "laion-5b@1.0.0")
    with Client(str(server.base_url), token=secret(tokens, "laion")) as ask:
        assert ask.acknowledge(name).acknowledged_by == "Ada"
    registry = DirectoryRegistry(own, lambda: "2026-03-01T12:00:00Z")
    assert registry.alerts.get(name).state is AlertState.ACKNOWLEDGED
    assert any(e.action == "web.acknowledge" and "by Ada" in e.subject for e in registry.audit.entries())


@pytest.mark.parametrize(
    ("namespaces", "writes", "status"), [(("acme",), True, 403), (("laion-5",), True, 403), (("*",), False, 403)]
)
def test_a_token_reaches_no_further_than_its_scope(
    server: httpx.Client, own: Path, tokens: Path, namespaces: tuple[str, ...], writes: bool, status: int
) -> None:
    name, given = alert_on(own, "laion-5b@1.0.0"), secret(tokens, *namespaces, writes=writes)
    answer = server.post(f"/api/v1/alerts/{name}/acknowledge", headers={"Authorization": f"Bearer {given}"})
    assert answer.status_code == status


def test_who_has_no_token_or_a_wrong_one_is_refused(server: httpx.Client, own: Path, tokens: Path) -> None:
    name, given = alert_on(own, "laion-5b@1.0.0"), secret(tokens)
    address = f"/api/v1/alerts/{name}/acknowledge"
    assert server.post(address).status_code == 401
    for wrong in (given[:-1], given + "x", "stm_", "é" * 10):
        refused = server.post(address, headers={"Authorization": f"Bearer {wrong}".encode()})
        assert refused.status_code == 401 and "www-authenticate" in refused.headers
    server.cookies.set("stemma", given)
    assert server.post(address).status_code == 401, "the API takes no cookie for writing"


def test_a_form_works_only_from_our_own_page(server: httpx.Client, own: Path, tokens: Path) -> None:
    name, given = alert_on(own, "laion-5b@1.0.0"), secret(tokens)
    assert server.post("/session", data={"token": "wrong"}, headers=FORM).status_code == 401
    signed = server.post("/session", data={"token": given}, headers=FORM)
    assert signed.status_code == 303
    cookie = signed.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=strict" in cookie
    found = re.search(r'name="proof" value="([0-9a-f]{64})"', server.get(f"/alerts/{name}").text)
    assert found is not None
    address = f"/alerts/{name}/acknowledge"
    assert server.post(address, data={"proof": ""}, headers=FORM).status_code == 403
    assert server.post(address, data={"proof": found[1]}, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert server.post(address, data={"proof": found[1]}, headers={"Origin": "https://evil.test"}).status_code == 403
    assert server.post(address, data={"proof": found[1]}, headers=FORM).status_code == 303
    assert "acknowledged" in server.get(f"/alerts/{name}").text


def test_a_revoked_token_is_refused_at_once(server: httpx.Client, tokens: Path) -> None:
    given = secret(tokens)
    header = {"Authorization": f"Bearer {given}"}
    assert server.get("/session", headers=header).status_code == 200
    revoke_token(tokens, read_tokens(tokens)[0].id, NOW)
    assert server.get("/session", headers=header).status_code == 401


def test_reading_can_be_closed(own: Path, tokens: Path) -> None:
    given = secret(tokens, writes=False)
    with serving(create_app(WebSettings(str(own), closed=True, tokens=tokens))) as client:
        for path in ("/", "/records/plip/1.0.0", "/api/v1/records", "/api/v1/openapi.json", "/metrics", "/alerts.atom"):
            assert client.get(path).status_code == 401
            assert client.get(path, headers={"Authorization": f"Bearer {given}"}).status_code == 200
        assert [client.get(path).status_code for path in ("/healthz", "/readyz", "/session")] == [200, 200, 200]
        with Client(str(client.base_url)) as ask, pytest.raises(AccessDenied):
            ask.records()


def test_tokens_are_kept_as_digests_for_the_owner_alone(tokens: Path) -> None:
    given = secret(tokens, "acme", days=1)
    assert given not in tokens.read_text("utf-8") and given[13:] not in tokens.read_text("utf-8")
    assert tokens.stat().st_mode & 0o077 == 0
    held = read_tokens(tokens)
    assert check_token(held, given, NOW) == held[0]
    assert "expired" in str(check_token(held, given, NOW + timedelta(days=2)))
    assert [held[0].covers(name) for name in ("acme@1.0.0", "acme-x@1.0.0", "acmeous@1.0.0", "model:hf:acme/x")] == [
        True,
        True,
        False,
        False,
    ]
    with pytest.raises(InputError):
        add_token(tokens, "", writes=True, namespaces=("*",), days=1, now=NOW)
    with pytest.raises(InputError, match="no token"):
        revoke_token(tokens, "nobody", NOW)
