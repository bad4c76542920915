"""Where redirects may lead: private addresses stay out of reach of public servers."""

from __future__ import annotations

import httpx
import pytest

from stemma.errors import SourceError
from stemma.weights.http_hosts import is_private_host, shown
from stemma.weights.http_source import HttpFile
from stemma.weights.http_transfer import Transfer
from tests.hub.fixtures import CountingClock


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "localhost", "a.localhost", "LOCALHOST.", "0x7f.1",
        "10.1.2.3", "192.168.0.1", "172.16.9.9", "0.0.0.0",
        "169.254.169.254", "100.64.0.1", "::1", "[::1]", "fe80::1", "fe80::1%eth0", "fd00::1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1", "2002:7f00:1::", "224.0.0.1", "255.255.255.255", "2130706433",
    ],
)  # fmt: skip
def test_private(host: str) -> None:
    assert is_private_host(host)


@pytest.mark.parametrize("host", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "no-such-host.invalid"])
def test_public(host: str) -> None:
    assert not is_private_host(host)


def redirecting(start: str, target: str) -> list[str]:
    """Hosts visited by a read of ``start``, which redirects to ``target``."""
    seen: list[str] = []

    def serve(request: httpx.Request) -> httpx.Response:
        seen.append(f"{request.url.host} {request.headers.get('Authorization')}")
        if str(request.url) == start:
            return httpx.Response(302, headers={"Location": target})
        return httpx.Response(206, headers={"Content-Range": "bytes 0-1/2"}, stream=httpx.ByteStream(b"ok"))

    with httpx.Client(transport=httpx.MockTransport(serve)) as client:
        transfer = Transfer(client, clock=CountingClock())
        assert HttpFile(transfer, start, "a", secret={"Authorization": "x"}).read(0, 2) == b"ok"
    return seen


@pytest.mark.parametrize("target", ["https://127.0.0.1/a", "https://[::1]/", "https://169.254.169.254/meta"])
def test_public_to_private_is_refused(target: str) -> None:
    with pytest.raises(SourceError, match="private address"):
        redirecting("https://1.1.1.1/a", target)


def test_no_fall_from_https_to_http() -> None:
    with pytest.raises(SourceError, match="plain http"):
        redirecting("https://1.1.1.1/a", "http://8.8.8.8/a")


def test_private_to_private_is_free() -> None:
    assert redirecting("http://10.0.0.1/a", "http://10.0.0.2/a") == ["10.0.0.1 x", "10.0.0.2 None"]


@pytest.mark.parametrize("target", ["https://8.8.8.8/a", "https://1.1.1.1:444/a"])
def test_the_secret_stays_with_its_origin(target: str) -> None:
    assert redirecting("https://1.1.1.1/a", target)[1].endswith(" None")


def test_the_secret_follows_within_its_origin() -> None:
    assert redirecting("https://1.1.1.1/a", "/b") == ["1.1.1.1 x", "1.1.1.1 x"]


def test_shown_hides_credentials_and_signatures() -> None:
    assert shown("https://u:p@h.org/a/b?X=secret#f") == "https://h.org/a/b"
