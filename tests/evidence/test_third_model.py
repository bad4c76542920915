"""Right angles of planted families; the way from outside enters at the root."""

from __future__ import annotations

from stemma.evidence.distances import Points, points
from stemma.evidence.third_model import lies_between, older_of
from tests.evidence.models import draw, fingerprint, tuned

BASE = draw(1)
ONE = tuned(BASE, 11, share=0.5)
MODELS = {
    "base": fingerprint(BASE),
    "one": fingerprint(ONE),
    "two": fingerprint(tuned(BASE, 12, share=0.5)),
    "grandchild": fingerprint(tuned(ONE, 13, share=0.3)),
    "twin": fingerprint(draw(5, bulk=1)),
}


def _points(*names: str) -> Points:
    held = points({name: MODELS[name] for name in names}, names[0])
    assert isinstance(held, Points)
    return held


def test_the_parent_lies_between_siblings_and_a_sibling_does_not() -> None:
    held = _points("base", "one", "two")
    assert lies_between(held, "one", "base", "two").holds
    assert not lies_between(held, "base", "one", "two").holds


def test_the_child_lies_between_parent_and_grandchild() -> None:
    held = _points("base", "one", "grandchild")
    assert lies_between(held, "base", "one", "grandchild").holds
    assert not lies_between(held, "one", "base", "grandchild").holds


def test_the_way_from_outside_reaches_the_ancestor_first() -> None:
    held = _points("base", "one", "twin")
    assert older_of(held, "base", "one", "twin") == "base"
    assert older_of(held, "one", "base", "twin") == "base"
