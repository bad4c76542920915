"""How values are written, and what earlier versions wrote of them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stemma.errors import InputError
from stemma.registry.edges import MeasuredEdge
from stemma.registry.forms import canonical, canonical_texts, line_of, value_of
from tests.registry.values import ruling


def test_a_ruling_of_earlier_versions_is_read_and_keeps_its_identity() -> None:
    """They did not tell whether every planned test looked: that is unknown, not no, and not yes."""
    old = line_of(ruling("a", "b"))
    assert "looked_everywhere" not in json.loads(old)
    read = value_of(MeasuredEdge, old)
    assert read.looked_everywhere is None
    assert (line_of(read), read.id) == (old, hashlib.sha256(old.encode()).hexdigest())


@pytest.mark.parametrize("looked", [True, False])
def test_what_is_told_is_kept(looked: bool) -> None:
    told = ruling("a", "b", looked_everywhere=looked)
    assert value_of(MeasuredEdge, line_of(told)) == told
    assert told.id != replace(told, looked_everywhere=None).id


def test_no_other_field_may_be_absent_and_none_may_be_added() -> None:
    told = json.loads(line_of(ruling("a", "b", looked_everywhere=True)))
    for name in told.keys() - {"looked_everywhere"}:
        with pytest.raises(InputError, match="expected an object with"):
            value_of(MeasuredEdge, json.dumps({key: value for key, value in told.items() if key != name}))
    for wrong in ({"more": 1}, {"looked_everywhere": "yes"}, {"looked_everywhere": 1}):
        with pytest.raises(InputError):
            value_of(MeasuredEdge, json.dumps(told | wrong))


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=8) | st.sampled_from(['"', "\\", "a", ""])))
def test_a_list_of_texts_has_one_spelling_whatever_they_hold(texts: list[str]) -> None:
    assert canonical_texts(texts) == canonical(texts)
