"""The advisory language: warnings about models and data, in the shape of OSV (schema 1.7).

An advisory is a JSON document. What OSV has no field for stands under ``database_specific.stemma``::

    {
      "schema_version": "1.7.5",
      "id": "x_ACME-2026-0001",                 # a database that OSV knows, or x_...
      "modified": "2026-03-01T12:00:00Z",
      "summary": "The data holds images of child abuse.",
      "affected": [
        {"ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "2.0.0"}]}],
         "database_specific": {"stemma": {"record": "laion-5b"}}},
        {"ranges": [{"type": "GIT", "repo": "https://huggingface.co/acme/base",
                     "events": [{"introduced": "0"}, {"fixed": "9f1c0de..."}]}]},
        {"database_specific": {"stemma": {"digests": ["sha256:..."]}}}
      ],
      "database_specific": {"stemma": {"risks": ["harmful-content"], "severity": "critical",
                                       "atlas": ["AML.T0020"], "avid": ["AVID-2023-V001"]}}
    }

There is no ``package`` for models: OSV knows no ecosystem of theirs, and its validator refuses an unknown one.

``parse_advisory(text)`` gives an :class:`Advisory` or every problem with its place; ``new_advisory`` makes one,
``withdrawn_advisory`` takes one back, ``advisory_text`` writes. ``load_propagation()`` is the table that says which
risk travels along which relation. Values are frozen; times are handed in.
"""

from __future__ import annotations

from stemma.advisories.advisory import Advisory, Affected, Commits, Reference, Span
from stemma.advisories.identifiers import id_problem, repository_of, repository_of_purl
from stemma.advisories.propagation import Effect, Propagation, Rule, load_propagation
from stemma.advisories.read import advisory_from_data, check_advisory, parse_advisory
from stemma.advisories.risks import RiskKind, Severity
from stemma.advisories.write import (
    advisory_text,
    affected_digests,
    affected_record,
    affected_repository,
    moment,
    new_advisory,
    withdrawn_advisory,
)

__all__ = [
    "Advisory",
    "Affected",
    "Commits",
    "Effect",
    "Propagation",
    "Reference",
    "RiskKind",
    "Rule",
    "Severity",
    "Span",
    "advisory_from_data",
    "advisory_text",
    "affected_digests",
    "affected_record",
    "affected_repository",
    "check_advisory",
    "id_problem",
    "load_propagation",
    "moment",
    "new_advisory",
    "parse_advisory",
    "repository_of",
    "repository_of_purl",
    "withdrawn_advisory",
]
