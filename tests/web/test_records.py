"""The list and the pages of records."""

from __future__ import annotations

import re
import time
from pathlib import Path

import httpx
import pytest

from stemma.records import write_record
from stemma.registry import DirectoryRegistry
from stemma.web import WebSettings, create_app
from tests.publish.record.record_examples import ATTACKS, made, nasty, relation
from tests.web.markup import suspicions
from tests.web.serving import serving

RAW = re.compile(
    r"<(?:script(?! src=\"/static/)|img|iframe|i|b onload|evil)\b|javascript:\w+\(|\son\w+=", re.IGNORECASE
)


def titles(page: httpx.Response) -> list[str]:
    return re.findall(r'<li><a href="/records/[^"]+">([^<]+)</a>', page.text)


def test_the_list_searches_without_a_script(client: httpx.Client) -> None:
    assert {"PLIP", "CLIP", "LAION-5B"} <= set(titles(client.get("/")))
    assert titles(client.get("/", params={"q": "pli"})) == ["PLIP"]
    assert titles(client.get("/", params={"risk": "csam"})) == ["LAION-5B"]
    assert titles(client.get("/", params={"type": "family"})) == ["LAION"]
    nothing = client.get("/", params={"q": "no-such-thing"})
    assert "Nothing fits" in nothing.text and "0 records found" in nothing.text


def test_a_name_leads_to_its_newest_version(client: httpx.Client) -> None:
    found = client.get("/records/plip")
    assert (found.status_code, found.headers["location"]) == (302, "/records/plip/1.0.0")
    assert client.get("/records/nobody").status_code == 404
    assert client.get("/records/plip/9.9.9").status_code == 404
    assert client.get("/records/plip/not-a-version").status_code == 404


def test_the_page_of_a_record_says_where_everything_comes_from(client: httpx.Client) -> None:
    page = client.get("/records/plip/1.0.0").text
    assert "Inherited: clip@1.0.0 → plip@1.0.0" in page
    assert "Risks, own and inherited." in page
    assert '<a href="/records/laion-5b/1.0.0">laion-5b@1.0.0</a>, line' in page
    assert "E2 checkpoint verification" in page
    assert "stemma verify plip@1.0.0" in page


def test_versions_say_what_changed_and_the_bump(tmp_path: Path) -> None:
    registry = DirectoryRegistry(tmp_path, lambda: "2026-03-01T12:00:00Z")
    first = made("m", "model", "1.0.0", about={"title": "M", "licenses": ["MIT"]})
    second = made("m", "model", "2.0.0", about={"title": "M", "licenses": ["Apache-2.0"]})
    for record in (first, second):
        registry.records.put(write_record(record.data))
    with serving(create_app(WebSettings(str(tmp_path), refresh_seconds=0.0))) as client:
        assert "m@2.0.0: a major change against m@1.0.0" in client.get("/records/m/2.0.0").text
        third = made("m", "model", "2.0.1", about={"title": "M, renamed", "licenses": ["Apache-2.0"]})
        registry.records.put(write_record(third.data))  # another process, such as git pull
        time.sleep(0.01)
        assert client.get("/records/m").headers["location"] == "/records/m/2.0.1"


def test_every_form_can_be_fetched_and_asked_for_again(client: httpx.Client) -> None:
    page = client.get("/records/plip/1.0.0").text
    forms = re.findall(r'href="(/records/plip/1\.0\.0/record\.\w+)"', page)
    assert {form.rpartition(".")[2] for form in forms} >= {"yaml", "json", "jsonld", "md", "html", "tex", "svg", "dot"}
    for form in dict.fromkeys(forms):
        found = client.get(form)
        assert found.status_code == 200 and found.content
        again = client.get(form, headers={"If-None-Match": found.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
    assert client.get("/records/plip/1.0.0/record.exe").status_code == 404


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Records with attacks in every field."""
    folder = tmp_path_factory.mktemp("hostile")
    registry = DirectoryRegistry(folder, lambda: "2026-03-01T12:00:00Z")
    with registry.transaction():
        for number, attack in enumerate(ATTACKS):
            data = {
                key: value for key, value in nasty(attack[:190]).data.items() if key not in ("stemma", "name", "type")
            }
            registry.records.put(write_record(made(f"nasty-{number}", "model", **data).data))
    return folder


def test_nothing_that_a_record_says_becomes_markup(hostile: Path) -> None:
    with serving(create_app(WebSettings(str(hostile)))) as client:
        for number in range(len(ATTACKS)):
            page = client.get(f"/records/nasty-{number}").headers["location"]
            assert suspicions(client.get(page).text) == []
        assert suspicions(client.get("/").text) == []


@pytest.mark.parametrize("attack", ATTACKS[:6])
def test_nothing_that_is_asked_becomes_markup(client: httpx.Client, attack: str) -> None:
    for path, params in (("/", {"q": attack[:200]}), (f"/records/{attack[:50]}", {}), ("/", {"licence": attack[:200]})):
        page = client.get(path, params=params, headers={"Accept": "text/html"}).text
        assert suspicions(page) == []


def test_records_in_a_circle_are_said_to_be(tmp_path: Path) -> None:
    registry = DirectoryRegistry(tmp_path, lambda: "2026-03-01T12:00:00Z")
    for one, other in (("a", "b"), ("b", "a")):
        registry.records.put(write_record(made(one, "model", relations=[relation("finetuned-from", other)]).data))
    with serving(create_app(WebSettings(str(tmp_path)))) as client:
        found = client.get("/records/a/1.0.0", headers={"Accept": "application/json"})
    assert found.status_code == 409
    assert "circle" in found.json()["detail"]
