"""SARIF logs keep to the standard, and the same pair is the same result in every run."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

import examples
import pytest
from hypothesis import HealthCheck, given, settings
from jsonschema import Draft202012Validator
from sarif_structure import LOG
from strategies import reports, texts

from stemma.publish.canonical import to_line
from stemma.publish.model import ComparisonReport
from stemma.publish.sarif import artifact_uri, comparison_sarif, scan_sarif

VALIDATOR = Draft202012Validator(LOG)


def run_of(document: Any) -> Any:
    """Check the log and give its one run as a reader gets it."""
    VALIDATOR.validate(document)
    run = json.loads(to_line(document))["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    assert all(rules[result["ruleIndex"]]["id"] == result["ruleId"] for result in run["results"])
    return run


EXPECTED = {
    "fine-tune": ("stemma/linked/M2", "fail", "note"),
    "copy": ("stemma/linked/M1", "fail", "note"),
    "independent": ("stemma/not-established", "open", "none"),
    "twins": ("stemma/independent/X4", "pass", "none"),
    "pruned": ("stemma/linked/M6", "fail", "note"),
    "early-fork": ("stemma/not-established", "open", "none"),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_each_outcome_has_its_rule(name: str) -> None:
    (result,) = run_of(comparison_sarif([examples.COMPARISONS[name]]))["results"]
    assert (result["ruleId"], result["kind"], result["level"]) == EXPECTED[name]


def test_a_pair_that_could_not_be_read_is_an_error_of_the_run() -> None:
    run = run_of(comparison_sarif([examples.FINE_TUNE, examples.UNREADABLE]))
    assert len(run["results"]) == 1
    assert run["invocations"][0]["executionSuccessful"] is False
    assert "9 EiB" in run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"]


def test_no_pairs_give_an_empty_run() -> None:
    assert run_of(comparison_sarif([]))["results"] == []


def test_scans() -> None:
    run = run_of(scan_sarif(examples.SCAN))
    assert [r["properties"]["rank"] for r in run["results"]] == [1, 2, 3]
    assert run_of(scan_sarif(examples.SCAN_EMPTY))["results"] == []
    assert run_of(scan_sarif(examples.SCAN_FAILED))["invocations"][0]["executionSuccessful"] is False


def test_the_fingerprint_of_a_result_is_that_of_the_pair() -> None:
    def digest(report: ComparisonReport) -> str:
        return str(run_of(comparison_sarif([report]))["results"][0]["partialFingerprints"]["stemmaPair/v1"])

    assert digest(examples.report("./x")) == digest(examples.report("./x", reasons=("otherwise",)))
    assert digest(examples.report("./x")) != digest(examples.report("./y"))


def test_an_anchor_takes_the_place_of_the_model() -> None:
    (result,) = run_of(comparison_sarif([examples.FINE_TUNE], anchor="models.lock"))["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "models.lock"
    assert len(result["relatedLocations"]) == 2


@pytest.mark.parametrize(
    ("reference", "uri"),
    [
        ("./my model", "./my%20model"),
        ("hf:org/name@main", "hf:org/name@main"),
        ("a:b", "a%3Ab"),
        ("", "."),
        ("https://h/x?y=1", "https://h/x?y=1"),
        ("pkg:huggingface/o/n@1", "pkg:huggingface/o/n@1"),
        ("hf:%zz%20", "hf:%25zz%20"),
    ],
)
def test_references_become_uris(reference: str, uri: str) -> None:
    assert artifact_uri(reference) == uri


@given(texts)
def test_every_reference_becomes_a_uri(reference: str) -> None:
    uri = artifact_uri(reference)
    assert uri and uri.isascii() and uri.isprintable() and " " not in uri
    urlsplit(uri)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(reports())
def test_any_report_keeps_to_the_standard(report: ComparisonReport) -> None:
    run_of(comparison_sarif([report]))
