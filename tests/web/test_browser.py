"""A real browser: pages are accessible, nothing is fetched from elsewhere, search and explorer work by script."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import httpx
import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from stemma.web import WebSettings, create_app
from tests.publish.site.test_site_browser import browse, said
from tests.web.serving import serving

pytestmark = pytest.mark.slow

AXE = (Path(__file__).parent / "axe" / "axe.min.js").read_bytes()
RUN = b"""
;addEventListener("load", () => setTimeout(async () => {
  const found = await axe.run({resultTypes: ["violations"]});
  const told = document.createElement("pre");
  told.id = "axe";
  told.textContent = JSON.stringify(
    found.violations.map((v) => [v.impact, v.id, v.nodes.map((n) => n.html.slice(0, 90))])
  );
  document.body.append(told);
}, 700));
"""
PAGES = (
    "/",
    "/?q=pli",
    "/?q=no-such-thing",
    "/records/plip/1.0.0",
    "/records/acme-chat-7b/1.2.0-rc.1",
    "/lineage",
    "/lineage?root=plip&up=2&down=2",
    "/advisories",
    "/advisories/x_ACME-2026-0001",
    "/alerts",
    "/scan",
    "/session",
    "/api",
    "/nowhere",
)


class WithAxe:
    """Adds the checker to every page, and remembers what was asked for."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.asked: list[str] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        self.asked.append(scope["path"])
        if scope["path"] == "/static/test/axe.js":
            headers = [(b"content-type", b"text/javascript"), (b"x-content-type-options", b"nosniff")]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": AXE + RUN})
            return
        plain = [pair for pair in scope["headers"] if pair[0] != b"accept-encoding"]
        begun: list[Message] = []
        body = bytearray()

        async def changed(message: Message) -> None:
            if message["type"] == "http.response.start":
                begun.append(message)
                return
            body.extend(message.get("body", b""))
            if message.get("more_body"):
                return
            whole = bytes(body).replace(b"</body></html>", b'<script src="/static/test/axe.js"></script></body></html>')
            kept = [pair for pair in begun[0]["headers"] if pair[0].lower() != b"content-length"]
            await send(begun[0] | {"headers": [*kept, (b"content-length", str(len(whole)).encode())]})
            await send({"type": "http.response.body", "body": whole})

        await self._app(scope | {"headers": plain}, receive, changed)


@pytest.fixture(scope="module")
def checked(place: Path) -> Iterator[tuple[str, WithAxe]]:
    """A server whose pages check themselves."""
    app = WithAxe(create_app(WebSettings(str(place), rate=0)))
    with serving(app) as client:
        yield str(client.base_url), app


@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing(checked: tuple[str, WithAxe], tmp_path: Path, path: str) -> None:
    dom, log = browse(checked[0] + path, tmp_path)
    assert [line for line in said(log) if "404" not in line] == []
    told = re.search(r'<pre id="axe">([^<]*)</pre>', dom)
    assert told is not None, "the checker did not run"
    assert json.loads(unescape(told[1])) == []


def test_the_explorer_draws_and_tells(checked: tuple[str, WithAxe], tmp_path: Path) -> None:
    address = checked[0] + "/lineage?root=plip&up=1&down=1&open=clip%401.0.0&from=webimagetext%401.0.0&to=plip%401.0.0"
    dom, log = browse(address, tmp_path)
    assert said(log) == []
    assert 'data-ready="yes"' in dom and "<canvas" in dom
    assert "One way leads between webimagetext@1.0.0 and plip@1.0.0." in dom


def test_the_first_page_is_small(client: httpx.Client) -> None:
    addresses = ["/", *re.findall(r'(?:src|href)="(/static/[^"]+)"', client.get("/").text)]
    sent = 0
    for address in addresses:
        with client.stream("GET", address) as answer:
            sent += sum(len(piece) for piece in answer.iter_raw())
    assert sent < 300_000
