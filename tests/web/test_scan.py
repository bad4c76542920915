"""The scan page: an upload is read in a process of its own, within bounds."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import httpx
import pytest

from stemma.catalog import Catalog
from stemma.errors import InputError, LimitExceeded
from stemma.fingerprint.store import to_bytes
from stemma.records import parse_record, write_record
from stemma.registry import DirectoryRegistry
from stemma.usecases.browse.drafts import digest_of
from stemma.usecases.browse.scanning import scan_upload
from stemma.web import WebSettings, create_app
from stemma.web.scan import MAX_UPLOAD
from tests.catalog.prints import make
from tests.publish.record.record_examples import made
from tests.web.markup import suspicions
from tests.web.serving import serving


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("catalog")
    held = Catalog(folder)
    for number in range(3):
        held.add(make(number), name=f"model-{number}")
    return folder


@pytest.fixture(scope="module")
def server(place: Path, catalog: Path) -> Iterator[httpx.Client]:
    with serving(create_app(WebSettings(str(place), catalog=catalog))) as client:
        yield client


def test_an_upload_is_ranked_with_evidence(server: httpx.Client) -> None:
    assert "stemma fingerprint ./model" in server.get("/scan").text
    found = server.post("/scan", files={"file": ("<b>.stemma", to_bytes(make(1)))})
    assert found.status_code == 200
    assert "What was found" in found.text and "model-1" in found.text
    assert suspicions(found.text) == []


@pytest.mark.parametrize("data", [b"", b"x" * 100, b"\x80\x04cos\nsystem\n", (1 << 62).to_bytes(8, "little") + b"{}"])
def test_what_is_no_fingerprint_is_refused_plainly(server: httpx.Client, data: bytes) -> None:
    found = server.post("/scan", files={"file": ("a.stemma", data)})
    assert found.status_code == 422
    assert 'role="alert"' in found.text and "/tmp" not in found.text


def test_an_upload_from_another_site_or_too_large_is_refused(server: httpx.Client) -> None:
    files = {"file": ("a.stemma", b"x")}
    assert server.post("/scan", files=files, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    url = server.base_url
    with socket.create_connection((url.host, url.port)) as line:
        line.sendall(f"POST /scan HTTP/1.1\r\nHost: x\r\nContent-Length: {MAX_UPLOAD + 5000}\r\n\r\n".encode())
        assert line.recv(100).startswith(b"HTTP/1.1 413 ")


def test_a_scan_that_takes_too_long_is_ended(catalog: Path) -> None:
    with pytest.raises(LimitExceeded, match="longer than"):
        scan_upload(to_bytes(make(1)), catalog, seconds=0.05)
    with pytest.raises(InputError, match="no catalog at this place"):
        scan_upload(to_bytes(make(1)), catalog / "none")


def test_a_server_without_a_catalog_says_so(client: httpx.Client) -> None:
    assert "no catalog to scan against" in client.get("/scan").text
    assert client.post("/scan", files={"file": ("a.stemma", b"x")}).status_code == 404


@pytest.fixture(scope="module")
def known(catalog: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A server that has a record for one of the models of its catalog."""
    folder = tmp_path_factory.mktemp("known")
    registry = DirectoryRegistry(folder, lambda: "2026-03-01T12:00:00Z")
    registry.records.put(write_record(made("model-1", "model", "1.2.0").data))
    with serving(create_app(WebSettings(str(folder), catalog=catalog))) as client:
        yield client


def test_what_was_found_can_be_declared_in_a_draft(known: httpx.Client) -> None:
    page = known.post("/scan", files={"file": ("x.stemma", to_bytes(make(1)))}).text
    (value,) = re.findall(r'name="relation" value="([^"]+)"', page)
    (identity,) = re.findall(r"Evidence (sha256:[0-9a-f]{64})", page)
    told = {"name": "mine", "version": "2.0.0", "relation": [unescape(value)]}
    found = known.post("/scan/draft", data=told)
    assert found.status_code == 200 and "mine-draft.yaml" in found.headers["content-disposition"]
    record = parse_record(found.text)
    (relation,) = record.relations
    assert (record.key, str(relation.target)) == ("mine@2.0.0", "model-1@^1.2.0")
    assert relation.evidence[0].note.endswith(identity)
    assert relation.evidence[0].source.endswith(digest_of(to_bytes(make(1))))
    again = known.post("/scan", files={"file": ("y.stemma", to_bytes(make(1)))}).text
    assert identity in again, "the same scan says the same"


@pytest.mark.parametrize(
    "told",
    [
        {"name": "mine", "relation": ["{"]},
        {"name": "mine", "relation": ['{"kind": "invented", "target": "x"}']},
        {"name": "mine", "relation": ['["' + "x" * 20_000 + '"]']},
        {"name": "mine", "relation": ["[" * 5000]},
        {"name": "../mine", "relation": ['{"kind": "copy-of", "target": "x"}']},
        {"name": "mine\r\nX: y", "relation": ['{"kind": "copy-of", "target": "x"}']},
        {"name": "mine", "relation": []},
        {"name": "mine", "relation": ['{"kind": "copy-of", "target": "x"}'] * 21},
    ],
)
def test_a_draft_that_would_be_no_record_is_refused(known: httpx.Client, told: dict[str, object]) -> None:
    found = known.post("/scan/draft", data=told, headers={"Accept": "application/json"})
    assert found.status_code == 422 and found.json()["detail"]
    assert known.post("/scan/draft", data=told, headers={"Sec-Fetch-Site": "cross-site"}).status_code in (403, 422)


def test_what_has_no_record_is_not_offered(server: httpx.Client) -> None:
    page = server.post("/scan", files={"file": ("x.stemma", to_bytes(make(1)))}).text
    assert "Nothing found here can be declared" in page and "/scan/draft" not in page
