"""Pages that take a sign-in, an upload or a ruling, in a real browser: axe finds nothing, nothing is wider than a
phone, and nothing moves once it is there."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from stemma.catalog import Catalog
from stemma.fingerprint.store import to_bytes
from stemma.records import write_record
from stemma.registry import DeliveryState, DirectoryRegistry
from stemma.usecases.browse.tokens import add_token
from stemma.web import WebSettings, create_app
from tests.catalog.prints import make
from tests.publish.record.record_examples import made, relation
from tests.registry.values import delivery, ruling, subscription
from tests.web.driver import Browser, browser
from tests.web.serving import serving
from tests.web.test_browser import AXE
from tests.web.test_pairs import evidence

pytestmark = pytest.mark.slow
NOW = "2026-03-01T12:00:00Z"
SCREENS = ((390, 844, True), (1280, 900, False))
PLAIN = ("/pair?a=clip%401.0.0&b=plip%401.0.0", "/deliveries", "/write", "/records/clip/1.0.0")
SIGNED = ("/deliveries", "/session", "/write", "/write/record", "/write/advisory")
RUN = (
    "axe.run({resultTypes: ['violations']}).then(f =>"
    " f.violations.map(v => [v.impact, v.id, v.nodes.map(n => n.html.slice(0, 90))]))"
)
SHIFT = (
    "new Promise(done => { let sum = 0; new PerformanceObserver(l => l.getEntries().forEach(e => {"
    " if (!e.hadRecentInput) sum += e.value; })).observe({type: 'layout-shift', buffered: true});"
    " setTimeout(() => done(sum), 100); })"
)


@pytest.fixture(scope="module")
def page(place: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Browser, str]]:
    """A browser before a server that has something to show on every page, and a token to sign in with."""
    folder = tmp_path_factory.mktemp("accessible")
    shutil.copytree(place, folder / "registry")
    registry = DirectoryRegistry(folder / "registry", lambda: NOW)
    registry.records.put(write_record(made("model-1", "model", "1.2.0").data))
    registry.rulings.put(ruling("clip@1.0.0", "plip@1.0.0", evidence=evidence()))
    registry.subscriptions.put(subscription("laion-desk"))
    alert = next(registry.alerts.find(subject="laion-5b@1.0.0"))
    dead = delivery(alert, "laion-desk", state=DeliveryState.DEAD, attempts=9, error="It answered 500.")
    registry.outbox.add([replace(dead, due=NOW)])
    catalog = Catalog(folder / "catalog")
    for number in range(3):
        catalog.add(make(number), name=f"model-{number}")
    (folder / "print.stemma").write_bytes(to_bytes(make(1)))
    tokens, now = folder / "tokens.json", datetime(2026, 3, 1, tzinfo=UTC)
    secret = add_token(tokens, "Ada", writes=True, namespaces=("*",), days=3650, now=now)[1]
    (folder / "token").write_text(secret, encoding="utf-8")
    settings = WebSettings(str(registry.path), tokens=tokens, catalog=folder / "catalog", rate=0)
    with serving(create_app(settings)) as client, browser(folder / "browser") as found:
        yield found, str(client.base_url)
        assert [line for line in found.said if "status of 422" not in line] == []


def check(page: Browser) -> None:
    """What is on the screen, on a phone in the dark and on a desk by day."""
    for width, height, dark in SCREENS:
        page.screen(width, height, dark=dark, touch=width < 500)
        page.run(AXE.decode())
        assert page.run(RUN) == [], (page.address, width)
        assert page.run("document.documentElement.scrollWidth") <= width, (page.address, width)
    assert page.run(SHIFT) < 0.05, page.address


@pytest.mark.parametrize("path", PLAIN)
def test_pages_for_everybody(page: tuple[Browser, str], path: str) -> None:
    page[0].open(page[1] + path)
    check(page[0])


def scan(page: Browser, home: str, file: Path) -> None:
    page.open(f"{home}/scan")
    page.choose("input[type=file]", file)
    page.follow("Scan", within="form")
    assert "candidates are linked" in page.text


def test_what_a_scan_found(page: tuple[Browser, str]) -> None:
    scan(*page, page[0].downloads.parents[1] / "print.stemma")
    assert "Write it here" not in page[0].text
    check(page[0])


def test_pages_for_somebody_who_writes(page: tuple[Browser, str]) -> None:
    seen, home = page
    folder = seen.downloads.parents[1]
    seen.open(f"{home}/session")
    seen.run("document.querySelector('input[name=token]').focus()")
    seen.type((folder / "token").read_text(encoding="utf-8"))
    seen.follow("Sign in", within="form")
    for path in SIGNED:
        seen.open(home + path)
        check(seen)
    scan(seen, home, folder / "print.stemma")
    check(seen)
    seen.run("document.querySelector('[name=relation]').checked = true")
    seen.run("document.querySelector('[name=name]').value = 'acme-scanned'")
    seen.follow("Write it here")
    assert "Publish acme-scanned@1.0.0" in seen.text and "converted-from" in seen.run("document.forms[0].text.value")
    check(seen)
    seen.follow("Publish acme-scanned@1.0.0")
    assert seen.address.endswith("/records/acme-scanned/1.0.0")


def test_records_and_advisories_are_written_by_hand(page: tuple[Browser, str]) -> None:
    seen, home = page
    seen.open(home)
    seen.follow("Write")
    seen.follow("A record")
    seen.run("document.querySelector('textarea').focus()")
    good = write_record(made("acme-hand", "model", relations=[relation("finetuned-from", "model-1")]).data)
    seen.type(good.replace("type: model", "type: modle"))
    seen.follow("Check")
    assert "Line 4" in seen.text
    check(seen)
    seen.run(f"document.querySelector('textarea').value = {json.dumps(good)}")
    seen.follow("Check")
    check(seen)
    seen.follow("Publish acme-hand@1.0.0")
    seen.follow("Write")
    seen.follow("An advisory")
    for name, value in {"id": "x_ACME-2026-0077", "summary": "A trigger.", "record": "model-1"}.items():
        seen.run(f"document.querySelector('[name={name}]').focus()")
        seen.type(value)
    seen.follow("Check")
    assert "by which risk" in seen.text
    check(seen)
    seen.run("document.querySelector('label[for=risk-backdoor]').click()")
    seen.follow("Check")
    assert "Publish x_ACME-2026-0077" in seen.text
    check(seen)
    seen.follow("Publish x_ACME-2026-0077")
    assert "A trigger." in seen.text and "acme-hand@1.0.0" in seen.text
