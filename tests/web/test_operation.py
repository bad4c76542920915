"""Every link leads somewhere, every kind of registry is served alike, and what is shipped to run it is sound."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import httpx
import pytest
import yaml

from stemma.advisories import parse_advisory
from stemma.client import Client
from stemma.records import write_record
from stemma.usecases.alerts.raising import keep_advisories
from stemma.usecases.browse.tokens import add_token
from stemma.usecases.registry import opened
from stemma.web import WebSettings, create_app
from tests.advisories.documents import text
from tests.publish.record.record_examples import PLIP, made
from tests.registry.backends import Backend
from tests.registry.conftest import kept, postgres
from tests.registry.values import subscription
from tests.web.serving import serving

__all__ = ["kept", "postgres"]
NOW = datetime(2026, 3, 1, tzinfo=UTC)
DEPLOY = Path(__file__).parents[2] / "deploy"


def test_a_crawl_finds_no_dead_link(client: httpx.Client) -> None:
    seen, waiting = {"/"}, ["/"]
    while waiting and len(seen) < 400:
        path = waiting.pop()
        answer = client.get(path, follow_redirects=True)
        assert answer.status_code == 200, path
        if not answer.headers["content-type"].startswith("text/html") or "attachment" in str(answer.headers):
            continue
        for link in re.findall(r'(?:href|src)="([^"]+)"', answer.text):
            target = urljoin(answer.url.path, unescape(link))
            plain = target.partition("#")[0]
            if not urlsplit(plain).scheme and plain not in seen:
                seen.add(plain)
                waiting.append(plain)
    assert len(seen) > 60


@pytest.fixture
def url(kept: Backend) -> str:
    """The address of a database with some records."""
    registry = kept.open()
    with registry.transaction():
        for record in PLIP:
            registry.records.put(write_record(record.data))
    return kept.url


@pytest.mark.parametrize("kept", ["sqlite", "postgresql"], indirect=True)
def test_databases_are_served_like_directories(url: str, client: httpx.Client) -> None:
    asked = ("/records/plip/1.0.0", "/lineage?root=laion-5b&up=1&down=0", "/records/plip/1.0.0/record.json")
    with serving(create_app(WebSettings(url))) as other:
        assert "1 record found" in other.get("/", params={"q": "pli"}).text
        for path in asked:
            assert other.get(path).status_code == 200
        assert other.get(asked[2]).content == client.get(asked[2]).content
        assert other.get("/readyz").json() == {"status": "ok"}


@pytest.mark.parametrize("kept", ["sqlite", "postgresql"], indirect=True)
def test_a_backup_is_made_while_it_runs_and_restored_whole(kept: Backend, url: str, tmp_path: Path) -> None:
    """The four commands of docs/web.md, while the server writes; the restored registry is served alike."""
    registry = kept.open()
    keep_advisories(registry, [parse_advisory(text())], "2026-03-01T12:00:00Z")
    registry.subscriptions.put(subscription("acme-desk"))
    tokens = tmp_path / "tokens.json"
    token = add_token(tokens, "Ada", writes=True, namespaces=("*",), days=3650, now=NOW)[1]
    restored = f"sqlite:///{tmp_path}/restored.db"
    pages = ("/records/plip/1.0.0", "/api/v1/records/plip/1.0.0", "/alerts?subject=plip%401.0.0", "/lineage?root=plip")
    with serving(create_app(WebSettings(url, tokens=tokens, rate=0))) as client:
        alert = next(registry.alerts.find(subject="laion-5b@1.0.0")).id
        with Client(str(client.base_url), token=token) as ask, ThreadPoolExecutor(1) as beside:
            ask.acknowledge(alert)
            writing = beside.submit(_write_records, ask)
            stemma("registry", "export", str(tmp_path / "backup"), "--secrets", "--registry", url)
            writing.result()
        stemma("registry", "init", restored)
        stemma("registry", "import", str(tmp_path / "backup"), "--registry", restored)
        assert "sound" in stemma("registry", "verify", "--registry", restored)
        with serving(create_app(WebSettings(restored))) as other:
            for page in pages:
                assert other.get(page).content == client.get(page).content
            assert other.get(f"/api/v1/alerts/{alert}").json()["acknowledged_by"] == "Ada"
    with opened(restored) as again:
        assert [(each.id, each.secret) for each in again.subscriptions.all()] == [
            ("acme-desk", subscription("acme-desk").secret)
        ]
        assert any(entry.action == "web.acknowledge" for entry in again.audit.entries())
        assert all(again.records.versions(name) for name in again.records.names())


def _write_records(ask: Client) -> None:
    for number in range(20):
        ask.put_record(f"late-{number}", "1.0.0", write_record(made(f"late-{number}", "model").data))


def stemma(*words: str) -> str:
    """Run a command of the documentation; what it prints."""
    command = [sys.executable, "-m", "stemma", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, env=dict(os.environ))
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def test_the_compose_file_names_what_there_is() -> None:
    told = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    web = told["services"]["web"]
    assert web["build"]["dockerfile"] == "deploy/Containerfile" and (DEPLOY / "Containerfile").is_file()
    assert {"database", "prepare", "web"} == set(told["services"])
    assert all(port.startswith("127.0.0.1:") for port in web["ports"])
    assert "PASSWORD=" not in (DEPLOY / "compose.yaml").read_text(encoding="utf-8")


def test_the_unit_is_one_that_systemd_reads(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd is not installed: run scripts/setup-debian.sh")
    text = (DEPLOY / "stemma.service").read_text(encoding="utf-8").replace("/opt/stemma/bin/stemma", "/bin/true")
    unit = tmp_path / "stemma.service"
    unit.write_text(text, encoding="utf-8")
    done = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False)
    assert [line for line in done.stderr.splitlines() if "stemma.service" in line] == []
