"""``--server``: the commands print what they print of the same registry at hand."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from stemma.registry import DirectoryRegistry
from stemma.usecases.browse.tokens import add_token
from stemma.web import WebSettings, create_app
from tests.cli.conftest import Command, models, settings, stemma
from tests.web.serving import serving

__all__ = ["models", "settings", "stemma"]

COMMANDS = (
    ("record", "show", "plip"),
    ("record", "show", "plip@^1", "--origins"),
    ("record", "show", "acme-chat-7b@1.2.0-rc.1"),
    ("lineage", "show", "plip"),
    ("lineage", "show", "kather-colon"),
    ("lineage", "ancestors", "plip", "--depth", "1"),
    ("lineage", "descendants", "laion-5b", "--kind", "trained-on"),
    ("lineage", "path", "webimagetext", "plip", "--all"),
    ("lineage", "path", "plip", "webimagetext"),
    ("lineage", "conflicts"),
    ("lineage", "conflicts", "plip", "clip@1.0.0"),
    ("impact", "x_ACME-2026-0001"),
    ("impact", "plip", "--framework", "eu-ai-act"),
    ("alerts", "list"),
    ("alerts", "list", "model=laion-5b", "--state", "open"),
    ("advisory", "list"),
)
FINDINGS = ("impact", "alerts")


@pytest.fixture(scope="module")
def address(place: Path) -> Iterator[str]:
    with serving(create_app(WebSettings(str(place), rate=0))) as client:
        yield str(client.base_url)


def same(text: str) -> str:
    """What it took differs each time, and in which file a record lies."""
    return re.sub(r'"seconds": [0-9.e-]+|"file": "[^"]*"', "", text)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("form", ["table", "json", "sarif"])
def test_a_server_is_asked_like_a_registry_at_hand(
    stemma: Command, place: Path, address: str, command: tuple[str, ...], form: str
) -> None:
    if form == "sarif" and command[0] not in FINDINGS:
        return
    there = stemma(*command, "--format", form, "--server", address)
    here = stemma(*command, "--format", form, "--registry", str(place))
    assert (there.code, same(there.out)) == (here.code, same(here.out)), there.err
    assert there.out and there.code in (0, 1, 2)
    if form != "table":
        json.loads(there.out)


@pytest.mark.parametrize(
    "command",
    [
        ("record", "show", "no-such"),
        ("lineage", "show", "no-such"),
        ("lineage", "show", "strange thing"),
        ("lineage", "conflicts", "no-such"),
        ("impact", "no-such"),
        ("impact", "/etc/passwd"),
        ("impact", "pyproject.toml"),
        ("alerts", "list", "strange=x"),
    ],
)
def test_what_is_not_there_is_said_so(stemma: Command, address: str, command: tuple[str, ...]) -> None:
    found = stemma(*command, "--server", address)
    assert (found.code, found.out) == (3, "") and found.err


def test_an_alert_is_acknowledged_over_a_server(
    stemma: Command, place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, tokens = tmp_path / "registry", tmp_path / "tokens.json"
    shutil.copytree(place, own)
    now = datetime(2026, 3, 1, tzinfo=UTC)
    token = add_token(tokens, "Ada", writes=True, namespaces=("laion",), days=3650, now=now)[1]
    alert = next(each.id for each in DirectoryRegistry(own, lambda: "").alerts.find(subject="laion-5b@1.0.0"))
    with serving(create_app(WebSettings(str(own), tokens=tokens))) as client:
        there = ("--server", str(client.base_url))
        assert stemma("alerts", "ack", alert[:10], *there).code == 3, "nobody is signed in"
        monkeypatch.setenv("STEMMA_TOKEN", token)
        assert stemma("alerts", "ack", alert[:5], *there).code == 3
        assert stemma("alerts", "ack", alert, "--by", "Eve", *there).code == 3
        done = stemma("alerts", "ack", alert[:10], *there)
        assert done.code == 0 and "acknowledged by Ada" in done.err


@pytest.mark.parametrize(
    "server", ["models.example.org", "ftp://example.org", "http://u:p@example.org", "http://example.org", "http://["]
)
def test_a_token_goes_nowhere_it_could_be_read(stemma: Command, server: str) -> None:
    done = stemma("advisory", "list", "--server", server, STEMMA_TOKEN="stm_secret")
    assert done.code == 3 and "stm_secret" not in done.err
    assert stemma("advisory", "list", "--server", "http://127.0.0.1:1", "--registry", "x").code == 3
