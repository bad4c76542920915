"""Problems of records in SARIF 2.1.0, for code review."""

from __future__ import annotations

from stemma.publish.canonical import plain
from stemma.publish.result_json import Document
from stemma.publish.sarif import SCHEMA
from stemma.registry import Checked

PREFIX = "stemma/record/"


def problems_sarif(checked: Checked, version: str) -> Document:
    """One run with a result for each problem; file names are relative to where the check was run."""
    rules = sorted({problem.rule or "language" for problem in checked.problems})
    driver = {
        "name": "Stemma",
        "informationUri": "https://pypi.org/project/stemma/",
        **({"semanticVersion": version} if version else {}),
        "rules": [
            {
                "id": f"{PREFIX}{rule}",
                "name": rule,
                "shortDescription": {"text": f"Rule {rule} of the record language."},
            }
            for rule in rules
        ],
    }
    results = [
        {
            "ruleId": f"{PREFIX}{problem.rule or 'language'}",
            "ruleIndex": rules.index(problem.rule or "language"),
            "level": "error",
            "message": {"text": f"{problem.message} {problem.advice}".strip()},
            "locations": [_location(problem.file, problem.line, problem.column)],
        }
        for problem in checked.problems
    ]
    log = {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}],
    }
    document, _ = plain(log)
    assert isinstance(document, dict)
    return document


def _location(file: str, line: int, column: int) -> dict[str, object]:
    place: dict[str, object] = {"artifactLocation": {"uri": file}}
    if line:
        place["region"] = {"startLine": line, **({"startColumn": column} if column else {})}
    return {"physicalLocation": place}
