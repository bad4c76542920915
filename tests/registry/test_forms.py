"""How values are written, and what earlier versions wrote of them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields, is_dataclass, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stemma.errors import InputError
from stemma.registry.edges import MeasuredEdge
from stemma.registry.forms import canonical, canonical_texts, line_of, texts_of, value_of
from stemma.registry.notices import Alert, Certainty
from tests.registry.values import alert, ruling


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
    assert texts_of(canonical_texts(texts)) == texts


_TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6) | st.sampled_from(
    ['"', "\\", "%s", "\x7f", "\n"]
)


@given(
    st.builds(alert, risks=st.lists(_TEXTS).map(tuple), note=_TEXTS, certainty=st.sampled_from(Certainty))
    | st.builds(ruling, st.just("a"), st.just("b"), status=_TEXTS, looked_everywhere=st.sampled_from([None, True]))
)
def test_a_value_is_one_line_of_canonical_json(value: Alert | MeasuredEdge) -> None:
    """The text that is put together from its parts is the text that an encoder would make of it."""
    line = line_of(value)
    assert canonical(json.loads(line)) == line
    assert json.loads(line) == _as_data(value)
    assert value_of(type(value), line) == value


def _as_data(value: Any) -> Any:
    """What a value says, for an encoder; fields of later versions are left out where they say nothing."""
    if is_dataclass(value):
        later = {"looked_everywhere": None, "component": ""} if isinstance(value, MeasuredEdge) else {}
        told = {each.name: getattr(value, each.name) for each in fields(value)}
        return {name: _as_data(each) for name, each in told.items() if name not in later or each != later[name]}
    return [_as_data(each) for each in value] if isinstance(value, tuple) else value
