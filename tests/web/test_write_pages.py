"""Records and advisories written on pages: looked at, published, and what an attacker tries with the forms."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from html import unescape
from pathlib import Path

import httpx
import pytest

from stemma.advisories import RiskKind
from stemma.records import write_record
from stemma.registry import DirectoryRegistry
from stemma.usecases.browse.tokens import add_token
from stemma.web import WebSettings, create_app
from stemma.web.api.writing import MAX_DOCUMENT
from tests.publish.record.record_examples import made, relation
from tests.web.markup import suspicions
from tests.web.serving import serving

NOW = datetime(2026, 3, 1, tzinfo=UTC)
SAME = {"Sec-Fetch-Site": "same-origin"}
ATTACK = "</textarea><script>alert(1)</script>\"'><img src=x onerror=alert(1)>"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "records").mkdir()
    return tmp_path / "records"


@pytest.fixture
def server(place: Path, tokens: Path) -> Iterator[httpx.Client]:
    settings = WebSettings(str(place), tokens=tokens, refresh_seconds=0.0, rate=0)
    with serving(create_app(settings)) as client:
        yield client


def sign_in(server: httpx.Client, tokens: Path, *namespaces: str, writes: bool = True) -> str:
    """The cookie of a browser, and what its forms carry."""
    secret = add_token(tokens, "Ada", writes=writes, namespaces=namespaces, days=3650, now=NOW)[1]
    server.cookies.set("stemma", secret)
    found = re.search(r'name="proof" value="([0-9a-f]+)"', server.get("/session").text)
    assert found is not None
    return found[1]


def text(name: str = "acme-chat", version: str = "1.0.0", **more: object) -> str:
    return write_record(made(name, "model", version, **more).data)


def send(server: httpx.Client, proof: str, written: str = "", **more: str) -> httpx.Response:
    """The form for a record, as a browser sends it: with a place for a file."""
    fields = {"proof": (None, proof), "text": (None, written.replace("\n", "\r\n"))}
    fields |= {name: (None, value) for name, value in more.items()}
    return server.post("/write/record", files=fields, headers=SAME)  # type: ignore[arg-type]


def in_field(page: str) -> str:
    found = re.search(r'<textarea name="text"[^>]*>\n(.*?)</textarea>', page, re.DOTALL)
    assert found is not None
    return unescape(found[1])


def actions(place: Path) -> list[str]:
    entries = DirectoryRegistry(place, lambda: "").audit.entries()
    return [f"{entry.action} {entry.subject}" for entry in entries if entry.action.startswith("web.")]


def test_the_way_to_writing_is_shown_to_those_who_write(server: httpx.Client, tokens: Path) -> None:
    link = '<a href="/write"'
    assert link not in server.get("/").text and "Sign in" in server.get("/write").text
    assert "<form" not in server.get("/write/record").text + server.get("/write/advisory").text
    sign_in(server, tokens, "acme", writes=False)
    assert link not in server.get("/").text and "does not write" in server.get("/write/record").text
    sign_in(server, tokens, "acme")
    for page in ("/", "/lineage", "/advisories", "/scan", "/nowhere"):
        assert link in server.get(page).text, page
    assert 'href="/write/advisory"' in server.get("/write").text
    server.cookies.set("stemma", "stm_old")
    for _ in range(20):
        assert link not in server.get("/").text
    sign_in(server, tokens, "acme")
    assert link in server.get("/").text, "an old cookie, brought with every page, keeps nobody out"


def test_a_record_is_looked_at_and_published(server: httpx.Client, tokens: Path, place: Path) -> None:
    proof = sign_in(server, tokens, "acme")
    wrong = send(server, proof, text().replace("type: model", "type: modle"))
    assert wrong.status_code == 422 and "<b>Line 4: </b>" in wrong.text and "<code>type: modle</code>" in wrong.text
    written = text(relations=[relation("finetuned-from", "acme-gone")])
    looked = send(server, proof, written)
    assert looked.status_code == 200 and "Publish acme-chat@1.0.0" in looked.text
    assert "acme-gone" in looked.text.partition("To think about")[2].partition("<form")[0]
    assert in_field(looked.text) == written and actions(place) == []
    done = send(server, proof, written, asked="publish")
    assert (done.status_code, done.headers["location"]) == (303, "/records/acme-chat/1.0.0")
    (told,) = actions(place)
    assert told.startswith("web.record acme-chat@1.0.0 by Ada (token ")
    assert (place / "acme-chat" / "acme-chat-1.0.0.yaml").read_text(encoding="utf-8") == written
    again = send(server, proof, written)
    assert "published already" in again.text and "Publish acme" not in again.text


def test_what_is_published_is_replaced_only_as_it_was_seen(server: httpx.Client, tokens: Path, place: Path) -> None:
    proof = sign_in(server, tokens, "acme")
    assert send(server, proof, text(), asked="publish").status_code == 303
    other = text(about={"title": "Other"})
    assert send(server, proof, other, asked="publish").status_code == 422, "it is there, with other content"
    looked = send(server, proof, other)
    (tag,) = re.findall(r'name="replacing" value="([0-9a-f]+)"', looked.text)
    assert "Replace acme-chat@1.0.0" in looked.text
    assert send(server, proof, text(about={"title": "Third"}), asked="publish", replacing="0" * 32).status_code == 422
    assert send(server, proof, other, asked="publish", replacing=tag).status_code == 303
    assert send(server, proof, text(about={"title": "Late"}), asked="publish", replacing=tag).status_code == 422
    assert "Other" in server.get("/records/acme-chat/1.0.0").text and len(actions(place)) == 2
    small = send(server, proof, text(version="1.0.1", relations=[relation("finetuned-from", "acme-x")]))
    assert "To think about" in small.text and "expected 2.0.0 or above" in small.text, "the version rises too little"


def test_a_file_is_shown_before_it_is_published(server: httpx.Client, tokens: Path, place: Path) -> None:
    proof = sign_in(server, tokens, "acme")
    form = {"proof": proof, "text": "in its place"}

    def upload(data: bytes) -> httpx.Response:
        return server.post("/write/record", data=form, files={"file": ("<b>.yaml", data)}, headers=SAME)

    shown = upload(text().encode())
    assert in_field(shown.text) == text() and "Publish acme-chat@1.0.0" in shown.text
    for data in (b"\xff\xfe\x00", b"x" * (MAX_DOCUMENT + 1), b"", b"\x00" * 100):
        refused = upload(data)
        assert refused.status_code == 422 and "It is not published." in refused.text
    data = {"stemma": 1, "name": "acme-two", "version": "1.0.0", "type": "model"}
    assert "Publish acme-two@1.0.0" in upload(json.dumps(data).encode()).text
    assert upload(b"x" * (2 * MAX_DOCUMENT + 9000)).status_code == 413
    assert send(server, proof, "x" * (MAX_DOCUMENT + 1)).status_code in (400, 413, 422)
    assert actions(place) == []


@pytest.mark.parametrize("asked", ["check", "publish"])
def test_nobody_writes_into_the_namespace_of_others(
    server: httpx.Client, tokens: Path, place: Path, asked: str
) -> None:
    owner = sign_in(server, tokens, "zeta")
    assert send(server, owner, text("zeta-chat"), asked="publish").status_code == 303
    before = actions(place)
    proof = sign_in(server, tokens, "acme")
    for name in ("zeta-chat", "zeta", "acmeish"):
        refused = send(server, proof, text(name, about={"title": "Mine"}), asked=asked)
        assert refused.status_code == 403 and f"does not cover {name}." in refused.text
        assert 'name="replacing"' not in refused.text and "published as" not in refused.text
        told = advisory(server, proof, record=[name], asked=asked)
        assert told.status_code == 403 and f"does not cover {name}." in told.text
    mixed = advisory(server, proof, record=["acme-chat", "zeta-chat"], introduced=["", ""], fixed=["", ""], asked=asked)
    assert mixed.status_code == 403
    assert actions(place) == before


def test_only_ones_own_form_is_taken(server: httpx.Client, tokens: Path, place: Path) -> None:
    own = sign_in(server, tokens, "acme")
    theirs = sign_in(server, tokens, "acme", "other")
    for path, fields in (
        ("/write/record", {"text": text(), "asked": "publish"}),
        ("/write/advisory", {"id": "x_A-1", "record": "acme", "introduced": "", "fixed": "", "risk": "bias"}),
        ("/write/draft", {"name": "acme", "relation": '{"kind": "copy-of", "target": "x"}'}),
    ):
        for proof in ("", own, "0" * 64, "é"):
            assert server.post(path, data={**fields, "proof": proof}, headers=SAME).status_code == 403
        good = {**fields, "proof": theirs}
        assert server.post(path, data=good, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
        assert server.post(path, data=good, headers={"Origin": "https://evil.example"}).status_code == 403
        kept = dict(server.cookies)
        server.cookies.clear()
        assert server.post(path, data=good, headers=SAME).status_code == 401
        server.cookies.update(kept)
    reader = sign_in(server, tokens, "acme", writes=False)
    assert send(server, reader, text(), asked="publish").status_code == 403
    assert actions(place) == []


def advisory(server: httpx.Client, proof: str, **more: str | list[str]) -> httpx.Response:
    """The form for an advisory: with three free rows."""
    fields: dict[str, str | list[str]] = {
        "proof": proof, "id": "x_ACME-2026-0009", "summary": "A trigger.", "severity": "high", "risk": ["backdoor"],
        "record": ["acme-chat", ""], "introduced": ["", ""], "fixed": ["2.0.0", ""],
    }  # fmt: skip
    if isinstance(names := more.get("record"), list) and "fixed" not in more:
        more |= {"introduced": [""] * len(names), "fixed": [""] * len(names)}
    return server.post("/write/advisory", data=fields | more, headers=SAME)


def test_an_advisory_is_looked_at_and_published(server: httpx.Client, tokens: Path, place: Path) -> None:
    proof = sign_in(server, tokens, "acme")
    send(server, proof, text(), asked="publish")
    send(server, proof, text("acme-tuned", relations=[relation("finetuned-from", "acme-chat")]), asked="publish")
    looked = advisory(
        server, proof, details="One.\r\n\r\nTwo.", references="https://example.org/a https://example.org/b"
    )
    assert looked.status_code == 200 and "It would reach 1 surely and 1 possibly" in looked.text
    assert "Publish x_ACME-2026-0009" in looked.text and server.get("/advisories/x_ACME-2026-0009").status_code == 404
    done = advisory(server, proof, details="One.\r\n\r\nTwo.", references="https://example.org/a", asked="publish")
    assert (done.status_code, done.headers["location"]) == (303, "/advisories/x_ACME-2026-0009")
    page = server.get("/advisories/x_ACME-2026-0009").text
    assert "&lt;2.0.0" in page and "Two." in page and "https://example.org/a" in page
    assert "acme-tuned@1.0.0" in server.get("/alerts").text
    assert [told.split(" (")[0] for told in actions(place)][-1] == "web.advisory x_ACME-2026-0009 by Ada"
    again = advisory(server, proof, summary="Other", asked="publish")
    assert again.status_code == 422 and "There is an advisory x_ACME-2026-0009 already." in again.text
    assert "A trigger." in server.get("/advisories/x_ACME-2026-0009").text


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"id": "ACME-1"}, "id: got"),
        ({"record": ["Not A Name"]}, "Not A Name"),
        ({"introduced": ["one", ""]}, "one"),
        ({"record": ["", ""], "introduced": ["1.0.0", ""], "fixed": ["", ""]}, "without a record"),
        ({"risk": []}, "by which risk"),
        ({"references": "javascript:alert(1)"}, "references"),
        ({"record": ["acme-chat"], "introduced": [], "fixed": []}, "do not fit together"),
        ({"severity": "worst"}, "severity"),
        ({"record": ["acme-a"] * 51}, "record"),
    ],
)
def test_an_advisory_that_says_nothing_sound_is_refused(
    server: httpx.Client, tokens: Path, place: Path, wrong: dict[str, list[str]], told: str
) -> None:
    proof = sign_in(server, tokens, "*")
    refused = advisory(server, proof, **wrong, asked="publish")
    assert refused.status_code == 422 and told in refused.text
    assert actions(place) == []


def test_markup_in_fields_is_text(server: httpx.Client, tokens: Path) -> None:
    proof = sign_in(server, tokens, "*")
    written = text() + f"# {ATTACK}\n"
    for page in (
        send(server, proof, ATTACK),
        send(server, proof, written),
        advisory(server, proof, id=ATTACK[:100], summary=ATTACK, details=ATTACK, references=ATTACK),
        advisory(server, proof, record=[ATTACK[:100]]),
        advisory(server, proof, summary=ATTACK, details=ATTACK),
    ):
        assert page.status_code in (200, 422) and suspicions(page.text) == []
    assert in_field(send(server, proof, written).text) == written
    assert advisory(server, proof, summary=ATTACK, details=ATTACK, asked="publish").status_code == 303
    for path in ("/advisories", "/advisories/x_ACME-2026-0009"):
        assert suspicions(server.get(path).text) == []


def test_every_risk_can_be_told_and_more_is_refused(server: httpx.Client, tokens: Path) -> None:
    proof = sign_in(server, tokens, "*")
    kinds = [str(kind) for kind in RiskKind if kind is not RiskKind.UNSPECIFIED]
    page = server.get("/write/advisory").text
    assert re.findall(r'name="risk" value="([a-z-]+)"', page) == kinds
    assert advisory(server, proof, risk=kinds).status_code == 200
    assert advisory(server, proof, details="x" * 20_001).status_code == 422
    assert advisory(server, proof, details="x" * 70_000).status_code == 413


def test_a_draft_of_a_scan_goes_on_in_the_form(server: httpx.Client, tokens: Path, place: Path) -> None:
    proof = sign_in(server, tokens, "acme")
    told = {"name": "acme-tuned", "version": "1.0.0", "proof": proof}
    found = server.post(
        "/write/draft", data=told | {"relation": '{"kind": "finetuned-from", "target": "base@^1.0.0"}'}, headers=SAME
    )
    assert found.status_code == 200 and "finetuned-from" in in_field(found.text)
    assert "Publish acme-tuned@1.0.0" in found.text and actions(place) == []
    assert server.post("/write/draft", data=told | {"relation": "{"}, headers=SAME).status_code == 422
    other = told | {"name": "zeta", "relation": '{"kind": "copy-of", "target": "base"}'}
    assert server.post("/write/draft", data=other, headers=SAME).status_code == 403
