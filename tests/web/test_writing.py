"""Writing over HTTP: what a token may write, that nothing published changes unseen, and that the log says by whom."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from stemma.client import Client
from stemma.errors import AccessDenied, ChangedMeanwhile, Conflict, InputError, ModelNotFound
from stemma.records import write_record
from stemma.registry import AlertState, DeliveryState, Registry
from stemma.usecases.browse.tokens import add_token
from stemma.usecases.registry import opened
from stemma.web import WebSettings, create_app
from tests.advisories.documents import document
from tests.publish.record.record_examples import made, relation
from tests.registry.backends import Backend
from tests.registry.conftest import kept, postgres
from tests.web.serving import serving

__all__ = ["kept", "postgres"]
NOW = datetime(2026, 3, 1, tzinfo=UTC)
HOOK = "https://hooks.example.org/stemma"


@pytest.fixture
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A registry to write to: a directory, unless a test wants a database."""
    if "kept" in request.fixturenames:
        backend: Backend = request.getfixturevalue("kept")
        return backend.url
    (tmp_path / "records").mkdir()
    return str(tmp_path / "records")


@pytest.fixture
def server(place: str, tokens: Path) -> Iterator[httpx.Client]:
    with serving(create_app(WebSettings(place, tokens=tokens, refresh_seconds=0.0))) as client:
        yield client


@pytest.fixture
def acme(server: httpx.Client, tokens: Path) -> Iterator[Client]:
    """A client that writes for acme."""
    with Client(str(server.base_url), token=secret(tokens, "acme")) as ask:
        yield ask


def secret(tokens: Path, *namespaces: str, writes: bool = True) -> str:
    return add_token(tokens, "Ada", writes=writes, namespaces=namespaces, days=3650, now=NOW)[1]


def text(name: str = "acme-chat", version: str = "1.0.0", **more: object) -> str:
    return write_record(made(name, "model", version, **more).data)


def advisory(name: str = "acme-chat", **changes: object) -> str:
    affected = [{"database_specific": {"stemma": {"record": name}}}]
    return json.dumps(document(id="x_ACME-2026-0009", affected=affected) | changes)


def in_registry(place: str) -> Registry:
    with opened(place) as registry:
        return registry


@pytest.mark.parametrize("kept", ["sqlite", "postgresql"], indirect=True)
def test_records_are_published_once_and_replaced_only_where_they_are_known(
    kept: Backend, acme: Client, place: str
) -> None:
    _publish_and_replace(acme, place)


def test_a_directory_takes_records_too(acme: Client, place: str) -> None:
    _publish_and_replace(acme, place)
    assert (Path(place) / "acme-chat" / "acme-chat-1.0.0.yaml").is_file()


def _publish_and_replace(acme: Client, place: str) -> None:
    first = acme.put_record("acme-chat", "1.0.0", text(), new=True)
    assert first.created and first.key == "acme-chat@1.0.0"
    assert not acme.put_record("acme-chat", "1.0.0", text()).created, "the same again changes nothing"
    with pytest.raises(ChangedMeanwhile):
        acme.put_record("acme-chat", "1.0.0", text(), new=True)
    other = text(about={"title": "Other"})
    with pytest.raises(Conflict, match="already"):
        acme.put_record("acme-chat", "1.0.0", other)
    with pytest.raises(ChangedMeanwhile):
        acme.put_record("acme-chat", "1.0.0", other, replacing="0" * 32)
    with pytest.raises(ChangedMeanwhile):
        acme.put_record("acme-chat", "2.0.0", text(version="2.0.0"), replacing="*")
    written, tag = acme.record_text("acme-chat", "1.0.0")
    assert (written, tag) == (text(), first.tag)
    changed = acme.put_record("acme-chat", "1.0.0", other, replacing=tag)
    assert not changed.created and acme.record_text("acme-chat", "1.0.0") == (other, changed.tag)
    assert acme.record("acme-chat", "1.0.0").title == "Other"
    with opened(place) as registry:
        told = [entry.subject for entry in registry.audit.entries() if entry.action == "web.record"]
    assert len(told) >= 2 and all("acme-chat@1.0.0 by Ada (token " in each for each in told)


def test_a_record_is_refused_whole(acme: Client, server: httpx.Client, place: str) -> None:
    with pytest.raises(InputError, match="expected acme-other@1"):
        acme.put_record("acme-other", "1.0.0", text())
    with pytest.raises(InputError, match="record:"):
        acme.put_record("acme-chat", "1.0.0", "name: [")
    with pytest.raises(AccessDenied, match="does not cover"):
        acme.put_record("zeta", "1.0.0", text("zeta"))
    acme.put_record("acme-a", "1.0.0", text("acme-a", relations=[relation("finetuned-from", "acme-b")]))
    with pytest.raises(Conflict, match="circle"):
        acme.put_record("acme-b", "1.0.0", text("acme-b", relations=[relation("finetuned-from", "acme-a")]))
    with pytest.raises(ModelNotFound):
        acme.record_text("acme-b", "1.0.0")
    with opened(place) as registry:
        assert list(registry.records.names()) == ["acme-a"]


def test_who_may_not_write_is_told_so(server: httpx.Client, tokens: Path) -> None:
    address = "/api/v1/records/acme-chat/1.0.0/text"
    assert server.put(address, content=text()).status_code == 401
    for given, status in ((secret(tokens, "acme", writes=False), 403), (secret(tokens, "zeta"), 403), ("stm_x", 401)):
        answer = server.put(address, content=text(), headers={"Authorization": f"Bearer {given}"})
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"
    server.cookies.set("stemma", secret(tokens, "acme"))
    assert server.put(address, content=text()).status_code == 401, "a cookie writes nothing over the API"


def test_what_is_too_large_or_not_text_is_refused(server: httpx.Client, tokens: Path) -> None:
    header = {"Authorization": f"Bearer {secret(tokens, '*')}"}
    for address in ("/api/v1/records/acme-chat/1.0.0/text", "/api/v1/advisories/x_ACME-2026-0009"):
        assert server.put(address, content=b"x" * (1 << 20), headers=header).status_code == 422
        assert server.put(address, content=b"x" * ((1 << 20) + 1), headers=header).status_code == 413
        assert server.put(address, content=b"\xff\xfe", headers=header).status_code == 422
    assert server.post("/api/v1/subscriptions", content=b"x" * 70_000, headers=header).status_code == 413


def test_an_advisory_raises_alerts_and_is_replaced_by_a_later_one(acme: Client, place: str) -> None:
    acme.put_record("acme-chat", "1.0.0", text())
    acme.put_record("acme-tuned", "1.0.0", text("acme-tuned", relations=[relation("finetuned-from", "acme-chat")]))
    first = acme.put_advisory("x_ACME-2026-0009", advisory(modified="2026-03-01T00:00:00Z"))
    assert first.created and first.alerts_told == 2
    assert not acme.put_advisory("x_ACME-2026-0009", advisory(modified="2026-03-01T00:00:00Z")).created
    with pytest.raises(InputError, match="later"):
        acme.put_advisory("x_ACME-2026-0009", advisory(modified="2026-03-01T00:00:00Z", summary="Other"))
    with pytest.raises(Conflict, match="modified at"):
        acme.put_advisory("x_ACME-2026-0009", advisory(modified="2026-02-01T00:00:00Z", summary="Older"))
    over = advisory(modified="2026-03-02T00:00:00Z", withdrawn="2026-03-02T00:00:00Z")
    assert acme.put_advisory("x_ACME-2026-0009", over).alerts_over == 2
    with opened(place) as registry:
        assert {alert.state for alert in registry.alerts.find()} == {AlertState.RESOLVED}
        assert sum(entry.action == "web.advisory" for entry in registry.audit.entries()) == 2


def test_an_advisory_reaches_no_further_than_its_token(acme: Client, server: httpx.Client, tokens: Path) -> None:
    with pytest.raises(AccessDenied, match="does not cover zeta"):
        acme.put_advisory("x_ACME-2026-0009", advisory("zeta"))
    digests = json.loads(advisory())
    digests["affected"].append({"database_specific": {"stemma": {"digests": ["sha256:" + "0" * 64]}}})
    with pytest.raises(AccessDenied, match="no record here"):
        acme.put_advisory("x_ACME-2026-0009", json.dumps(digests))
    with pytest.raises(InputError, match="expected x_OTHER"):
        acme.put_advisory("x_OTHER-1", advisory())
    with Client(str(server.base_url), token=secret(tokens, "*")) as everybody:
        everybody.put_advisory("x_ACME-2026-0009", advisory("zeta", modified="2026-03-01T00:00:00Z"))
    with pytest.raises(AccessDenied, match="zeta"):  # somebody else's cannot be turned into one's own
        acme.put_advisory("x_ACME-2026-0009", advisory("acme-chat", modified="2026-03-02T00:00:00Z"))


def test_subscriptions_belong_to_a_namespace(acme: Client, server: httpx.Client, tokens: Path) -> None:
    made = acme.subscribe("acme-hook", ["owner=Acme"], url=HOOK, note="for the desk")
    assert made.secret.startswith("whsec_") and made.active
    assert [(each.id, each.secret) for each in acme.subscriptions().subscriptions] == [("acme-hook", "")]
    with pytest.raises(Conflict):
        acme.subscribe("acme-hook", ["owner=Acme"])
    with pytest.raises(AccessDenied):
        acme.subscribe("zeta-hook", ["owner=Acme"])
    for wrong in ("ftp://example.org/x", "https://user:pass@example.org/x", "javascript:alert(1)"):
        with pytest.raises(InputError):
            acme.subscribe("acme-two", ["owner=Acme"], url=wrong)
    with pytest.raises(InputError):
        acme.subscribe("acme-two", ["strange=x"])
    assert not acme.switch_subscription("acme-hook", active=False).active
    with Client(str(server.base_url), token=secret(tokens, "zeta")) as other:
        assert other.subscriptions().subscriptions == ()
        for attempt in (
            lambda: other.switch_subscription("acme-hook", active=True),
            lambda: other.unsubscribe("acme-hook"),
        ):
            with pytest.raises(ModelNotFound, match="that this token covers"):
                attempt()
    acme.unsubscribe("acme-hook")
    with pytest.raises(ModelNotFound):
        acme.unsubscribe("acme-hook")
    with Client(str(server.base_url)) as nobody, pytest.raises(AccessDenied):
        nobody.subscriptions()


def test_deliveries_are_listed_and_replayed_by_their_own(
    acme: Client, server: httpx.Client, tokens: Path, place: str
) -> None:
    acme.subscribe("acme-hook", ["model=acme-chat"], url=HOOK)
    acme.put_record("acme-chat", "1.0.0", text())
    acme.put_advisory("x_ACME-2026-0009", advisory())
    (waiting,) = acme.deliveries("pending").deliveries
    assert waiting.subscription == "acme-hook" and acme.deliveries().deliveries == ()
    with opened(place) as registry:
        held = registry.outbox.get(waiting.id)
        registry.outbox.update(type(held)(**{**vars(held), "state": DeliveryState.DEAD, "attempts": 9, "error": "no"}))
    with Client(str(server.base_url), token=secret(tokens, "zeta")) as other:
        assert other.deliveries().deliveries == ()
        with pytest.raises(ModelNotFound):
            other.replay(waiting.id)
    (dead,) = acme.deliveries().deliveries
    assert (dead.attempts, dead.error) == (9, "no")
    _is_shown_to_its_own_alone(server, tokens, dead.id)
    again = acme.replay(dead.id)
    assert (again.id, again.state, again.attempts, again.error) == (waiting.id, "pending", 0, "")
    assert acme.deliveries().deliveries == ()


def _is_shown_to_its_own_alone(server: httpx.Client, tokens: Path, delivery: str) -> None:
    same = {"Sec-Fetch-Site": "same-origin"}
    replay = f"/deliveries/{delivery}/replay"
    assert "acme-hook" not in server.get("/deliveries").text
    assert server.post(replay, data={"proof": "x"}, headers=same).status_code == 401
    server.cookies.set("stemma", secret(tokens, "zeta"))
    page = server.get("/deliveries").text
    assert "acme-hook" not in page and replay not in page
    server.cookies.set("stemma", secret(tokens, "acme", writes=False))
    page = server.get("/deliveries").text
    assert "acme-hook" in page and "hooks.example.org" in page and replay not in page
    server.cookies.set("stemma", secret(tokens, "acme"))
    assert replay in server.get("/deliveries", params={"state": "dead"}).text
    assert replay not in server.get("/deliveries", params={"state": "pending"}).text
    assert server.post(replay, data={"proof": ""}, headers=same).status_code == 403
    server.cookies.clear()
