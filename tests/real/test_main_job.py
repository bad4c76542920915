"""The main job on real weights: all-MiniLM-L6-v2 beside each of its children and beside independents."""

from __future__ import annotations

import pytest

from stemma import compare
from stemma.constitution.interface import Direction, Established, Label, Ruling
from stemma.vocabulary import Exclusion, Kinship
from tests.real.conftest import Nursery
from zoo.children.plan import CHILDREN
from zoo.children.truth import Pair

MADE = [pytest.param(child.name, marks=[pytest.mark.slow] if child.torch else []) for child in CHILDREN]

# What a pair alone cannot tell from fine-tuning: longer training, and a mix of two fine-tunes.
LIKE_TUNING = {"M3": {"M2", "M3"}, "M9": {"M2", "M9"}}


def _ruling(a: str, b: str) -> Ruling:
    report = compare(a, b)
    assert report.ruling is not None, report.error
    return report.ruling


@pytest.mark.parametrize("name", MADE)
def test_rulings_on_a_child(nursery: Nursery, name: str) -> None:
    pairs = nursery.pairs(name)
    assert pairs
    for pair in pairs:
        ruling = _ruling(pair.a, pair.b)
        assert ruling.label == Label(pair.label), (pair.name, ruling.reasons)
        assert ruling.reasons
        if ruling.label is Label.LINKED:
            _check_link(pair, ruling)
        else:
            _check_independence(pair, ruling)


def _check_link(pair: Pair, ruling: Ruling) -> None:
    """A link is shown; what else is said may be less than the truth, never against it."""
    assert ruling.established is Established.SHOWN
    assert ruling.kinship.value in {pair.kinship, Kinship.UNDETERMINED.value}, pair.name
    assert ruling.direction in {Direction(pair.direction), Direction.UNDETERMINED}, pair.name
    if ruling.mechanism is not None and pair.mechanism is not None:
        fitting = LIKE_TUNING.get(pair.mechanism, {pair.mechanism})
        assert ruling.mechanism.value in fitting, (pair.name, ruling.reasons)


def _check_independence(pair: Pair, ruling: Ruling) -> None:
    assert ruling.kinship is Kinship.NONE
    assert ruling.mechanism is None
    if pair.exclusion == "X4":
        assert ruling.exclusion is Exclusion.X4, (pair.name, ruling.reasons)


@pytest.mark.parametrize("name", ["copy", "resharded"])
def test_copies_are_called_copies(nursery: Nursery, name: str) -> None:
    (pair,) = nursery.pairs(name)
    assert _ruling(pair.a, pair.b).kinship is Kinship.COPY


@pytest.mark.parametrize("name", ["int8", "layers-dropped", "permuted"])
def test_the_order_of_the_two_changes_nothing(nursery: Nursery, name: str) -> None:
    (pair,) = nursery.pairs(name)
    there, back = _ruling(pair.a, pair.b), _ruling(pair.b, pair.a)
    assert (there.label, there.established) == (back.label, back.established)
