"""``stemma watch ...`` and ``stemma alerts ...`` on small registries."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from tests.alerts.receiver import Receiver, Reply
from tests.cli.conftest import Command, Result
from tests.cli.test_commands import valid as valid_as
from tests.hub.server import Hub
from tests.lineage.graphs import text


@pytest.fixture
def run(stemma: Command, tmp_path: Path) -> Command:
    """A command with a registry that holds data, a model trained on it and a child of that."""
    for key, *relations in (("data",), ("base", "trained-on data"), ("child", "finetuned-from base")):
        (tmp_path / key).mkdir()
        (tmp_path / key / f"{key}-1.0.0.yaml").write_text(text(key, *relations))

    def call(*words: str, **environment: str) -> Result:
        return stemma(*words, STEMMA_REGISTRY=str(tmp_path), **environment)

    return call


def valid(result: Result) -> Any:
    """The document that a command wrote, after its published schema was asked."""
    return valid_as(result.out, json.loads(result.out)["schema"])


def advise(run: Command) -> None:
    """Put an advisory on the data in."""
    made = run("advisory", "new", "x_T-1", "--record", "data", "--risk", "copyright", "--summary", "Books.")
    assert made.code == 0, made.err


def test_an_advisory_is_told_to_a_subscriber_and_can_be_acknowledged(run: Command) -> None:
    with Receiver() as receiver:
        added = run("watch", "add", "model=child", "--url", receiver.url, "--name", "team", "--format", "json")
        (subscription,) = valid(added)["subscriptions"]
        assert subscription["secret"].startswith("whsec_")
        assert valid(run("watch", "list", "--format", "json"))["subscriptions"][0]["secret"] == ""
        advise(run)
        listed = valid(run("alerts", "list", "model=child", "--format", "json"))
        assert [each["subject"] for each in listed["alerts"]] == ["child@1.0.0"]
        assert [step["kind"] for step in listed["alerts"][0]["path"]] == ["trained-on", "finetuned-from"]
        assert valid(run("alerts", "deliver", "--dry-run", "--format", "json"))["deliveries"][0]["attempts"] == 0
        refused = run("alerts", "deliver", "--format", "json")
        assert (refused.code, "plain http" in valid(refused)["deliveries"][0]["error"]) == (2, True)
        assert not receiver.got
        assert valid(run("alerts", "replay", "--format", "json"))["deliveries"] == []
        waiting = valid(run("alerts", "deliver", "--dry-run", "--format", "json"))["deliveries"][0]["id"]
        assert run("alerts", "replay", waiting).code == 0
        receiver.replies.append(Reply(204))
        sent = run("alerts", "deliver", "--allow-internal", "--format", "json")
        assert (sent.code, valid(sent)["deliveries"][0]["status"]) == (0, 204)
        assert receiver.got[0].id == waiting
        message = json.loads(receiver.got[0].body)
        valid(Result(0, receiver.got[0].body.decode(), ""))
        assert message["data"]["alert"]["id"] == listed["alerts"][0]["id"]
    acknowledged = run("alerts", "ack", listed["alerts"][0]["id"][:12], "--by", "Ann")
    assert "acknowledged by Ann" in acknowledged.err
    assert "1 alert" in run("alerts", "list", "--state", "acknowledged").out
    assert run("watch", "pause", "team").code == 0
    assert "off" in run("watch", "list").out
    assert run("watch", "resume", "team").code == run("watch", "remove", "team").code == 0


def test_a_feed_is_written_to_a_file(run: Command, tmp_path: Path) -> None:
    advise(run)
    target = tmp_path / "base.atom"
    assert run("alerts", "feed", "model=base", "-o", str(target)).code == 0
    assert len(ET.fromstring(target.read_text()).findall("{http://www.w3.org/2005/Atom}entry")) == 1


def test_a_record_that_is_imported_under_an_advisory_is_told_of(run: Command, tmp_path: Path) -> None:
    advise(run)
    (tmp_path / "late").mkdir()
    (tmp_path / "late" / "late-1.0.0.yaml").write_text(text("late", "copy-of child"))
    assert "1 told" in run("alerts", "refresh").err
    assert "late@1.0.0" in run("alerts", "list", "query=late").out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("watch", "add", "colour=red"), "expected one of model="),
        (("watch", "add", "model=base", "--url", "ftp://example.org/"), "cannot be used"),
        (("watch", "remove", "nobody"), "no subscription"),
        (("alerts", "ack", "abcdef"), "no alert"),
        (("alerts", "list", "--state", "gone"), "Known are"),
        (("alerts", "replay", "nothing"), "no delivery"),
        (("watch", "add", "model=base", "--url", "https://e.org/", "--secret-file", "no"), "could not be read"),
    ],
)
def test_what_cannot_be_done_is_said(run: Command, words: tuple[str, ...], said: str) -> None:
    result = run(*words)
    assert (result.code, said in result.err) == (3, True), result.err


def test_a_record_that_is_begun_under_an_advisory_is_told_of(run: Command) -> None:
    advise(run)
    assert run("record", "new", "late", "--from", "child").code == 0
    assert [each["subject"] for each in valid(run("alerts", "list", "query=late", "--format", "json"))["alerts"]] == [
        "late@1.0.0"
    ]
    assert run("record", "bump", "late", "--level", "minor").code == 0
    assert valid(run("alerts", "list", "query=late", "--format", "json"))["total"] == 2


def test_the_hub_is_indexed_and_watched(run: Command, hub: Hub, tmp_path: Path) -> None:
    card = b'---\n{"license": "mit", "base_model": "acme/base"}\n---\n'
    hub.add("acme/chat", {"README.md": card, "model.safetensors": b"w" * 5000})
    listed = run("index", "huggingface", "--pause", "0", "--state", str(tmp_path / "state.json"), "--format", "json",
                 HF_ENDPOINT=hub.endpoint)  # fmt: skip
    assert (valid(listed)["written"], valid(listed)["finished"]) == (1, True)
    watch = ("watch", "check", "hf:acme/chat", "--format", "json")
    first = run(*watch, HF_ENDPOINT=hub.endpoint)
    assert (first.code, valid(first)["first"]) == (0, 1)
    del hub.repositories["models", "acme/chat"]
    gone = run(*watch, HF_ENDPOINT=hub.endpoint)
    assert (gone.code, [each["kind"] for each in valid(gone)["findings"]]) == (1, ["deleted"])
    assert "acme-chat@1.0.0" in run("alerts", "list").out
