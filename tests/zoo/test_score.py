"""The score's own arithmetic, and its tables and pictures on made-up rulings."""

import math
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("peft")

from stemma.evidence.calibration import calibration
from zoo.errors import ZooError
from zoo.lineage import Pair, pairs
from zoo.plan import FULL, specimens
from zoo.score.cases import Built, load
from zoo.score.command import sampled
from zoo.score.curves import draw, sharing, training
from zoo.score.document import Part, document
from zoo.score.limits import LIMITS, limits_page
from zoo.score.measures import area, holm, operating_curve, share_interval, smaller_than_uniform
from zoo.score.permutations import LEVELS, _bound, _count, _gram
from zoo.score.rulings import Outcome
from zoo.score.summary import summary
from zoo.score.tables import Scored


def test_interval_of_none_is_near_three_over_n() -> None:
    low, high = share_interval(0, 1000)
    assert low == 0.0
    assert 3 / 1000 < high < 4 / 1000
    assert share_interval(10, 10)[1] == 1.0


def test_interval_covers_the_truth_as_often_as_it_says() -> None:
    hits = np.random.default_rng(4).binomial(60, 0.2, 2000)
    covered = [low <= 0.2 <= high for low, high in (share_interval(int(h), 60) for h in hits)]
    assert np.mean(covered) >= 0.95


def test_uniform_p_values_pass_and_small_ones_do_not() -> None:
    rng = np.random.default_rng(5)
    uniform = [smaller_than_uniform(rng.random(80).tolist()) for _ in range(300)]
    assert np.mean(np.asarray(uniform) < 0.05) < 0.09
    assert smaller_than_uniform((rng.random(80) ** 3).tolist()) < 1e-6
    assert smaller_than_uniform((rng.random(80) ** 0.3).tolist()) > 0.2


def test_holm_on_the_textbook_case() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])


def test_operating_curve_and_its_area() -> None:
    assert area(operating_curve([3, 4], [1, 2])) == 1.0
    assert area(operating_curve([1, 2], [3, 4])) == 0.0
    assert area(operating_curve([1, 1], [1, 1])) == 0.5
    assert operating_curve([2], [1]) == [(0.0, 0.0), (0.0, 1.0), (1.0, 1.0)]


def test_sampled_tail_meets_the_stated_one() -> None:
    rng = np.random.default_rng(6)
    a, b = rng.normal(size=(40, 30)), rng.normal(size=(40, 30))
    gram = _gram(a, b)
    bounds = np.array([_bound(level, 0.0) for level in LEVELS]) * math.sqrt(float((gram**2).sum()) / 39)
    passed = _count(gram, bounds, 100_000, np.random.default_rng(7))
    assert 0.8 < passed[0] / 1_000 < 1.2
    assert 0.6 < passed[1] / 100 < 1.4


def _scored() -> list[Scored]:
    linked = Pair("llama-1-base", "llama-1-pruned", "linked", "pruned 50 %", "calibration", "M6", None, "a->b")
    missed = Pair("llama-1-base", "llama-1-student", "linked", "student", "calibration", "M5", None, "a->b")
    twins = Pair("llama-1-base", "llama-1-twin-data", "independent", "twins", "calibration", None, "X4")
    other = Pair("llama-1-base", "llama-1-other-init", "independent", "other init", "calibration", None, "X1")
    identity = frozenset((i, i) for i in range(2))
    layers = (("decoder.0", "decoder.0"), ("decoder.1", "decoder.1"))
    tests = {"mlp order": (30.0, 0.9, -200.0), "up learned part": (1.0, 1.0, None)}
    return [
        Scored(
            linked, Outcome(linked.a, linked.b, "linked", "shown", "a->b", "M6", layers=layers, tests=tests), identity
        ),
        Scored(missed, Outcome(missed.a, missed.b, "independent", "default"), identity),
        Scored(
            twins,
            Outcome(
                twins.a,
                twins.b,
                "linked",
                "shown",
                "b->a",
                tests={"mlp order": (9.0, 0.3, -20.0), "up learned part": (0.6, 0.6, None)},
            ),
            None,
        ),
        Scored(other, Outcome(other.a, other.b, "independent", "shown", tests={"mlp order": (1, 0.0, -0.5)}), None),
    ]


def test_scored_pairs_know_what_was_right() -> None:
    linked, missed, twins, other = _scored()
    assert (linked.right, missed.right, twins.right, other.right) == (True, False, False, True)
    assert (linked.mechanism_right, linked.map_exact, linked.direction_wrong) == (True, True, False)
    assert (missed.mechanism_right, missed.map_exact) == (None, None)
    assert linked.has_clue and twins.is_twin and not twins.is_disguised
    shifted = Scored(linked.pair, linked.outcome, frozenset({(0, 1), (1, 0)}))
    assert shifted.map_exact is False


def test_the_bars_count_false_links_and_misses() -> None:
    rows = {row[0]: row[2] for row in summary(_scored(), [], None)}
    assert rows["false links, all negatives"].startswith("1 of 2;")
    assert rows["false links, twins"].startswith("1 of 1;")
    assert rows["linked, of positives"] == "1 / 2 (50.0%)"
    assert rows["mechanism right, of linked"] == "1 / 1 (100.0%)"
    assert rows["merges"] == "not scored"


def test_scores_behind_a_ruling() -> None:
    linked, missed, twins, _ = _scored()
    assert sharing(linked.outcome) == 200.0
    assert sharing(missed.outcome) == 0.0
    assert training(twins.outcome) == pytest.approx(calibration()["up"].above_twins(0.6))
    both = {"q learned part": (0.1, 0.1, None), "aligned q learned part": (0.9, 0.9, None)}
    assert training(replace(twins.outcome, tests=both)) == pytest.approx(calibration()["aligned q"].above_twins(0.9))
    assert training(missed.outcome) is None


def test_pictures_are_whole_and_the_same_every_time(tmp_path: Path) -> None:
    names = draw({"calibration": _scored()}, tmp_path)
    first = [(tmp_path / name).read_bytes() for name in names]
    assert draw({"calibration": _scored()}, tmp_path) == names
    assert [(tmp_path / name).read_bytes() for name in names] == first
    for content in first:
        assert ElementTree.fromstring(content.decode()).tag.endswith("svg")


def test_page_names_every_false_link_and_miss() -> None:
    built = Built(Path("zoo"), FULL, specimens(FULL), {})
    verdicts = {(one.pair.a, one.pair.b): "FINE_TUNE" for one in _scored()}
    page = document(built, {"calibration": Part(_scored(), [], [], None, verdicts, {}, [])}, "the command", ["a.svg"])
    assert "- `llama-1-base` and `llama-1-twin-data` (twins): linked, shown" in page
    assert "- `llama-1-base` and `llama-1-student` (student): independent, default" in page
    assert "| twins, falsely linked | 1 / 1 (100.0%) | 1 / 1 (100.0%) |" in page
    assert "Generated by `the command`." in page


def test_limits_name_pairs_that_the_plan_holds() -> None:
    zoo = specimens(FULL)
    for limit in LIMITS:
        for pair in limit.pairs:
            architecture = limit.architectures[0] if limit.architectures else "llama"
            a, b = (f"{architecture}-1-{suffix}" for suffix in pair)
            assert a in zoo and b in zoo
            assert any({p.a, p.b} == {a, b} for p in pairs(zoo, [a, b])), (a, b)


def test_limits_say_how_their_pairs_are_ruled() -> None:
    twins = next(one for one in _scored() if one.is_twin)
    page = limits_page({"calibration": [twins]}, "the command")
    assert "| `base` and `twin-data` | independent | 1 | linked, None, directed: 1 |" in page
    assert "| `base` and `twin-far` |  | 0 | not built |" in page


def test_sample_takes_some_of_each_category() -> None:
    built = Built(Path("zoo"), FULL, specimens(FULL), {name: {} for name in specimens(FULL)})
    every = built.scored_pairs(["calibration"])
    some = sampled(every, 1)
    assert {p.category for p in some} == {p.category for p in every}
    assert len(some) < len(every) / 2
    assert sampled(every, 1) == some


def test_a_folder_without_a_zoo_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ZooError, match=r"zoo\.json"):
        load(tmp_path)
