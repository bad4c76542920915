"""A file over HTTP: what is fetched, what is survived, and which error says what."""

from __future__ import annotations

import hashlib
import random
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stemma.errors import (
    AccessDenied,
    BadReference,
    ModelNotFound,
    RateLimited,
    SourceChanged,
    SourceError,
    TruncatedSource,
)
from stemma.identity import Missing
from stemma.weights.http_blocks import BlockCache
from stemma.weights.http_files import HttpFileSet
from stemma.weights.http_source import WHOLE_LIMIT, HttpFacts, HttpFile, new_client
from stemma.weights.http_transfer import Transfer
from stemma.weights.http_waits import RetryPolicy
from tests.hub.fixtures import CountingClock
from tests.hub.server import Fault, Hub, free_port_url

DATA = random.Random(1).randbytes(3_000_000)


def plain(hub: Hub, name: str = "model.bin", data: bytes = DATA) -> str:
    hub.plain[name] = data
    return f"{hub.endpoint}/plain/{name}"


@pytest.fixture
def url(hub: Hub) -> str:
    return plain(hub)


def test_reads_ranges_and_serves_little(hub: Hub, transfer: Transfer, url: str) -> None:
    file = HttpFile(transfer, url, "model.bin")
    assert file.size == len(DATA)
    assert not file.is_local
    assert isinstance(file.known_sha256, Missing)
    assert file.version == f'"{hashlib.sha256(DATA).hexdigest()[:16]}"'
    assert file.read(0, 8) == DATA[:8]
    assert file.read(8, 1000) == DATA[8:1008]
    assert file.read(2_000_000, 5000) == DATA[2_000_000:2_005_000]
    assert hub.bytes_served() < 0.05 * len(DATA)
    assert len(hub.log) == 2


def test_long_reads_are_one_request_and_pass_the_cache(hub: Hub, transfer: Transfer, url: str) -> None:
    blocks = BlockCache()
    file = HttpFile(transfer, url, "model.bin", blocks=blocks)
    assert file.read(100, 2_900_000) == DATA[100:2_900_100]
    assert len(hub.log) == 2
    assert blocks.held == 1 << 16


def test_neighbouring_small_reads_coalesce(hub: Hub, transfer: Transfer, url: str) -> None:
    file = HttpFile(transfer, url, "model.bin")
    got = b"".join(file.read(offset, 1000) for offset in range(0, len(DATA), 1000))
    assert got == DATA
    assert len(hub.log) < 12


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 400_000), st.integers(0, 90_000)), max_size=12))
def test_any_reads_give_the_files_bytes(reads: list[tuple[int, int]]) -> None:
    data = DATA[:400_000]

    def serve(request: httpx.Request) -> httpx.Response:
        first, last = (int(x) for x in request.headers["Range"].removeprefix("bytes=").split("-"))
        headers = {"Content-Range": f"bytes {first}-{min(last, len(data) - 1)}/{len(data)}", "ETag": '"a"'}
        return httpx.Response(206, headers=headers, stream=httpx.ByteStream(data[first : last + 1]))

    with httpx.Client(transport=httpx.MockTransport(serve)) as client:
        cache = BlockCache(20_000)
        file = HttpFile(Transfer(client), "http://127.0.0.1/a", "a", blocks=cache, block_bytes=1 << 12, whole_below=0)
        for offset, length in reads:
            got = min(length, len(data) - offset)
            assert file.read(offset, got) == data[offset : offset + got]
            assert cache.held <= 20_000


def test_never_reads_past_the_end(hub: Hub, transfer: Transfer, url: str) -> None:
    file = HttpFile(transfer, url, "model.bin")
    before = len(hub.log)
    with pytest.raises(TruncatedSource, match="expected at least"):
        file.read(len(DATA) - 10, 11)
    assert file.read(len(DATA), 0) == b""
    with pytest.raises(ValueError, match="negative"):
        file.read(-1, 3)
    assert len(hub.log) == before


def test_empty_file(hub: Hub, transfer: Transfer) -> None:
    file = HttpFile(transfer, plain(hub, data=b""), "model.bin")
    assert (file.size, file.read(0, 0)) == (0, b"")


def test_resumes_where_the_body_broke(hub: Hub, transfer: Transfer, url: str, clock: CountingClock) -> None:
    file = HttpFile(transfer, url, "model.bin")
    hub.faults.append(Fault(cut=700_000, times=2))
    assert file.read(1_000_000, 2_000_000) == DATA[1_000_000:3_000_000]
    ranges = [line.headers["Range"] for line in hub.log[1:]]
    assert ranges == ["bytes=1000000-2999999", "bytes=1700000-2999999", "bytes=2400000-2999999"]
    assert len(clock.slept) == 2


def test_stalled_body_is_resumed(hub: Hub, transfer: Transfer, url: str) -> None:
    file = HttpFile(transfer, url, "model.bin")
    hub.faults.append(Fault(stall=300_000))
    assert file.read(0, 1_000_000) == DATA[:1_000_000]
    assert hub.log[-1].headers["Range"] == "bytes=300000-999999"


def test_too_small_content_length_is_noticed(hub: Hub, transfer: Transfer, url: str) -> None:
    file = HttpFile(transfer, url, "model.bin")
    hub.faults.append(Fault(length=500_000))
    assert file.read(0, 1_000_000) == DATA[:1_000_000]


def test_too_large_content_length_is_noticed(hub: Hub, transfer: Transfer, url: str) -> None:
    file = HttpFile(transfer, url, "model.bin")
    hub.faults.append(Fault(length=1_500_000, cut=1_000_000))
    assert file.read(0, 1_000_000) == DATA[:1_000_000]


def test_surplus_bytes_are_refused(hub: Hub, transfer: Transfer, url: str) -> None:
    file = HttpFile(transfer, url, "model.bin")
    hub.faults.append(Fault(extra=b"more"))
    with pytest.raises(SourceError, match="more bytes than the 1000000"):
        file.read(0, 1_000_000)


def test_slow_drip_is_given_up(hub: Hub) -> None:
    policy = RetryPolicy(grace=0.1, slowest_rate=1e6, attempts=2, first_wait=0.01)
    with new_client(timeout=2.0) as client:
        file = HttpFile(Transfer(client, policy=policy), plain(hub), "model.bin")
        hub.faults.append(Fault(drip=10_000, times=9))
        with pytest.raises(SourceError, match="sends only"):
            file.read(0, 1_000_000)


def test_body_that_always_breaks_is_an_error(hub: Hub, transfer: Transfer, url: str) -> None:
    file = HttpFile(transfer, url, "model.bin")
    hub.faults.append(Fault(cut=10, times=99))
    with pytest.raises(TruncatedSource, match="broke off"):
        file.read(0, 1_000_000)
    assert len(hub.log) == 7


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_server_trouble_passes(hub: Hub, transfer: Transfer, url: str, status: int) -> None:
    hub.faults.append(Fault(status=status, times=3))
    assert HttpFile(transfer, url, "model.bin").read(0, 4) == DATA[:4]


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (401, (AccessDenied, "refuses access")),
        (403, (AccessDenied, "credentials")),
        (404, (ModelNotFound, "nothing at")),
        (410, (ModelNotFound, "nothing at")),
        (418, (SourceError, "HTTP 418")),
        (429, (RateLimited, "limits the rate")),
        (503, (SourceError, "HTTP 503")),
    ],
)
def test_one_error_per_cause(
    hub: Hub, transfer: Transfer, url: str, status: int, expected: tuple[type[Exception], str]
) -> None:
    hub.faults.append(Fault(status=status, times=99))
    with pytest.raises(expected[0], match=expected[1]):
        HttpFile(transfer, url + "?secret=1", "model.bin")


def test_retry_after_is_obeyed(hub: Hub, transfer: Transfer, url: str, clock: CountingClock) -> None:
    hub.faults += [
        Fault(status=429, headers={"Retry-After": "17"}),
        Fault(status=503, headers={"Retry-After": "Fri, 15 Jan 2027 08:01:00 GMT"}),
        Fault(status=429, headers={"RateLimit": '"api";r=0;t=33'}),
    ]
    clock.now = 1_800_000_000.0 - 17  # 2027-01-15 08:00:00 UTC after the first wait
    HttpFile(transfer, url, "model.bin")
    assert 17 <= clock.slept[0] < 18
    assert 58 <= clock.slept[1] <= 61
    assert 33 <= clock.slept[2] < 34


def test_a_wait_too_long_is_an_error(hub: Hub, transfer: Transfer, url: str, clock: CountingClock) -> None:
    hub.faults.append(Fault(status=429, headers={"Retry-After": "7200"}))
    with pytest.raises(RateLimited, match="asks to wait 7200 s"):
        HttpFile(transfer, url, "model.bin")
    assert clock.slept == []


def test_backoff_grows(hub: Hub, transfer: Transfer, url: str, clock: CountingClock) -> None:
    hub.faults.append(Fault(status=500, times=5))
    HttpFile(transfer, url, "model.bin")
    assert all(0.5 * 0.5 * 2**n <= wait <= 0.5 * 2**n for n, wait in enumerate(clock.slept))


def test_unreachable_server(transfer: Transfer, clock: CountingClock) -> None:
    with pytest.raises(SourceError, match="could not be reached"):
        HttpFile(transfer, free_port_url() + "/x", "x")
    assert len(clock.slept) == 2


@pytest.mark.parametrize("how", ["content", "validator alone", "length"])
def test_a_file_that_changes_is_an_error(hub: Hub, transfer: Transfer, url: str, how: str) -> None:
    file = HttpFile(transfer, url, "model.bin")
    if how == "content":
        plain(hub, data=DATA[::-1])
    elif how == "length":
        plain(hub, data=DATA[:-1])
        hub.plain_etag["model.bin"] = file.version.strip('"') if isinstance(file.version, str) else ""
    else:
        hub.faults.append(Fault(etag="other"))
    with pytest.raises(SourceChanged, match="not the file it was"):
        file.read(1_000_000, 2_000_000 - 1)


def test_a_file_that_changes_while_a_body_is_resumed(hub: Hub, transfer: Transfer, url: str) -> None:
    file = HttpFile(transfer, url, "model.bin")
    hub.faults += [Fault(cut=1000), Fault(etag="other")]
    with pytest.raises(SourceChanged):
        file.read(0, 1_000_000)


def test_a_file_that_vanishes(hub: Hub, transfer: Transfer, url: str) -> None:
    file = HttpFile(transfer, url, "model.bin")
    hub.plain.clear()
    with pytest.raises(ModelNotFound):
        file.read(1_000_000, 10)


def test_small_files_may_ignore_ranges(hub: Hub, transfer: Transfer, url: str) -> None:
    hub.faults.append(Fault(whole=True, times=99))
    file = HttpFile(transfer, url, "model.bin")
    assert file.read(5, 1_000_000) == DATA[5:1_000_005]
    assert len(hub.log) == 1


def test_a_range_ignored_later_is_served_from_the_whole(hub: Hub, transfer: Transfer, url: str) -> None:
    file = HttpFile(transfer, url, "model.bin")
    hub.faults.append(Fault(whole=True))
    assert file.read(1_000_000, 1_000_000) == DATA[1_000_000:2_000_000]
    assert file.read(2_500_000, 10) == DATA[2_500_000:2_500_010]


def test_big_files_may_not_ignore_ranges(hub: Hub, transfer: Transfer) -> None:
    big = bytes(WHOLE_LIMIT + 1)
    hub.faults.append(Fault(whole=True))
    with pytest.raises(SourceError, match="ignores byte ranges"):
        HttpFile(transfer, plain(hub, data=big), "model.bin")
    hub.faults.append(Fault(length=WHOLE_LIMIT * 4, whole=True))
    with pytest.raises(SourceError, match="ignores byte ranges"):
        HttpFile(transfer, plain(hub), "model.bin")


def test_redirects_are_followed_without_the_secret(hub: Hub, transfer: Transfer) -> None:
    commit = hub.add("org/m", {"w.bin": DATA}, gated=True)
    secret = {"Authorization": f"Bearer {hub.token}"}
    url = f"{hub.endpoint}/org/m/resolve/{commit}/w.bin"
    file = HttpFile(transfer, url, "w.bin", secret=secret)
    assert file.read(0, 100) == DATA[:100]
    assert file.read(1_000_000, 100) == DATA[1_000_000:1_000_100]
    assert [line.server for line in hub.log] == ["hub", "cdn", "cdn"]
    assert all("authorization" not in {k.lower() for k in line.headers} for line in hub.requests(server="cdn"))


def test_an_expired_signature_is_renewed(hub: Hub, transfer: Transfer) -> None:
    commit = hub.add("org/m", {"w.bin": DATA})
    file = HttpFile(transfer, f"{hub.endpoint}/org/m/resolve/{commit}/w.bin", "w.bin")
    hub.signature = "second"
    assert file.read(1_000_000, 100) == DATA[1_000_000:1_000_100]
    hub.max_signature_uses = 2
    for offset in range(1_100_000, 2_900_000, 300_000):
        assert file.read(offset, 10) == DATA[offset : offset + 10]


def test_redirect_loops_end(hub: Hub, transfer: Transfer, url: str) -> None:
    hub.faults.append(Fault(redirect=url, times=99))
    with pytest.raises(SourceError, match="more than 10 times"):
        HttpFile(transfer, url, "model.bin")
    assert len(hub.log) == 11


@pytest.mark.parametrize("target", ["ftp://127.0.0.1/x", "file:///etc/passwd"])
def test_strange_redirects_are_refused(hub: Hub, transfer: Transfer, url: str, target: str) -> None:
    hub.faults.append(Fault(redirect=target, times=99))
    with pytest.raises(SourceError, match="expected http"):
        HttpFile(transfer, url, "model.bin")


@pytest.mark.parametrize("target", ["http://xn--/x", "http://[::1/x", "http://a..b/x", "http://host:port/x"])
def test_redirects_to_no_address_are_an_error(hub: Hub, transfer: Transfer, url: str, target: str) -> None:
    hub.faults.append(Fault(redirect=target, times=99))
    with pytest.raises(SourceError):
        HttpFile(transfer, url, "model.bin")


def test_messages_keep_no_secrets(hub: Hub, transfer: Transfer, url: str) -> None:
    hub.faults.append(Fault(status=403))
    with pytest.raises(AccessDenied) as caught:
        HttpFile(transfer, url.replace("http://", "http://me:pw@") + "?X-Amz-Signature=abc", "model.bin")
    assert "abc" not in str(caught.value)
    assert "pw" not in str(caught.value)


def test_threads_share_one_file(hub: Hub, transfer: Transfer, url: str) -> None:
    file = HttpFile(transfer, url, "model.bin", HttpFacts(len(DATA)))
    offsets = [random.Random(3).randrange(len(DATA) - 5000) for _ in range(60)]
    with ThreadPoolExecutor(6) as pool:
        parts = list(pool.map(lambda offset: file.read(offset, 5000), offsets))
    assert parts == [DATA[offset : offset + 5000] for offset in offsets]


def test_listed_size_is_held_against_the_server(hub: Hub, transfer: Transfer, url: str) -> None:
    file = HttpFile(transfer, url, "model.bin", HttpFacts(len(DATA) + 7))
    with pytest.raises(SourceChanged, match="its length was"):
        file.read(0, 10)


def test_plain_address_finds_its_siblings(hub: Hub, transfer: Transfer) -> None:
    url = plain(hub, "m/model.safetensors")
    plain(hub, "m/config.json", b'{"a": 1}')
    plain(hub, "m/tokenizer.json", b"<html>everything is a page</html>")
    files = HttpFileSet(transfer, url + "?download=true")
    assert files.names() == ("config.json", "model.safetensors")
    assert files.open("config.json").read(0, 8) == b'{"a": 1}'
    assert files.open("model.safetensors").size == len(DATA)
    with pytest.raises(ModelNotFound):
        files.open("tokenizer.json")
    assert files.label == url


def test_signed_address_has_no_siblings(hub: Hub, transfer: Transfer) -> None:
    url = plain(hub, "m/model.safetensors") + "?sig=a%2Bb"
    files = HttpFileSet(transfer, url)
    assert files.names() == ("model.safetensors",)
    assert files.open("model.safetensors").read(0, 1) == DATA[:1]
    assert [line.query for line in hub.log] == ["sig=a%2Bb"]


def test_address_of_no_file(transfer: Transfer) -> None:
    with pytest.raises(BadReference):
        HttpFileSet(transfer, "https://example.org/")
