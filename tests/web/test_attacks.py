"""What an attacker tries who knows HTTP: slowness, size, guessing. Markup, forms and scopes have files of their own."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from stemma.usecases.browse.tokens import add_token
from stemma.web import WebSettings, create_app
from stemma.web.access import GUESSES
from stemma.web.connections import Impatient
from stemma.web.middleware.buckets import Buckets
from tests.web.serving import serving

NOW = datetime(2026, 3, 1, tzinfo=UTC)


class Hasty(Impatient):
    """The same bounds, shorter."""

    head_seconds, body_seconds, read_seconds = 0.4, 0.6, 0.4


@pytest.fixture(scope="module")
def tokens(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("attacks") / "tokens.json"


@pytest.fixture(scope="module")
def hasty(place: Path, tokens: Path) -> Iterator[httpx.Client]:
    """A server without patience."""
    with serving(create_app(WebSettings(str(place), tokens=tokens, rate=0)), protocol=Hasty) as client:
        yield client


def trickled(client: httpx.Client, head: bytes, rest: bytes, pause: float = 0.05) -> tuple[float, bytes]:
    """Send the rest byte by byte; how long the connection lasted, and what was answered."""
    began, answer = time.monotonic(), b""
    with socket.create_connection((client.base_url.host, client.base_url.port or 80), timeout=10) as line:
        line.sendall(head)
        line.settimeout(pause)
        for byte in rest:
            try:
                line.sendall(bytes([byte]))
                piece = line.recv(4096)
            except TimeoutError:
                continue
            except OSError:
                break
            if not piece:
                break
            answer += piece
        else:
            raise AssertionError("the connection was never ended")
    return time.monotonic() - began, answer


def test_a_head_that_trickles_is_cut_off(hasty: httpx.Client) -> None:
    lasted, answer = trickled(hasty, b"GET / HTTP/1.1\r\n", b"X-Slow: " + b"x" * 200)
    assert lasted < 3 and answer == b""


def test_a_second_head_on_a_kept_connection_has_no_longer(hasty: httpx.Client) -> None:
    lasted, answer = trickled(hasty, b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", b"GET / HTTP/1.1\r\nX: " + b"x" * 200)
    assert lasted < 3 and answer.startswith(b"HTTP/1.1 200")


def test_silence_is_cut_off(hasty: httpx.Client) -> None:
    with socket.create_connection((hasty.base_url.host, hasty.base_url.port or 80), timeout=5) as line:
        assert line.recv(10) == b""


@pytest.mark.parametrize("path", ["/scan", "/session", "/api/v1/subscriptions", "/hooks/huggingface"])
def test_a_body_that_trickles_is_cut_off(hasty: httpx.Client, path: str) -> None:
    kind = "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 400"
    lasted, _ = trickled(hasty, f"POST {path} HTTP/1.1\r\nHost: x\r\n{kind}\r\n\r\n".encode(), b"x" * 200)
    assert lasted < 3


def test_an_answer_that_nobody_takes_is_dropped(hasty: httpx.Client) -> None:
    names = [name for name in hasty.get("/").text.split('"') if name.endswith("cytoscape.min.js")]
    large = names[0] if names else "/static/" + _large(hasty)
    with socket.socket() as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        line.settimeout(10)
        line.connect((hasty.base_url.host, hasty.base_url.port or 80))
        for _ in range(40):
            line.sendall(f"GET {large} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        time.sleep(1.5)
        taken = 0
        try:
            while piece := line.recv(1 << 16):
                taken += len(piece)
        except ConnectionResetError:
            pass
    assert taken < 6_000_000, "all forty answers were kept for somebody who took none"


def _large(client: httpx.Client) -> str:
    page = client.get("/lineage", params={"root": "plip"}).text
    return next(part for part in page.split('"') if part.endswith("cytoscape.min.js")).removeprefix("/static/")


def test_many_slow_ones_keep_nobody_out(hasty: httpx.Client) -> None:
    lines = [socket.create_connection((hasty.base_url.host, hasty.base_url.port or 80)) for _ in range(100)]
    try:
        for line in lines:
            line.sendall(b"GET / HTTP/1.1\r\nX: ")
        began = time.monotonic()
        assert hasty.get("/healthz").status_code == 200
        assert time.monotonic() - began < 2
    finally:
        for line in lines:
            line.close()


def test_what_is_oversized_is_refused_early(hasty: httpx.Client) -> None:
    assert hasty.get("/", headers={"X-Large": "x" * 70_000}).status_code == 400
    many = "&".join(f"f{number}=1" for number in range(5_000))
    form = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}
    assert hasty.post("/session", content=many.encode(), headers=form).status_code in (400, 413, 422)
    parts = b"".join(b'--b\r\nContent-Disposition: form-data; name="f%d"\r\n\r\nx\r\n' % n for n in range(1_200))
    kind = {"Content-Type": "multipart/form-data; boundary=b"}
    assert hasty.post("/scan/draft", content=parts + b"--b--\r\n", headers=kind).status_code in (400, 413, 422)
    deep = b'{"id": ' + b"[" * 20_000 + b"]" * 20_000 + b"}"
    assert hasty.post("/api/v1/subscriptions", content=deep).status_code in (401, 422)
    bare = {"Content-Type": "multipart/form-data"}
    assert hasty.post("/scan", content=b"x" * 100, headers=bare).status_code in (400, 422)
    for heads in (
        "PUT /api/v1/records/a/1.0.0/text HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
        "POST /session HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ):
        with socket.create_connection((hasty.base_url.host, hasty.base_url.port or 80), timeout=5) as line:
            line.sendall(heads.encode())
            assert line.recv(100).startswith(b"HTTP/1.1 4")


def test_chunks_are_counted_where_no_length_is_told(hasty: httpx.Client, tokens: Path) -> None:
    token = add_token(tokens, "Ada", writes=True, namespaces=("*",), days=3650, now=NOW)[1]
    endless = (b"x" * 65_536 for _ in range(64))
    header = {"Authorization": f"Bearer {token}"}
    found = hasty.put("/api/v1/records/acme/1.0.0/text", content=endless, headers=header)
    assert found.status_code == 413


def test_guessing_tokens_is_slowed_down(place: Path, tmp_path: Path) -> None:
    tokens = tmp_path / "tokens.json"
    token = add_token(tokens, "Ada", writes=True, namespaces=("*",), days=3650, now=NOW)[1]
    good = {"Authorization": f"Bearer {token}"}
    form = {"Sec-Fetch-Site": "same-origin", "Accept": "application/json"}
    with serving(create_app(WebSettings(str(place), tokens=tokens, rate=0))) as client:
        assert client.get("/session", headers=good).status_code == 200
        statuses = [
            client.get("/session", headers={"Authorization": f"Bearer stm_{number}"}).status_code
            for number in range(GUESSES + 3)
        ]
        assert statuses == [401] * GUESSES + [429] * 3
        refused = client.get("/session", headers=good)
        assert refused.status_code == 429, "a right one is not told from a wrong one meanwhile"
        assert refused.headers["retry-after"]
        assert client.post("/session", data={"token": "stm_x"}, headers=form).status_code == 429
        assert client.get("/records/plip/1.0.0").status_code == 200, "reading goes on"
    with serving(create_app(WebSettings(str(place), tokens=tokens, rate=0))) as client:
        client.cookies.set("stemma", "stm_old")
        for _ in range(GUESSES + 3):
            assert client.get("/deliveries").status_code == 200
        client.cookies.set("stemma", token)
        assert "Signed in" in client.get("/session").text, "the same old cookie again and again is one guess"
        for number in range(GUESSES + 3):
            client.cookies.set("stemma", f"stm_{number}")
            assert client.get("/deliveries").status_code == 200
        client.cookies.set("stemma", token)
        assert "Signed in" not in client.get("/session").text, "guesses by cookie are bounded as well"
        client.cookies.clear()
        signed = client.post("/session", data={"token": token}, headers=form)
        assert signed.status_code == 303, "an old cookie keeps nobody from signing in"


def test_buckets_fill_again_and_forget_those_who_asked_longest_ago() -> None:
    moment = [0.0]
    buckets = Buckets(rate=1.0, burst=2, clock=lambda: moment[0])
    assert [buckets.take("a") for _ in range(3)] == [True, True, False]
    moment[0] = 1.5
    assert [buckets.take("a") for _ in range(2)] == [True, False]
    assert buckets.take("b")
