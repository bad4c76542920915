"""A zoo of minutes, built and scored whole: no false link, and few misses, none but where a miss may be."""

import json
import warnings
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("peft")

from zoo.build import build
from zoo.plan import SMALL
from zoo.score.cases import load
from zoo.score.rulings import rule_on_all

EXPECTED = json.loads(Path(__file__).with_name("small.json").read_text())
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def ruled(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, str, str, str]]:
    """(a, b, true label, ruled label) of every pair of the small zoo."""
    folder = tmp_path_factory.mktemp("small")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        warnings.simplefilter("ignore", UserWarning)
        build(SMALL, folder)
    built = load(folder)
    pairs = [pair for pair in built.scored_pairs(["calibration"]) if pair.unscored is None]
    outcomes = rule_on_all(built, pairs, 1)
    return [(pair.a, pair.b, pair.label, outcomes[pair.a, pair.b].label) for pair in pairs]


def test_it_is_as_large_as_it_was(ruled: list[tuple[str, str, str, str]]) -> None:
    labels = [label for _, _, label, _ in ruled]
    assert {"linked": labels.count("linked"), "independent": labels.count("independent")} == EXPECTED["pairs"]


def test_no_false_link(ruled: list[tuple[str, str, str, str]]) -> None:
    assert [(a, b) for a, b, label, found in ruled if label == "independent" and found != "independent"] == []


def test_few_are_missed_and_only_among_the_heavily_trained(ruled: list[tuple[str, str, str, str]]) -> None:
    """Runs of 150 steps, continued for as long: which of them are too far to tell depends on the text that is found."""
    missed = [(a, b) for a, b, label, found in ruled if label == "linked" and found != "linked"]
    assert len(missed) <= EXPECTED["missed_at_most"], missed
    heavy = tuple(EXPECTED["missed_with"])
    assert [(a, b) for a, b in missed if not (a.endswith(heavy) or b.endswith(heavy))] == []
