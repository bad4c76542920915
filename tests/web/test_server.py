"""What holds for every answer: headers, errors, bounds, health, and an end that lets work finish."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from stemma.errors import StemmaError
from stemma.web import WebSettings, create_app
from stemma.web.server import listen
from tests.web.serving import serving


@pytest.mark.parametrize("path", ["/healthz", "/no-such-page", "/static/0/stemma.css", "/api/none"])
def test_every_answer_carries_the_headers(client: httpx.Client, path: str) -> None:
    found = client.get(path).headers
    assert "default-src 'none'" in found["content-security-policy"]
    assert "unsafe" not in found["content-security-policy"]
    assert found["x-content-type-options"] == "nosniff"
    assert found["x-frame-options"] == "DENY"
    assert found["referrer-policy"] == "same-origin"
    assert "server" not in found


def test_errors_are_pages_for_people_and_problems_for_programs(client: httpx.Client) -> None:
    page = client.get("/nowhere", headers={"Accept": "text/html"})
    assert page.status_code == 404
    assert page.headers["content-type"].startswith("text/html")
    assert "<h1>Not Found</h1>" in page.text
    problem = client.get("/nowhere", headers={"Accept": "application/json"})
    assert problem.headers["content-type"] == "application/problem+json"
    told = problem.json()
    assert (told["status"], told["title"], told["instance"]) == (404, "Not Found", "/nowhere")
    assert told["request_id"] == problem.headers["x-request-id"]
    assert client.get("/api/nowhere", headers={"Accept": "text/html"}).json()["status"] == 404


def test_a_name_for_a_request_is_kept_only_where_it_is_one(client: httpx.Client) -> None:
    kept = client.get("/healthz", headers={"X-Request-Id": "abcd-1234-efgh"})
    assert kept.headers["x-request-id"] == "abcd-1234-efgh"
    odd = client.get("/healthz", headers={"X-Request-Id": "a\tb<script>"})
    assert odd.headers["x-request-id"] != "a\tb<script>"


def test_what_is_too_long_or_too_large_is_refused(client: httpx.Client) -> None:
    assert client.get("/x?" + "q" * 5000).status_code == 414
    assert client.post("/healthz", content=b"x" * 70_000).status_code == 413
    chunks = (b"x" * 10_000 for _ in range(10))
    assert client.post("/healthz", content=chunks).status_code in (405, 413)


def test_health_readiness_and_metrics(client: httpx.Client) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").json() == {"status": "ok"}
    told = client.get("/metrics").text
    assert 'stemma_requests_total{method="GET",route="/healthz",status="200"}' in told
    assert "stemma_registry_up 1.0" in told


def test_a_path_out_of_the_files_leads_nowhere(client: httpx.Client) -> None:
    for path in ("/static/0/..%2f..%2fapp.py", "/static/../app.py", "/static/0/%2e%2e/app.py", "/static/0/app.py"):
        assert client.get(path).status_code == 404


def test_a_slow_answer_is_given_up(place: Path) -> None:
    app = create_app(WebSettings(str(place), seconds=0.0))
    with serving(app) as client:
        found = client.get("/readyz", headers={"Accept": "application/json"})
    assert found.status_code == 503
    assert found.headers["retry-after"] == "5"
    assert "longer than 0 seconds" in found.json()["detail"]


def test_no_part_of_an_answer_waits_for_an_echo() -> None:
    """Whoever connects has the option of the listener; without it a kept connection answers 40 ms late."""
    with listen("127.0.0.1", 0) as place, socket.create_connection(place.getsockname()):
        accepted, _ = place.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_a_taken_port_is_said_plainly() -> None:
    with listen("127.0.0.1", 0) as taken, pytest.raises(StemmaError, match="cannot be listened at"):
        listen("127.0.0.1", taken.getsockname()[1])


def test_the_command_serves_logs_and_ends_when_told(place: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "stemma", "serve", "--registry", str(place), "--port", str(port)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=dict(os.environ))
    assert process.stderr is not None
    try:
        assert f"serving at http://127.0.0.1:{port}/" in process.stderr.readline()
        for _ in range(200):
            try:
                assert httpx.get(f"http://127.0.0.1:{port}/healthz", headers={"X-Request-Id": "the-request"}).is_success
                break
            except httpx.TransportError:
                time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        log = process.stderr.read()
        process.wait(timeout=20)
    finally:
        process.kill()
        process.wait()
        process.stderr.close()
    lines = [json.loads(line) for line in log.splitlines() if "the-request" in line]
    assert [(line["path"], line["status"], line["event"]) for line in lines] == [("/healthz", 200, "request")]
    assert process.returncode in (0, -signal.SIGTERM)


def test_a_registry_that_is_not_there_is_said_before_anything_listens(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "stemma", "serve", "--registry", str(tmp_path / "none"), "--port", "0"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=dict(os.environ), timeout=60)
    assert done.returncode == 3
    assert "There is no registry at" in done.stderr
