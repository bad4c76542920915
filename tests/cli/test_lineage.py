"""``stemma verify``, ``lineage``, ``advisory`` and ``impact`` on small models and registries."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from stemma.advisories import RiskKind
from tests.cli.conftest import Command, Result
from tests.cli.test_commands import valid
from tests.hub.server import Hub
from tests.lineage.graphs import text
from tests.publish.sarif_structure import LOG

RECORDS = (
    text("data", type="dataset"),
    text("base", "trained-on data"),
    text(
        "tuned",
        {
            "kind": "finetuned-from",
            "target": "base",
            "method": "LoRA",
            "component": "decoder",
            "evidence": [{"grounds": "E1", "source": "card"}],
        },
    ),
    text("other", "finetuned-from base"),
    text("judged", "evaluated-on data"),
)


@pytest.fixture
def records(tmp_path: Path) -> Path:
    """A registry: ``tuned`` tells the truth, ``other`` lies."""
    for each in RECORDS:
        name = each.split("name: ")[1].split("\n")[0]
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{name}-1.0.0.yaml").write_text(each, encoding="utf-8")
    return tmp_path


@pytest.fixture
def run(stemma: Command, records: Path) -> Command:
    """``stemma`` with that registry, and a catalog of its own that is empty."""

    def call(*words: str, **environment: str) -> Result:
        place = {"STEMMA_REGISTRY": str(records), "STEMMA_CATALOG": str(records / ".catalog")}
        return stemma(*words, **{**place, **environment})

    return call


WEIGHTS = ("--weights", "base=base", "--weights", "tuned=tuned", "--weights", "other=other")
NEW = ("advisory", "new", "x_T-1", "--record", "data", "--risk", "harmful-content", "--severity", "high")


def _sarif(found: Result) -> list[dict[str, object]]:
    log = json.loads(found.out)
    Draft202012Validator(LOG).validate(log)
    results: list[dict[str, object]] = log["runs"][0]["results"]
    return results


def test_a_claim_that_holds(run: Command) -> None:
    run("catalog", "add", "other")
    done = run("verify", "tuned", *WEIGHTS)
    assert done.code == 0, done.out
    assert "1 declared weight edge: 1 holds" in done.out
    document = valid(run("verify", "tuned", *WEIGHTS, "-f", "json").out, "stemma.verification/1")
    (claim,) = document["claims"]
    assert (claim["verdict"], claim["grounds"], claim["ruling"]["basis"]) == ("holds", ["E1"], "weights")
    assert document["searched"] == 1


def test_a_claim_that_does_not(run: Command) -> None:
    done = run("verify", "other", *WEIGHTS)
    assert done.code == 1 and "contradicted" in done.out
    (result,) = _sarif(run("verify", "other", *WEIGHTS, "-f", "sarif"))
    assert (result["ruleId"], result["level"]) == ("stemma/lineage/contradicted", "error")


def test_without_weights_nothing_is_established(run: Command) -> None:
    done = run("verify", "tuned", "--keep")
    assert done.code == 2 and "--weights tuned=MODEL" in done.out and "nothing to keep" in done.err


def test_what_is_kept_becomes_part_of_the_graph(run: Command) -> None:
    assert "M2" not in run("lineage", "show", "tuned").out
    done = run("verify", "tuned", *WEIGHTS, "--keep")
    assert "kept in the registry" in done.err
    shown = run("lineage", "show", "tuned")
    assert "M2" in shown.out and "finetuned-from LoRA (decoder)" in shown.out and "E1 card" in shown.out
    run("verify", "tuned", *WEIGHTS, "--keep")  # the same again is no second ruling
    document = valid(run("lineage", "show", "tuned", "-f", "json").out, "stemma.lineage/1")
    assert [edge["basis"] for edge in document["edges"]] == ["declared", "measured"]


def test_an_undeclared_parent_is_found_in_the_catalog(run: Command, records: Path) -> None:
    run("catalog", "add", "base", "other")
    (records / "tuned" / "tuned-1.0.0.yaml").write_text(text("tuned"), encoding="utf-8")
    document = valid(run("verify", "tuned", "--weights", "tuned=tuned", "-f", "json").out, "stemma.verification/1")
    assert [each["subject"] for each in document["undeclared"]] == ["base@1.0.0"]
    (result,) = _sarif(run("verify", "tuned", "--weights", "tuned=tuned", "-f", "sarif"))
    assert result["ruleId"] == "stemma/lineage/undeclared"


def test_a_model_is_verified_by_what_its_card_declares(run: Command, models: Path, tmp_path: Path) -> None:
    run("catalog", "add", "base", "other")
    folder = tmp_path / ".mine"
    folder.mkdir()
    for file in (models / "tuned").iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    (folder / "README.md").write_text("---\nbase_model: other\n---\n", encoding="utf-8")
    document = valid(run("verify", str(folder), "-f", "json").out, "stemma.verification/1")
    assert [(claim["target"], claim["verdict"]) for claim in document["claims"]] == [("other", "contradicted")]
    assert [each["subject"] for each in document["undeclared"]] == ["base@1.0.0"]


def test_weights_on_a_hub_are_read_by_range(run: Command, records: Path, models: Path, hub: Hub) -> None:
    files = {file.name: file.read_bytes() for file in (models / "base").iterdir()}
    revision = hub.add("acme/base", files)
    published = text("base", identity={"hubs": [{"hub": "huggingface", "id": "acme/base", "revision": revision}]})
    (records / "base" / "base-1.0.0.yaml").write_text(published, encoding="utf-8")
    asked = ("verify", "tuned", "--weights", "tuned=tuned", "-f", "json")
    document = valid(run(*asked, HF_ENDPOINT=hub.endpoint).out, "stemma.verification/1")
    assert [(c["verdict"], c["ruling"]["basis"]) for c in document["claims"]] == [("holds", "ranges")]
    offline = valid(run(*asked, "--offline", HF_ENDPOINT=hub.endpoint).out, "stemma.verification/1")
    assert [c["verdict"] for c in offline["claims"]] == ["not established"]


def test_other_files_than_the_record_names_say_nothing_of_it(run: Command, records: Path) -> None:
    named = text(
        "other", "finetuned-from base", identity={"files": [{"path": "model.safetensors", "sha256": "0" * 64}]}
    )
    (records / "other" / "other-1.0.0.yaml").write_text(named, encoding="utf-8")
    done = run("verify", "other", *WEIGHTS)
    assert done.code == 2 and "holds other files" in done.out.replace("\n ", "")


def test_a_draft_is_verified_from_its_file(run: Command, tmp_path: Path) -> None:
    draft = tmp_path / "draft.yaml"
    draft.write_text(text("draft", "finetuned-from base", "quantised-from nobody"), encoding="utf-8")
    asked = ("verify", str(draft), "--weights", "draft=other", "--weights", "base=base", "-f", "json")
    document = valid(run(*asked).out, "stemma.verification/1")
    assert [claim["verdict"] for claim in document["claims"]] == ["contradicted", "not established"]
    assert run("verify", str(draft)).code == 2


@pytest.mark.parametrize("given", ["base", "=base", "base="])
def test_weights_have_to_be_named(run: Command, given: str) -> None:
    done = run("verify", "tuned", "--weights", given)
    assert done.code == 3 and "NAME=MODEL" in done.err


def test_walks(run: Command) -> None:
    up = valid(run("lineage", "ancestors", "tuned", "-f", "json").out, "stemma.lineage/1")
    assert [(node["key"], node["depth"]) for node in up["nodes"]] == [
        ("tuned@1.0.0", 0),
        ("base@1.0.0", 1),
        ("data@1.0.0", 2),
    ]
    down = run("lineage", "descendants", "data")
    assert "4 descendants" in down.out and "judged@1.0.0" in down.out
    few = run("lineage", "descendants", "data", "--kind", "trained-on", "--depth", "3")
    assert "1 descendant." in few.out
    assert run("lineage", "ancestors", "nobody").code == 3


def test_paths(run: Command) -> None:
    found = run("lineage", "path", "data", "tuned")
    assert found.code == 0
    assert "data@1.0.0 →(trained-on) base@1.0.0 →(finetuned-from) tuned@1.0.0" in found.out.replace("\n   ", " ")
    every = valid(run("lineage", "path", "data", "tuned", "--all", "-f", "json").out, "stemma.lineage/1")
    assert len(every["paths"]) == 1
    none = run("lineage", "path", "tuned", "data")
    assert none.code == 2 and "There is none" in none.out


def test_conflicts(run: Command) -> None:
    assert run("lineage", "conflicts").code == 0
    run("verify", "other", *WEIGHTS, "--keep")
    done = run("lineage", "conflicts")
    assert done.code == 1 and "contradicted by weights" in done.out
    document = valid(run("lineage", "conflicts", "other", "-f", "json").out, "stemma.conflicts/1")
    assert document["names"] == ["other"] and len(document["conflicts"]) == 1
    assert run("lineage", "conflicts", "judged").code == 0


def test_an_advisory_from_beginning_to_end(run: Command, tmp_path: Path) -> None:
    made = run(*NEW, "--summary", "Bad data.", "--atlas", "AML.T0020", "--avid", "AVID-2023-V001")
    assert made.code == 0 and json.loads(made.out)["id"] == "x_T-1"
    assert run(*NEW).code == 3
    shown = run("advisory", "show", "x_T-1")
    assert shown.out == made.out
    listing = valid(run("advisory", "list", "-f", "json").out, "stemma.advisories/1")
    assert [(a["id"], a["severity"], a["risks"]) for a in listing["advisories"]] == [
        ("x_T-1", "high", ["harmful-content"])
    ]
    file = tmp_path / "x.json"
    file.write_text(made.out)
    again = run("advisory", "import", str(file))
    assert again.code == 0 and "known already" in again.err
    assert run("impact", "x_T-1").code == 1
    assert run("advisory", "withdraw", "x_T-1").code == 0
    assert run("advisory", "withdraw", "x_T-1").code == 3
    assert "no advisory" in run("advisory", "list").out
    assert "withdrawn" in run("advisory", "list", "--withdrawn").out
    gone = run("impact", "x_T-1")
    assert gone.code == 0 and "withdrawn" in gone.out


def test_an_advisory_has_to_say_something(run: Command) -> None:
    assert run("advisory", "new", "x_T-1").code == 3
    assert run("advisory", "new", "nope", "--record", "data", "--risk", "bias").code == 3
    assert run("advisory", "show", "x_T-1").code == 3


def test_advisories_are_checked(run: Command, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    good.write_text('{"id": "x_T-1", "modified": "2026-01-01T00:00:00Z"}')
    bad.write_text('{"id": "x_T-2",\n "modifed": "2026-01-01T00:00:00Z"}')
    assert run("advisory", "validate", str(good)).code == 0
    done = run("advisory", "validate", str(good), str(bad))
    assert done.code == 3 and f"{bad}:2:" in done.out and "Did you mean modified?" in done.out
    document = valid(run("advisory", "validate", str(tmp_path), "-f", "json").out, "stemma.advisory-problems/1")
    assert document["advisories"] == ["x_T-1"] and len(document["problems"]) == 2
    assert run("advisory", "import", str(tmp_path)).code == 3
    assert run("advisory", "list").out.strip() == "no advisory"


def test_impact_of_an_advisory(run: Command, records: Path) -> None:
    run(*NEW)
    done = run("impact", "x_T-1")
    assert done.code == 1 and "reaches 4 surely and 0 possibly" in done.out
    assert "judged" not in done.out
    document = valid(run("impact", "x_T-1", "-f", "json").out, "stemma.impact/1")
    reached = {each["subject"]: [step["kind"] for step in each["path"]] for each in document["impacts"][0]["reached"]}
    assert reached["tuned@1.0.0"] == ["trained-on", "finetuned-from"]
    file = records / ".advisory.json"
    assert run("advisory", "show", "x_T-1", "-o", str(file)).code == 0
    assert "reaches 4 surely" in run("impact", str(file)).out
    results = _sarif(run("impact", "x_T-1", "-f", "sarif"))
    assert {result["level"] for result in results} == {"error"} and len(results) == 4


def test_impact_on_a_record(run: Command) -> None:
    assert run("impact", "tuned").code == 0
    run(*NEW)
    assert run("impact", "tuned").code == 1
    assert run("impact", "judged").code == 0
    done = run("impact", "tuned", "--framework", "EU AI Act")
    assert "Annex IV" in done.out
    document = valid(run("impact", "tuned", "--framework", "eu-ai-act", "-f", "json").out, "stemma.impact/1")
    assert document["framework"]["name"] == "EU AI Act" and document["clauses"]
    refused = run("impact", "tuned", "--framework", "nothing")
    assert refused.code == 3 and "eu-ai-act" in refused.err


def test_impact_on_weights_without_a_record(run: Command) -> None:
    run("catalog", "add", "base", "other")
    run("advisory", "new", "x_T-1", "--record", "base", "--risk", "licence")
    done = run("impact", "./tuned")
    assert done.code == 2 and "shares trained weights with base@1.0.0" in done.out.replace("\n   ", " ")
    assert run("impact", "./twin").code == 0


def test_impact_on_a_model_of_a_hub(run: Command, models: Path, hub: Hub) -> None:
    files = {file.name: file.read_bytes() for file in (models / "tuned").iterdir()}
    hub.add("acme/tuned", files)
    run("catalog", "add", "base", "other")
    asked = ("impact", "hf:acme/tuned", "-f", "json")
    run("advisory", "new", "x_T-1", "--record", "base", "--risk", "licence")
    found = valid(run(*asked, HF_ENDPOINT=hub.endpoint).out, "stemma.impact/1")
    assert [impact["advisory"]["id"] for impact in found["impacts"]] == ["x_T-1"]
    run("advisory", "new", "x_T-2", "--repository", "https://huggingface.co/acme/tuned", "--risk", "backdoor")
    again = valid(run(*asked, HF_ENDPOINT=hub.endpoint).out, "stemma.impact/1")
    told = {impact["advisory"]["id"]: impact["reached"][0]["certainty"] for impact in again["impacts"]}
    assert told == {"x_T-1": "possibly affected", "x_T-2": "affected"}


def test_impact_by_the_digest_of_a_file(run: Command, models: Path) -> None:
    from hashlib import sha256

    digest = sha256((models / "other" / "model.safetensors").read_bytes()).hexdigest()
    run("advisory", "new", "x_T-1", "--digest", f"sha256:{digest}", "--risk", "malicious-file")
    assert run("impact", "./other").code == 1
    assert run("impact", "./base").code == 0


def test_a_registry_has_to_be_there(stemma: Command, tmp_path: Path) -> None:
    for words in (("verify", "x"), ("impact", "x"), ("lineage", "conflicts"), ("advisory", "list")):
        done = stemma(*words, "--registry", str(tmp_path / "nowhere"))
        assert done.code == 3 and "no registry" in done.err


@pytest.mark.parametrize("command", ["verify", "impact", "lineage path", "lineage show", "advisory new"])
def test_help_has_examples(stemma: Command, command: str) -> None:
    done = stemma(*command.split(), "--help")
    assert done.code == 0 and "Examples:" in done.out and f"stemma {command}" in done.out


def test_every_risk_can_be_named(run: Command) -> None:
    for number, risk in enumerate(RiskKind):
        assert run("advisory", "new", f"x_R-{number}", "--record", "base", "--risk", risk.value).code == 0


def test_a_database_serves_as_well(stemma: Command, tmp_path: Path) -> None:
    """The same commands on a registry in SQLite."""
    place = {"STEMMA_REGISTRY": str(tmp_path / "r.db"), "STEMMA_CATALOG": str(tmp_path / "catalog")}
    assert stemma("registry", "init", **place).code == 0
    source = tmp_path / "records"
    for each in RECORDS:
        name = each.split("name: ")[1].split("\n")[0]
        (source / name).mkdir(parents=True)
        (source / name / f"{name}-1.0.0.yaml").write_text(each, encoding="utf-8")
    assert stemma("registry", "import", str(source), **place).code == 0
    assert stemma(*NEW, **place).code == 0
    assert "reaches 4 surely" in stemma("impact", "x_T-1", **place).out
    assert stemma("verify", "other", *WEIGHTS, "--keep", **place).code == 1
    assert "contradicted by weights" in stemma("lineage", "conflicts", **place).out
    assert "reaches 3 surely and 1 possibly" in stemma("impact", "x_T-1", **place).out
