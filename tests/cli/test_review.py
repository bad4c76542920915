"""Records under review: SARIF for code scanning, the hooks of pre-commit, the step of a GitHub Action."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from stemma.publish.registry.sarif import PREFIX, RULES
from tests.cli.conftest import Command
from tests.publish.sarif_structure import LOG
from tests.registry.texts import text

ROOT = Path(__file__).parents[2]
BAD = 'stemma: 1\nname: bad\nversion: "1.0.0"\ntype: modle\nabuot: {}\n'


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stemma: Command) -> Path:
    """A directory with ``records``: one good record, and one that is not."""
    for name, content in (("base", text("base")), ("bad", BAD)):
        (tmp_path / "records" / name).mkdir(parents=True)
        (tmp_path / "records" / name / f"{name}-1.0.0.yaml").write_text(content)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def results(log: str) -> list[dict[str, Any]]:
    """The results of a log that keeps to the standard, every one with its rule."""
    document = json.loads(log)
    Draft202012Validator(LOG).validate(document)
    (run,) = document["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert rules == sorted(set(rules))
    found: list[dict[str, Any]] = run["results"]
    assert all(rules[result["ruleIndex"]] == result["ruleId"] for result in found)
    return found


def fingerprints(found: list[dict[str, Any]]) -> list[str]:
    return [result["partialFingerprints"]["stemmaProblem/v1"] for result in found]


def test_findings_stand_at_their_lines_in_the_repository(repository: Path, stemma: Command) -> None:
    found = results(stemma("record", "validate", "records", "-f", "sarif").out)
    places = [result["locations"][0]["physicalLocation"] for result in found]
    assert {place["artifactLocation"]["uri"] for place in places} == {"records/bad/bad-1.0.0.yaml"}
    assert [(place["region"]["startLine"], place["region"]["startColumn"]) for place in places] == [(4, 7), (5, 1)]
    assert [result["ruleId"] for result in found] == [f"{PREFIX}value", f"{PREFIX}unknown"]
    whole = results(stemma("record", "validate", str(repository / "records"), "-f", "sarif").out)
    assert whole == found
    assert "records/bad/bad-1.0.0.yaml:4:7: " in stemma("record", "validate", "records").out


def test_the_same_problem_is_the_same_result_after_lines_above_it_changed(repository: Path, stemma: Command) -> None:
    before = fingerprints(results(stemma("record", "validate", "records", "-f", "sarif").out))
    assert len(set(before)) == 2
    (repository / "records" / "bad" / "bad-1.0.0.yaml").write_text("# A comment\n\n" + BAD)
    assert fingerprints(results(stemma("record", "validate", "records", "-f", "sarif").out)) == before


def test_files_elsewhere_have_an_address_and_odd_names_are_encoded(
    repository: Path, stemma: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd = repository / "records" / "bad" / "a b#%ü.yaml"
    odd.write_text("")
    uris = [
        result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        for result in results(stemma("record", "validate", "records", "-f", "sarif").out)
    ]
    assert "records/bad/a%20b%23%25%C3%BC.yaml" in uris
    (repository / "below").mkdir()
    monkeypatch.chdir(repository / "below")
    found = results(stemma("record", "validate", "../records", "-f", "sarif").out)
    assert all(r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].startswith("file:///") for r in found)


def test_every_rule_of_the_code_is_explained() -> None:
    said: set[str] = set()
    for file in (*(ROOT / "src/stemma/records").glob("*.py"), *(ROOT / "src/stemma/registry").glob("[ld]*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                at = {"Problem": 5, "add": 1, "_bad": 1, "_refuse": 1}.get(name, len(node.args))
                said |= {str(arg.value) for arg in node.args[at : at + 1] if isinstance(arg, ast.Constant)}
                said |= {
                    str(k.value.value) for k in node.keywords if k.arg == "rule" and isinstance(k.value, ast.Constant)
                }
    said -= {"layout"}  # of fmt alone
    assert said <= set(RULES)
    assert set(RULES) - said <= {"value", "lock", "target"}
    assert all(re.fullmatch(r"[A-Z].+\.", sentence) for sentence in RULES.values())


def _environment() -> dict[str, str]:
    tools = Path(sys.executable).parent
    return {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT / "src")}


def _step(script: str, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """A step as a runner starts it."""
    file = cwd / "step.sh"
    file.write_text(script)
    command = ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", str(file)]
    environment = {**_environment(), **variables}
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False, timeout=120)


def test_the_action_fails_with_the_findings_written(repository: Path) -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    assert action["runs"]["using"] == "composite"
    steps = {step.get("name", step.get("uses")): step for step in action["runs"]["steps"]}
    told = json.dumps(action["runs"])
    assert all(f"inputs.{name}" in told for name in action["inputs"])
    assert not any("${{" in step.get("run", "") for step in steps.values()), "inputs reach the shell as variables alone"
    script = steps["Validate"]["run"]
    variables = {"DIRECTORY": "records", "LOCKED": "false", "SARIF": "found.sarif"}
    assert set(steps["Validate"]["env"]) == set(variables)
    failed = _step(script, repository, **variables)
    assert failed.returncode == 3
    assert "records/bad/bad-1.0.0.yaml:4:7: Got 'modle'" in failed.stdout
    assert len(results((repository / "found.sarif").read_text())) == 2
    (repository / "records/bad/bad-1.0.0.yaml").write_text(text("bad"))
    good = _step(script, repository, **variables)
    assert (good.returncode, results((repository / "found.sarif").read_text())) == (0, [])


def test_the_hooks_run_under_pre_commit(repository: Path) -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))

    def run(*command: str) -> subprocess.CompletedProcess[str]:
        environment = {**_environment(), "PRE_COMMIT_HOME": str(repository / "cache")}
        return subprocess.run(
            command, cwd=repository, env=environment, capture_output=True, text=True, check=False, timeout=120
        )

    assert run("pre-commit", "validate-manifest", str(ROOT / ".pre-commit-hooks.yaml")).returncode == 0
    local = [{**hook, "language": "system"} for hook in hooks]
    config = {"repos": [{"repo": "local", "hooks": local}]}
    (repository / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config))
    run("git", "init", "-q")
    run("git", "add", ".")
    failed = run("pre-commit", "run", "--all-files")
    assert failed.returncode == 1
    assert "records/bad/bad-1.0.0.yaml:4:7" in failed.stdout
    (repository / "records/bad/bad-1.0.0.yaml").write_text(text("bad"))
    run("pre-commit", "run", "--all-files")
    run("git", "add", ".")
    again = run("pre-commit", "run", "--all-files")
    assert again.returncode == 0, again.stdout
