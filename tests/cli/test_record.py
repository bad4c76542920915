"""``stemma record ...`` on small registries."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Command, Result
from tests.cli.test_commands import valid
from tests.hub.server import Hub
from tests.registry.texts import text


@pytest.fixture
def record(stemma: Command, tmp_path: Path) -> Command:
    """``stemma record`` with a registry that holds ``base`` 1.0.0."""
    (tmp_path / "base").mkdir()
    more = "about:\n  title: Base\n  architecture: llama\nrisks: {csam: true}\n"
    (tmp_path / "base" / "base-1.0.0.yaml").write_text(text("base", more=more))

    def call(command: str, *words: str, **environment: str) -> Result:
        return stemma("record", command, *words, "--registry", str(tmp_path), **environment)

    return call


def test_a_record_is_started_with_all_that_is_inherited(record: Command, tmp_path: Path) -> None:
    started = record("new", "child", "--from", "base")
    assert started.code == 0
    assert started.out.strip() == str(tmp_path / "child" / "child-1.0.0.yaml")
    assert "Inherited: about.architecture, risks.csam." in started.err
    assert "Left to write: about.title" in started.err
    written = (tmp_path / "child" / "child-1.0.0.yaml").read_text()
    assert "base@^1.0.0" in written
    assert "llama" not in written


def test_a_parent_that_is_not_there_is_refused(record: Command, tmp_path: Path) -> None:
    refused = record("new", "child", "--from", "nobody")
    assert refused.code == 3
    assert "there is no record of that name" in refused.err
    assert not (tmp_path / "child").exists()


def test_show_tells_the_origin_of_every_field(record: Command) -> None:
    record("new", "child", "--from", "base")
    shown = record("show", "child", "--origins")
    assert "base@1.0.0 line 7" in shown.out
    assert "base@1.0.0 line 7" not in record("show", "child").out
    document = valid(record("show", "child", "-f", "json").out, "stemma.resolved-record/1")
    assert document["order"] == ["child@1.0.0", "base@1.0.0"]
    assert document["origins"]["risks.csam"]["record"] == "base@1.0.0"
    assert document["document"]["about"] == {"architecture": "llama"}


def test_resolve_prints_the_record_language(record: Command, stemma: Command, tmp_path: Path) -> None:
    record("new", "child", "--from", "base")
    whole = tmp_path / "whole.yaml"
    assert record("resolve", "child", "-o", str(whole)).code == 0
    assert stemma("record", "validate", str(whole), "--registry", str(tmp_path)).code == 0
    assert "architecture: llama" in whole.read_text()


def test_validate_tells_every_problem_with_its_place(record: Command, stemma: Command, tmp_path: Path) -> None:
    assert stemma("record", "validate", str(tmp_path)).code == 0
    bad = tmp_path / "bad"
    bad.mkdir()
    (bad / "bad-1.0.0.yaml").write_text('stemma: 1\nname: bad\nversion: "1.0.0"\ntype: modle\nabuot: {}\n')
    checked = stemma("record", "validate", str(tmp_path))
    assert checked.code == 3
    assert "bad/bad-1.0.0.yaml:4:7" in checked.out
    assert "about" in checked.out
    document = valid(stemma("record", "validate", str(tmp_path), "-f", "json").out, "stemma.record-problems/1")
    assert (document["files"], document["records"]) == (2, ["base@1.0.0"])
    (run,) = json.loads(stemma("record", "validate", str(tmp_path), "-f", "sarif").out)["runs"]
    assert len(run["results"]) == len(document["problems"])
    place = run["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"].endswith("/bad/bad-1.0.0.yaml")
    assert {result["ruleId"] for result in run["results"]} <= {rule["id"] for rule in run["tool"]["driver"]["rules"]}


def test_fmt_keeps_comments_and_check_changes_nothing(stemma: Command, tmp_path: Path) -> None:
    file = tmp_path / "draft.yaml"
    file.write_text('stemma:   1   # kept\nname: draft\nversion: "1.0.0"\ntype:    model\n')
    before = file.read_text()
    assert stemma("record", "fmt", "--check", str(file)).code == 3
    assert file.read_text() == before
    assert stemma("record", "fmt", str(file)).code == 0
    assert "# kept" in file.read_text()
    assert file.read_text() != before
    assert stemma("record", "fmt", "--check", str(file)).code == 0


def test_a_draft_gets_the_version_that_its_changes_need(record: Command, tmp_path: Path) -> None:
    draft = tmp_path / "draft.yaml"
    draft.write_text((tmp_path / "base" / "base-1.0.0.yaml").read_text().replace("Base", "The base"))
    changes = record("diff", "base", str(draft))
    assert "Needs 1.0.1 at least (patch)" in changes.out
    document = valid(record("diff", "base", str(draft), "-f", "json").out, "stemma.record-difference/1")
    assert (document["bump"], document["needed"], document["changes"][0]["path"]) == ("patch", "1.0.1", "about.title")
    bumped = record("bump", str(draft))
    assert bumped.out.strip() == str(tmp_path / "base" / "base-1.0.1.yaml")
    assert "# the language" in (tmp_path / "base" / "base-1.0.1.yaml").read_text()


def test_a_bump_that_is_too_small_is_refused(record: Command, tmp_path: Path) -> None:
    draft = tmp_path / "draft.yaml"
    draft.write_text(text("base", relations=(("finetuned-from", "other"),)))
    refused = record("bump", str(draft), "--level", "minor")
    assert refused.code == 3
    assert "expected 2.0.0 or above" in refused.err
    assert record("bump", str(draft)).out.strip().endswith("base-2.0.0.yaml")


def test_a_copy_to_edit_needs_a_level(record: Command, tmp_path: Path) -> None:
    refused = record("bump", "base")
    assert refused.code == 3
    assert "--level" in refused.err
    assert record("bump", "base", "--level", "minor").out.strip() == str(tmp_path / "base" / "base-1.1.0.yaml")


def test_a_lock_tells_of_drift(record: Command, stemma: Command, tmp_path: Path) -> None:
    record("new", "child", "--from", "base")
    assert "1 pinned, 0 not found" in record("lock", "child").err
    assert stemma("record", "validate", "--locked", str(tmp_path)).code == 0
    base = tmp_path / "base" / "base-1.0.0.yaml"
    base.write_text(base.read_text().replace("llama", "gemma"))
    drifted = stemma("record", "validate", "--locked", str(tmp_path))
    assert drifted.code == 3
    assert "base@^1.0.0: its content is sha256:" in drifted.out
    unlocked = stemma("record", "validate", "--locked", str(base))
    assert "It has no lock." in unlocked.out


def test_migrate_has_nothing_to_do_yet(stemma: Command, record: Command, tmp_path: Path) -> None:
    assert "0 of 1 migrated." in stemma("record", "migrate", str(tmp_path)).err


def test_an_import_tells_sources_and_what_is_left(record: Command, models: Path, tmp_path: Path) -> None:
    done = record("import", "tuned", "--name", "my-tuned")
    assert (done.code, done.out) == (0, f"{tmp_path / 'my-tuned' / 'my-tuned-1.0.0.yaml'}\n")
    assert "  about.parameters: from model.safetensors (header)" in done.err
    assert "Left to write: about.title" in done.err
    assert done.err.endswith("1 record written, 0 remarks.\n")
    assert record("import", "tuned", "--name", "my-tuned", "--quiet").err == ""
    assert record("show", "my-tuned").code == 0
    shown = record("import", "other", "--dry-run", "-f", "json")
    document = valid(shown.out, "stemma.record-import/1")
    assert (document["written"], document["records"][0]["record"]) == (False, "other@1.0.0")


def test_an_import_writes_all_records_or_none(record: Command, tmp_path: Path) -> None:
    refused = record("import", "tuned", "nowhere")
    assert refused.code == 3 and "nowhere" in refused.err
    assert [folder.name for folder in tmp_path.iterdir()] == ["base"]
    clash = record("import", "base")
    assert clash.code == 3 and "with other content" in clash.err and "--force" in clash.err
    assert record("import", "base", "--force").code == 0


def test_an_import_from_a_hub(record: Command, hub: Hub, tmp_path: Path) -> None:
    card = b"---\nlicense: mit\nbase_model: acme/base\nbase_model_relation: quantized\n---\n"
    hub.add("acme/chat", {"README.md": card})
    done = record("import", "hf:acme/chat", "--with-parents", "3", HF_ENDPOINT=hub.endpoint)
    assert done.code == 0
    assert "hf:acme/base: This parent was not read:" in done.err
    assert "acme-chat@1.0.0: not in the registry: acme-base." in done.err
    assert "quantised-from" in (tmp_path / "acme-chat" / "acme-chat-1.0.0.yaml").read_text()
    offline = record("import", "hf:acme/other", "--offline", HF_ENDPOINT=hub.endpoint)
    assert offline.code == 3 and "offline" in offline.err
