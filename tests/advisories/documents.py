"""Advisories for tests."""

from __future__ import annotations

import json
from typing import Any


def document(**changes: Any) -> dict[str, Any]:
    """A sound advisory on a data set, with some fields changed; None takes one out."""
    whole: dict[str, Any] = {
        "schema_version": "1.7.5",
        "id": "x_ACME-2026-0001",
        "modified": "2026-03-01T12:00:00Z",
        "published": "2026-02-01T12:00:00Z",
        "summary": "Images of abuse in the data.",
        "aliases": ["CVE-2026-0001"],
        "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}],
        "affected": [
            {
                "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "2.0.0"}]}],
                "database_specific": {"stemma": {"record": "laion-5b"}},
            }
        ],
        "references": [{"type": "WEB", "url": "https://example.org/report"}],
        "database_specific": {
            "stemma": {"risks": ["harmful-content"], "atlas": ["AML.T0020"], "avid": ["AVID-2023-V001"]}
        },
    }
    whole |= changes
    return {key: value for key, value in whole.items() if value is not None}


def text(**changes: Any) -> str:
    """The same as JSON."""
    return json.dumps(document(**changes), indent=1)


def affected(events: list[dict[str, str]], **more: Any) -> list[dict[str, Any]]:
    """One affected record, ``base``, in ranges between events."""
    own = {"database_specific": {"stemma": {"record": "base"}}}
    return [{"ranges": [{"type": "SEMVER", "events": events}], **own, **more}]
