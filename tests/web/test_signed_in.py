"""What somebody does who is signed in, in a real browser: its forms, its cookie, its own address."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from stemma.registry import AlertState, DeliveryState, DirectoryRegistry
from stemma.usecases.browse.tokens import add_token
from stemma.web import WebSettings, create_app
from tests.registry.values import delivery, subscription
from tests.web.driver import Browser, browser
from tests.web.serving import serving

pytestmark = pytest.mark.slow
SUBJECT = "laion-5b@1.0.0"


@pytest.fixture
def own(place: Path, tmp_path: Path) -> DirectoryRegistry:
    """A copy of the registry, with a delivery that was given up."""
    shutil.copytree(place, tmp_path / "registry")
    registry = DirectoryRegistry(tmp_path / "registry", lambda: "2026-03-01T12:00:00Z")
    alert = next(registry.alerts.find(subject=SUBJECT))
    registry.subscriptions.put(subscription("laion-desk"))
    dead = delivery(alert, "laion-desk", state=DeliveryState.DEAD, attempts=9, error="It answered 500.")
    registry.outbox.add([replace(dead, due="2026-03-01T12:00:00Z")])
    return registry


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Browser]:
    with browser(tmp_path / "browser") as found:
        yield found
        assert found.said == []


def test_somebody_signs_in_acknowledges_sends_again_and_leaves(
    page: Browser, own: DirectoryRegistry, tmp_path: Path
) -> None:
    tokens, now = tmp_path / "tokens.json", datetime(2026, 3, 1, tzinfo=UTC)
    token = add_token(tokens, "Ada", writes=True, namespaces=("laion",), days=3650, now=now)[1]
    alert = next(own.alerts.find(subject=SUBJECT))
    with serving(create_app(WebSettings(str(own.path), tokens=tokens, refresh_seconds=0.0))) as client:
        page.open(f"{client.base_url}/alerts/{alert.id}")
        page.follow("Sign in")
        page.run("document.querySelector('input[name=token]').focus()")
        page.type(token)
        page.follow("Sign in", within="form")
        assert "Signed in as Ada." in page.text and page.run("document.cookie") == ""
        page.open(f"{client.base_url}/alerts/{alert.id}")
        page.follow("Acknowledge as Ada")
        assert "This alert is acknowledged." in page.text
        page.follow("All alerts")
        page.follow("What was sent")
        assert "It answered 500." in page.text
        page.follow("Send again")
        assert "laion-desk" in page.text and page.address.endswith("state=pending")
        page.follow("Token")
        page.follow("Sign out")
        assert "Signed in" not in page.text
    again = DirectoryRegistry(own.path, lambda: "")
    assert again.alerts.get(alert.id).state is AlertState.ACKNOWLEDGED
    assert [each.attempts for each in again.outbox.all(DeliveryState.PENDING)] == [0]
    told = [entry.action for entry in again.audit.entries() if entry.action.startswith("web.")]
    assert told == ["web.acknowledge", "web.replay"]
