"""From one version of the language to the next. Each step rewrites a document in place, so comments survive.

A step ``n`` takes a document of language ``n`` and leaves one of language ``n + 1``, less the number itself, which is
set here. There is one version of the language so far, hence no step.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping
from typing import Any

from stemma.errors import InvalidRecord, Problem
from stemma.records.layout import dump_tree, load_tree
from stemma.records.nodes import Findings, read_tree
from stemma.records.table import LANGUAGE

Step = Callable[[MutableMapping[str, Any]], None]

STEPS: Mapping[int, Step] = {}


def language_of(text: str, file: str = "<record>") -> int:
    """The version of the language that a text says it is written in.

    Raises:
        InvalidRecord: the text cannot be read, or does not say.
    """
    findings = Findings(file)
    root = read_tree(text, findings)
    if root is None or findings.problems:
        raise InvalidRecord(findings.sorted())
    entry = root.value.get("stemma") if isinstance(root.value, dict) else None
    if entry is None or type(entry[1].value) is not int:
        findings.add(
            root, "required", "The key 'stemma' is missing or no integer.", "It is the version of the language."
        )
        raise InvalidRecord(findings.sorted())
    version: int = entry[1].value
    return version


def migrate_record(
    text: str, file: str = "<record>", *, steps: Mapping[int, Step] = STEPS, to: int = LANGUAGE
) -> tuple[str, tuple[int, ...]]:
    """The text in language ``to``, and the steps that were taken; the text itself where none is needed.

    Raises:
        InvalidRecord: the text cannot be read, is of a later language, or no step leads on from its own.
    """
    found = version = language_of(text, file)
    if version > to:
        raise _refused(file, f"Got language {version}, expected at most {to}.", "A newer program wrote it.")
    if version == to:
        return text, ()
    tree = load_tree(text)
    while version < to:
        if version not in steps:
            raise _refused(file, f"Got language {version}, from which no step leads to {to}.", "Write it anew.")
        steps[version](tree)
        version += 1
        tree["stemma"] = version
    return dump_tree(tree), tuple(range(found, to))


def _refused(file: str, message: str, advice: str) -> InvalidRecord:
    return InvalidRecord([Problem(file, 1, 1, message, advice, "language")])
