"""Declared licences beside inherited ones."""

from __future__ import annotations

from typing import Any

import pytest

from stemma.identity import Version
from stemma.lineage import Agreement, licence_findings
from stemma.records import Resolver
from tests.lineage.graphs import fill, memory, text


def _licensed(key: str, *relations: str, licence: str = "", **more: Any) -> str:
    return text(key, *relations, **({"about": {"licenses": [licence]}} if licence else {}), **more)


def _found(*texts: str) -> list[tuple[str, Agreement, tuple[str, ...]]]:
    registry = fill(memory(), *texts)
    record = registry.records.get("child", Version.parse("1.0.0"))
    found = licence_findings(record, Resolver(registry.records, dangling="report"))
    return [(each.upstream, each.agreement, each.dropped) for each in found]


@pytest.mark.parametrize(
    ("upstream", "own", "agreement", "dropped"),
    [
        ("apache-2.0", "Apache-2.0", Agreement.SAME, ()),
        ("apache-2.0", "mit", Agreement.DIFFERS, ()),
        ("cc-by-nc-4.0", "apache-2.0", Agreement.DROPPED, ("no commercial use",)),
        ("cc-by-nc-4.0", "cc-by-nc-sa-4.0", Agreement.DIFFERS, ()),
        ("gpl-3.0", "mit", Agreement.DROPPED, ("what is made of it stays under the same terms",)),
        ("apache-2.0", "", Agreement.NOT_STATED, ()),
    ],
)
def test_agreement(upstream: str, own: str, agreement: Agreement, dropped: tuple[str, ...]) -> None:
    found = _found(_licensed("base", licence=upstream), _licensed("child", "finetuned-from base", licence=own))
    assert found == [("base@1.0.0", agreement, dropped)]


def test_only_where_terms_travel_and_over_several_steps() -> None:
    found = _found(
        _licensed("root", licence="cc-by-nc-4.0"),
        _licensed("base", "finetuned-from root"),
        _licensed("teacher", licence="gpl-3.0"),
        _licensed("data", licence="cc-by-sa-4.0", type="dataset"),
        _licensed("child", "quantised-from base", "distilled-from teacher", "trained-on data", licence="mit"),
    )
    assert [key for key, _, _ in found] == ["root@1.0.0"]


def test_circles_end() -> None:
    found = _found(_licensed("base", "finetuned-from child", licence="mit"), _licensed("child", "finetuned-from base"))
    assert found == [("base@1.0.0", Agreement.NOT_STATED, ())]
