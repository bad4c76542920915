"""What is sent: signed as the specification says, to checked addresses alone, within bounds."""

from __future__ import annotations

import base64
import json
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook
from standardwebhooks.exceptions import WebhookVerificationError

from stemma.errors import BadReference, ForbiddenAddress, InputError, LimitExceeded, SourceError
from stemma.interop.webhooks.addresses import addresses_of, target_of
from stemma.interop.webhooks.post import MAX_BODY, Bounds, Poster
from stemma.interop.webhooks.signing import is_signed, new_secret, signed_headers
from tests.alerts.receiver import Receiver, Reply

SECRET = new_secret(lambda count: b"\x07" * count)


@given(st.text(st.characters(codec="utf-8"), max_size=40).map(lambda text: json.dumps({"x": text}).encode()))
def test_signatures_are_those_of_the_reference_implementation(body: bytes) -> None:
    now = int(time.time())
    headers = signed_headers(SECRET, "msg_1", now, body)
    assert headers["webhook-signature"] == Webhook(SECRET).sign(
        "msg_1", datetime.fromtimestamp(now, UTC), body.decode()
    )
    assert Webhook(SECRET).verify(body, headers) == json.loads(body)
    assert is_signed(SECRET, headers, body, now)
    assert not is_signed(SECRET, headers, body + b" ", now)
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret()).verify(body, headers)


def test_the_example_of_the_specification_verifies() -> None:
    secret, body = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", b'{"test": 2432232314}'
    headers = signed_headers(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_old_torn_and_foreign_signatures_are_refused() -> None:
    headers = signed_headers(SECRET, "m", 1_000_000, b"{}")
    assert is_signed(
        SECRET, {**headers, "webhook-signature": f"v1a,xyz v1,zz {headers['webhook-signature']}"}, b"{}", 1e6
    )
    assert not is_signed(SECRET, headers, b"{}", 1_000_301)
    assert not is_signed(SECRET, {**headers, "webhook-timestamp": "١"}, b"{}", 1e6)
    assert not is_signed(SECRET, {**headers, "webhook-id": "n"}, b"{}", 1e6)
    assert not is_signed(SECRET, {**headers, "webhook-signature": "v1"}, b"{}", 1e6)
    assert not is_signed(SECRET, {}, b"{}", 1e6)
    for bad in ("", "whsec_", "whsec_!!!", base64.b64encode(b"x" * 32).decode(), "whsec_" + "A" * 16):
        with pytest.raises(InputError):
            signed_headers(bad, "m", 1, b"{}")


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.0.0.8", "192.168.1.1", "172.16.0.1", "169.254.169.254", "0.0.0.0", "100.64.0.1", "::1",
     "fe80::1%eth0", "fd00::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "224.0.0.1", "::"],
)  # fmt: skip
def test_internal_addresses_are_refused_though_a_public_name_leads_there(address: str) -> None:
    target = target_of("https://hook.example.org/x")
    for found in ([address], ["93.184.216.34", address]):
        with pytest.raises(ForbiddenAddress):
            addresses_of(target, allow_internal=False, lookup=lambda _host, _port, f=found: f)  # type: ignore[misc]
        assert addresses_of(target, allow_internal=True, lookup=lambda _host, _port, f=found: f) == found  # type: ignore[misc]


@pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "0177.0.0.1", "localhost", "[::1]", "127.1"])
def test_other_spellings_of_loopback_are_refused(host: str) -> None:
    with pytest.raises(SourceError):
        addresses_of(target_of(f"https://{host}/"), allow_internal=False)


@pytest.mark.parametrize(
    "url",
    ["", "example.org/x", "ftp://example.org/", "file:///etc/passwd", "https:///x", "https://a:b@example.org/",
     "https://example.org/#f", "https://example.org:99999/", "https://example.org:0/", "https://exa mple.org/",
     "https://example.org/\r\nX: y", "https://bücher.example/", "https://[::1/", "https://x/" + "y" * 2000],
)  # fmt: skip
def test_what_is_no_webhook_is_refused(url: str) -> None:
    with pytest.raises(BadReference):
        target_of(url)


def test_plain_http_to_the_world_is_refused() -> None:
    with pytest.raises(ForbiddenAddress, match="plain http"):
        addresses_of(target_of("http://93.184.216.34/"), allow_internal=False)


def test_a_name_that_answers_differently_later_leads_to_the_address_that_was_checked() -> None:
    """The name is looked up once, and the connection is made to what was checked, not to the name."""
    with Receiver() as receiver:
        asked = []

        def rebinding(host: str, port: int) -> Sequence[str]:
            asked.append((host, port))
            return ["127.0.0.1"] if len(asked) == 1 else ["10.255.255.1"]

        poster = Poster(allow_internal=True, lookup=rebinding)
        url = f"http://hook.invalid:{receiver.port}/x?y=1"
        assert poster.post(url, {"webhook-id": "a"}, b"{}", 0).status == 200
        assert asked == [("hook.invalid", receiver.port)]
        assert receiver.got[0].path == "/x?y=1"
        assert receiver.got[0].headers["host"] == f"hook.invalid:{receiver.port}"


def test_redirects_are_not_followed() -> None:
    with Receiver() as receiver, Receiver() as other:
        receiver.replies.append(Reply(302, {"Location": other.url}))
        assert Poster(allow_internal=True).post(receiver.url, {}, b"{}", 0).status == 302
        assert len(receiver.got) == 1
        assert not other.got


def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with Receiver() as receiver, Receiver() as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        assert Poster(allow_internal=True).post(receiver.url, {}, b"{}", 0).status == 200
        assert not proxy.got


@pytest.mark.parametrize("reply", [Reply(stall=True), Reply(drip=True)])
def test_who_does_not_answer_in_time_is_left(reply: Reply) -> None:
    with Receiver() as receiver:
        receiver.replies.append(reply)
        began = time.monotonic()
        with pytest.raises(SourceError, match="in time"):
            Poster(allow_internal=True, bounds=Bounds(silence=5, whole=0.5)).post(receiver.url, {}, b"{}", 0)
        assert time.monotonic() - began < 4


def test_nobody_listening_is_an_error_and_so_is_a_message_too_large() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{held.getsockname()[1]}/"
        with pytest.raises(SourceError, match="did not answer"):
            Poster(allow_internal=True).post(url, {}, b"{}", 0)
        with pytest.raises(LimitExceeded):
            Poster(allow_internal=True).post(url, {}, b"x" * (MAX_BODY + 1), 0)


def test_how_long_a_receiver_asks_to_be_left_alone_is_told() -> None:
    with Receiver() as receiver:
        receiver.replies.append(Reply(429, {"Retry-After": "90"}))
        answer = Poster(allow_internal=True).post(receiver.url, {}, b"{}", 0)
        assert (answer.status, answer.wait) == (429, 90.0)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a certificate of hook.example.org, in one file."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed: run scripts/setup-debian.sh")
    folder = tmp_path_factory.mktemp("tls")
    words = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
             "-days", "2", "-subj", "/CN=hook.example.org", "-addext", "subjectAltName=DNS:hook.example.org",
             "-keyout", str(folder / "key"), "-out", str(folder / "cert")]  # fmt: skip
    subprocess.run(words, check=True, capture_output=True, timeout=60)
    whole = folder / "both.pem"
    whole.write_bytes((folder / "key").read_bytes() + (folder / "cert").read_bytes())
    return whole


def test_an_encrypted_connection_is_held_to_the_name_though_made_to_an_address(certificate: Path) -> None:
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate)
    trusting = ssl.create_default_context(cafile=str(certificate))
    with Receiver(server) as receiver:

        def post(host: str, context: ssl.SSLContext | None) -> int:
            poster = Poster(allow_internal=True, lookup=lambda _host, _port: ["127.0.0.1"], context=context)
            return poster.post(f"https://{host}:{receiver.port}/hook", {"webhook-id": "a"}, b"{}", 0).status

        assert post("hook.example.org", trusting) == 200
        assert receiver.got[0].headers["host"] == f"hook.example.org:{receiver.port}"
        for host, context in (("other.example.org", trusting), ("hook.example.org", None)):
            with pytest.raises(SourceError, match="CERTIFICATE_VERIFY_FAILED"):
                post(host, context)
        assert len(receiver.got) == 1


def test_a_receiver_without_encryption_is_not_spoken_to_in_the_clear() -> None:
    with Receiver() as receiver:
        poster = Poster(allow_internal=True, lookup=lambda _host, _port: ["127.0.0.1"])
        with pytest.raises(SourceError, match="did not answer"):
            poster.post(f"https://hook.invalid:{receiver.port}/", {}, b"{}", 0)
        assert not receiver.got
