"""Every link leads somewhere, every kind of registry is served alike, and what is shipped to run it is sound."""

from __future__ import annotations

import re
import shutil
import subprocess
from html import unescape
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import httpx
import pytest
import yaml

from stemma.records import write_record
from stemma.web import WebSettings, create_app
from tests.publish.record.record_examples import PLIP
from tests.registry.backends import Backend
from tests.registry.conftest import kept, postgres
from tests.web.serving import serving

__all__ = ["kept", "postgres"]
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
