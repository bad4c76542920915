"""Signing in with OpenID Connect: with a real provider and a real browser, and with a provider that lies."""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from stemma.errors import InputError
from stemma.interop.oidc import Grant, OidcSettings, read_settings
from stemma.usecases.browse.tokens import read_tokens
from stemma.web import WebSettings, create_app
from tests.web.driver import browser
from tests.web.serving import serving

FOLDER = Path(__file__).parent / "oidc"
SECRET = "a secret for tests alone"
GRANTS = (
    Grant("groups", "laion", ("laion",), writes=True),
    Grant("email", "ada@example.org", ("desk",), writes=False),
)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def settings(issuer: str, port: int) -> OidcSettings:
    back = f"http://127.0.0.1:{port}/session/oidc/back"
    return OidcSettings(issuer, "stemma", back, GRANTS, SECRET, ("openid", "email", "groups"))


@contextmanager
def real_provider(redirect: str) -> Iterator[str]:
    node = shutil.which("node")
    if node is None or not (FOLDER / "node_modules" / "oidc-provider").is_dir():
        pytest.skip("the provider is not installed: run scripts/setup-npm.sh")
    port = free_port()
    command = [node, str(FOLDER / "provider.mjs"), str(port), redirect]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        try:
            assert process.stdout is not None and process.stdout.readline() == b"ready\n"
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


@pytest.mark.slow
def test_somebody_signs_in_at_a_real_provider_in_a_real_browser(place: Path, tmp_path: Path) -> None:
    port, tokens = free_port(), tmp_path / "tokens.json"
    with real_provider(f"http://127.0.0.1:{port}/session/oidc/back") as issuer:
        app = create_app(WebSettings(str(place), tokens=tokens, oidc=settings(issuer, port)))
        with serving(app, port=port) as client, browser(tmp_path / "browser") as page:
            for who, granted in (("ada", True), ("eve", False)):
                page.open(f"{client.base_url}/session")
                page.follow("Sign in with your organisation")
                page.run("document.querySelector('input[name=login]').focus()")
                page.type(who)
                page.run("document.querySelector('input[name=password]').focus()")
                page.type("anything")
                page.follow("Sign-in")
                page.run("window.left = true")
                page.click("Continue")
                if not granted:
                    page.wait("document.body?.innerText.includes('nothing is granted to them here')")
                    break
                page.wait("document.body?.innerText.includes('This token reads and writes: laion.')")
                assert "Signed in as ada@example.org." in page.text and page.run("document.cookie") == ""
                page.follow("Sign out")
                page.ask("Network.clearBrowserCookies")
    (token,) = read_tokens(tokens)
    assert (token.name, token.writes, token.namespaces) == ("ada@example.org", True, ("laion",))
    assert token.revoked, "to sign out ends the token"


class Liar:
    """A provider whose tokens are made by a test."""

    def __init__(self) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": "one"})
        self.make: Callable[[dict[str, Any]], str] = self.honest
        self.person: dict[str, Any] = {"sub": "ada", "email": "ada@example.org", "groups": ["laion"]}
        self.asked: dict[str, str] = {}
        self.configuration: dict[str, Any] = {}
        liar = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                here = liar.issuer
                addresses = {"authorization": "/auth", "token": "/token", "userinfo": "/me"}
                told: dict[str, dict[str, Any]] = {
                    "/.well-known/openid-configuration": {
                        "issuer": here,
                        "jwks_uri": f"{here}/jwks",
                        **{f"{name}_endpoint": here + path for name, path in addresses.items()},
                        **liar.configuration,
                    },
                    "/jwks": {"keys": [liar.key.as_dict(private=False), {"kty": "strange"}]},
                    "/me": liar.person,
                }
                self._say(told[self.path])

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                liar.asked = {key: values[0] for key, values in parse_qs(body).items()}
                self._say({"access_token": "a", "token_type": "Bearer", "id_token": liar.make(liar.claims)})

            def _say(self, told: dict[str, Any]) -> None:
                data = json.dumps(told).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 the handler's own name
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.nonce = ""

    @property
    def claims(self) -> dict[str, Any]:
        now = int(datetime.now(UTC).timestamp())
        times = {"iat": now, "exp": now + 300}
        return {"iss": self.issuer, "aud": "stemma", "sub": "ada", "nonce": self.nonce, **times}

    def honest(self, claims: dict[str, Any]) -> str:
        return jwt.encode({"alg": "RS256", "kid": "one"}, claims, self.key)


@pytest.fixture
def liar() -> Iterator[Liar]:
    found = Liar()
    thread = threading.Thread(target=found.server.serve_forever)
    thread.start()
    yield found
    found.server.shutdown()
    thread.join()
    found.server.server_close()


@pytest.fixture
def server(place: Path, tokens: Path, liar: Liar) -> Iterator[httpx.Client]:
    app = create_app(WebSettings(str(place), tokens=tokens, rate=0, oidc=settings(liar.issuer, 1)))
    with serving(app) as client:
        yield client


def begun(server: httpx.Client, liar: Liar) -> dict[str, str]:
    """Go off to the provider; what was asked there."""
    gone = server.get("/session/oidc")
    assert gone.status_code == 303 and "HttpOnly" in gone.headers["set-cookie"]
    address = urlsplit(gone.headers["location"])
    assert f"{address.scheme}://{address.netloc}" == liar.issuer
    asked = {key: values[0] for key, values in parse_qs(address.query).items()}
    liar.nonce = asked["nonce"]
    return asked


def returned(server: httpx.Client, **brought: str) -> httpx.Response:
    return server.get("/session/oidc/back", params=brought, headers={"Accept": "application/json"})


def test_a_code_is_worth_a_token_of_a_day(server: httpx.Client, liar: Liar, tokens: Path) -> None:
    asked = begun(server, liar)
    assert asked["response_type"] == "code" and asked["code_challenge_method"] == "S256"
    assert returned(server, code="c", state=asked["state"], iss=liar.issuer).status_code == 200
    assert re.fullmatch(r"[\w-]{43}", liar.asked["code_verifier"]) and liar.asked["code"] == "c"
    (token,) = read_tokens(tokens)
    assert (token.name, token.namespaces, token.writes) == ("ada@example.org", ("laion",), True)
    assert "Signed in as ada@example.org" in server.get("/session").text


LIES: dict[str, Callable[[Liar, dict[str, Any]], str]] = {
    "another issuer": lambda liar, told: liar.honest(told | {"iss": "https://evil.example"}),
    "another audience": lambda liar, told: liar.honest(told | {"aud": "other"}),
    "two audiences": lambda liar, told: liar.honest(told | {"aud": ["stemma", "other"]}),
    "another party": lambda liar, told: liar.honest(told | {"azp": "other"}),
    "another nonce": lambda liar, told: liar.honest(told | {"nonce": "old"}),
    "no nonce": lambda liar, told: liar.honest({key: value for key, value in told.items() if key != "nonce"}),
    "expired": lambda liar, told: liar.honest(told | {"exp": told["iat"] - 120}),
    "no expiry": lambda liar, told: liar.honest({key: value for key, value in told.items() if key != "exp"}),
    "from the future": lambda liar, told: liar.honest(told | {"iat": told["iat"] + 3600}),
    "another person": lambda liar, told: liar.honest(told | {"sub": "eve"}),
    "an unknown key": lambda liar, told: jwt.encode(
        {"alg": "RS256", "kid": "two"}, told, RSAKey.generate_key(2048, {"kid": "two"})
    ),
    "a false key": lambda liar, told: jwt.encode(
        {"alg": "RS256", "kid": "one"}, told, RSAKey.generate_key(2048, {"kid": "one"})
    ),
    "the secret as key": lambda liar, told: jwt.encode({"alg": "HS256"}, told, OctKey.import_key(SECRET)),
    "unsigned": lambda liar, told: "eyJhbGciOiJub25lIn0." + liar.honest(told).split(".")[1] + ".",
    "no token": lambda liar, told: "",
    "no words": lambda liar, told: "a.b.c",
}


@pytest.mark.parametrize("lie", LIES)
def test_what_cannot_be_trusted_signs_nobody_in(server: httpx.Client, liar: Liar, tokens: Path, lie: str) -> None:
    asked = begun(server, liar)
    liar.make = lambda claims: LIES[lie](liar, claims)
    found = returned(server, code="c", state=asked["state"])
    assert found.status_code == 403, found.text
    assert read_tokens(tokens) == () and "set-cookie" not in found.headers


def test_an_answer_has_to_belong_to_this_browser(server: httpx.Client, liar: Liar, tokens: Path) -> None:
    asked = begun(server, liar)
    for brought in (
        {"code": "c", "state": "other"},
        {"code": "c"},
        {"state": asked["state"]},
        {"error": "access_denied", "state": asked["state"]},
        {"code": "c", "state": asked["state"], "iss": "https://evil.example"},
    ):
        assert returned(server, **brought).status_code == 403
    server.cookies.clear()
    assert returned(server, code="c", state=asked["state"]).status_code == 403
    server.cookies.set("stemma-login", "..")
    assert returned(server, code="c", state="").status_code == 403
    assert read_tokens(tokens) == ()


def test_nobody_is_let_in_without_a_grant(server: httpx.Client, liar: Liar, tokens: Path) -> None:
    liar.person = {"sub": "ada", "email": "ada@example.org", "email_verified": False, "groups": "laionx"}
    asked = begun(server, liar)
    found = returned(server, code="c", state=asked["state"])
    assert found.status_code == 403 and "nothing is granted" in found.json()["detail"]
    liar.person = {"sub": "ada", "email": "ada@example.org"}
    asked = begun(server, liar)
    assert returned(server, code="c", state=asked["state"]).status_code == 200
    (token,) = read_tokens(tokens)
    assert (token.writes, token.namespaces) == (False, ("desk",))


@pytest.mark.parametrize(
    "configuration",
    [{"issuer": "https://evil.example"}, {"token_endpoint": "http://evil.example/token"}, {"jwks_uri": "file:///etc"}],
)
def test_a_provider_that_points_elsewhere_is_not_followed(
    server: httpx.Client, liar: Liar, configuration: dict[str, Any]
) -> None:
    liar.configuration = configuration
    gone = server.get("/session/oidc", headers={"Accept": "application/json"})
    if gone.status_code == 303:
        liar.nonce = parse_qs(urlsplit(gone.headers["location"]).query)["nonce"][0]
        state = parse_qs(urlsplit(gone.headers["location"]).query)["state"][0]
        gone = returned(server, code="c", state=state)
    assert gone.status_code == 502 and gone.json()["detail"].startswith("The provider")


def test_a_server_without_a_provider_offers_none(client: httpx.Client) -> None:
    assert client.get("/session/oidc").status_code == 404
    assert "organisation" not in client.get("/session").text


def test_settings_are_read_strictly(tmp_path: Path) -> None:
    file = tmp_path / "oidc.json"
    grant = {"claim": "groups", "value": "acme", "namespaces": ["acme"], "writes": True}
    sound = {
        "schema": "stemma.oidc/1",
        "issuer": "https://id.example.org",
        "client_id": "stemma",
        "redirect": "https://models.example.org/session/oidc/back",
        "grants": [grant],
    }
    file.write_text(json.dumps(sound), "utf-8")
    assert read_settings(file).grants[0].namespaces == ("acme",)
    for change in (
        {"issuer": "http://id.example.org"},
        {"redirect": "https://user@models.example.org/"},
        {"grants": []},
        {"grants": [{**grant, "writes": "yes"}]},
        {"grants": [{**grant, "more": 1}]},
        {"strange": 1},
        {"schema": "other"},
        {"scopes": ["email"]},
    ):
        file.write_text(json.dumps(sound | change), "utf-8")
        with pytest.raises(InputError, match="no settings"):
            read_settings(file)
    with pytest.raises(InputError):
        read_settings(tmp_path / "none.json")
