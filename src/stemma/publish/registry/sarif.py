"""Problems of records in SARIF 2.1.0, for code review.

- The rules have stable ids, ``stemma/record/...``.
- Files are told relative to ``root``, the top of the repository that a platform shows; others by absolute address.
- ``partialFingerprints`` depend on rule, file and message, and not on the line, so that the same problem is the same
  result after lines above it have changed.
"""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from stemma.errors import Problem
from stemma.publish.canonical import Document, plain
from stemma.publish.sarif import SCHEMA

if TYPE_CHECKING:
    from stemma.registry import Checked

PREFIX = "stemma/record/"
RULES: Mapping[str, str] = {
    "alias": "Anchors and aliases have no place in a record.",
    "append": "Only a list that is inherited can be appended to.",
    "bump": "A version has to rise by as much as the changes ask for.",
    "circle": "Records inherit from one another without a circle.",
    "depth": "Values are nested no deeper than the language allows.",
    "directive": "YAML directives have no place in a record.",
    "documents": "A file holds one record.",
    "duplicate": "Nothing is said twice.",
    "empty": "A file holds a record.",
    "encoding": "Files are UTF-8.",
    "key": "Keys are strings in the form that their section asks for.",
    "language": "A record names the version of the language that it is written in.",
    "lock": "What a record leads to is what its lock says.",
    "lookalike": "Names differ in more than case.",
    "more": "Of many problems in a file the first are shown.",
    "null": "A key with nothing to say is left out.",
    "path": "Paths stay within the model.",
    "place": "A record lies at NAME/NAME-VERSION.yaml.",
    "read": "Files can be read, are plain files, and no larger than a record may be.",
    "required": "A record has the keys without which it says nothing.",
    "size": "Files, lists and texts keep to the bounds of the language.",
    "survey": "Question sets of one's own can be read.",
    "tag": "YAML tags have no place in a record.",
    "target": "Relations lead to records that are there.",
    "type": "Sections are mappings.",
    "types": "Relations and fields fit the type of the record.",
    "unknown": "Keys are those of the language.",
    "value": "Values have the form that their field asks for.",
    "yaml": "A record is YAML.",
}
"""What each rule asks for, by the word that a problem carries."""


def problems_sarif(checked: Checked, version: str, root: Path) -> Document:
    """One run with a result for each problem; ``root`` is the directory that paths of files are told from."""
    rules = sorted({problem.rule for problem in checked.problems})
    driver = {
        "name": "Stemma",
        "informationUri": "https://pypi.org/project/stemma/",
        **({"semanticVersion": version} if version else {}),
        "rules": [
            {"id": f"{PREFIX}{rule}", "name": f"Record{rule.capitalize()}", "shortDescription": {"text": RULES[rule]}}
            for rule in rules
        ],
    }
    seen: Counter[tuple[str, ...]] = Counter()
    results = [_result(problem, rules.index(problem.rule), root, seen) for problem in checked.problems]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    document, _ = plain({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})
    assert isinstance(document, dict)
    return document


def _result(problem: Problem, index: int, root: Path, seen: Counter[tuple[str, ...]]) -> dict[str, Any]:
    uri = _uri(problem.file, root)
    what = (problem.rule, uri, problem.message)
    seen[what] += 1
    digest = hashlib.sha256("\0".join((*what, str(seen[what]))).encode("utf-8", "surrogatepass")).hexdigest()
    region = {"startLine": problem.line, **({"startColumn": problem.column} if problem.column else {})}
    place = {"artifactLocation": {"uri": uri}, **({"region": region} if problem.line else {})}
    return {
        "ruleId": f"{PREFIX}{problem.rule}",
        "ruleIndex": index,
        "kind": "fail",
        "level": "error",
        "message": {"text": f"{problem.message} {problem.advice}".strip()},
        "locations": [{"physicalLocation": place}],
        "partialFingerprints": {"stemmaProblem/v1": digest},
    }


def _uri(file: str, root: Path) -> str:
    path = Path(os.path.normpath(root / file))
    if path.is_relative_to(root):
        return quote(path.relative_to(root).as_posix().encode("utf-8", "surrogatepass"), safe="/~-._")
    return path.as_uri()
