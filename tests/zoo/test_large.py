"""The size for a machine with an accelerator, proved without one: its plan, and the same path on toy models."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("peft")

import torch

from stemma.evidence.calibration import calibration
from zoo import sizes
from zoo.architectures import ARCHITECTURES, Shape, initialise
from zoo.build import build, describe
from zoo.corpus import collect
from zoo.errors import ZooError
from zoo.lineage import Specimen, pairs
from zoo.machine import PLAIN, Machine, found_machine
from zoo.plan import LARGE, SMALL, specimens
from zoo.score.cases import Built, load
from zoo.score.curves import learned_parts
from zoo.score.document import Part, document
from zoo.score.follow import follow
from zoo.score.rulings import Kept, Outcome
from zoo.score.scale import nearness
from zoo.score.tables import Scored
from zoo.training import Batch, Schedule, train
from zoo.workers import make_all, workers

TOY = replace(
    LARGE,
    name="toy",
    shape=Shape(hidden=32, neurons=48, layers=2, context=16, vocabulary=400),
    steps={"llama": 6},
    batch=4,
    corpus_bytes=100_000,
    members=("base", "twin-data", "tuned-light", "pruned"),
)


def test_bases_have_fifty_to_a_hundred_and_fifty_million_parameters() -> None:
    for name in LARGE.steps:
        with torch.device("meta"):
            model = ARCHITECTURES[name].build(LARGE.shape)
        assert 50e6 <= sum(p.numel() for p in model.parameters()) <= 150e6
        assert LARGE.steps[name] >= 1000


def test_the_plan_is_closed_and_nothing_of_it_calibrates() -> None:
    zoo = specimens(LARGE)
    assert {s.split for s in zoo.values()} == {"evaluation"}
    assert all(parent in zoo for s in zoo.values() for parent in s.parents)
    made = {name.split("-", 2)[2] for name in zoo}
    assert made == set(LARGE.members)
    twins = [p for p in pairs(zoo, zoo) if p.category.startswith("twins")]
    assert len(twins) >= 40
    assert sum("evasion" in p.category for p in twins) >= 12


def test_what_trains_is_told_from_what_does_not() -> None:
    zoo = specimens(LARGE)
    assert all(zoo[f"llama-1-{suffix}"].trains for suffix in ("base", "twin-data", "tuned-heavy", "evaded-all-tuned"))
    assert not any(zoo[f"llama-1-{suffix}"].trains for suffix in ("pruned", "merged", "evaded-all", "int8"))


def test_precision_is_part_of_a_recipe_only_where_it_is_another() -> None:
    assert describe(LARGE, specimens(LARGE)["llama-1-base"])["bench"]["products"] == "bfloat16"
    assert "products" not in describe(SMALL, specimens(SMALL)["llama-1-base"])["bench"]


def test_sizes_for_two_cores_never_use_an_accelerator() -> None:
    assert found_machine(SMALL.accelerated) == PLAIN == Machine("cpu", mixed=False)
    assert found_machine(LARGE.accelerated).mixed


def test_mixed_precision_learns_over_float32_weights() -> None:
    shape = Shape(hidden=32, neurons=48, layers=2, context=8, vocabulary=50)
    windows = torch.arange(36).reshape(4, 9) % 7 + 10

    def batches(_step: int) -> Batch:
        return windows[:, :-1], windows[:, 1:]

    found = {}
    for mixed in (False, True):
        model = initialise(ARCHITECTURES["llama"], shape, 3)
        found[mixed] = train(model, batches, Schedule(40, 3e-3), Machine("cpu", mixed))
        assert {p.dtype for p in model.parameters()} == {torch.float32}
        assert found[mixed].final < 0.7 * found[mixed].initial
    assert found[True] != found[False]
    assert found[True].final == pytest.approx(found[False].final, rel=0.1)


def test_more_text_holds_no_file_twice() -> None:
    plain, more = collect(200_000), collect(200_000, sources=True)
    assert plain.digest != more.digest
    long = [part for half in (more.first, more.second) for part in half.split("\n\n\n") if len(part) > 5_000]
    assert len(long) == len(set(long))


def _made_or_not(specimen: Specimen) -> dict[str, Any]:
    if specimen.name == "llama-1-twin-data":
        raise ZooError("no luck")
    return {"name": specimen.name}


def test_a_specimen_that_cannot_be_made_holds_up_only_its_descendants() -> None:
    zoo = specimens(replace(TOY, members=("base", "twin-data", "twin-permuted")))
    done = []
    with pytest.raises(ZooError, match="llama-1-twin-data cannot be made: ZooError: no luck"):
        done.extend(make_all(zoo, list(zoo), _made_or_not, 2, accelerated=False))
    made = make_all(zoo, list(zoo), _made_or_not, 2, accelerated=False)
    assert next(made) == {"name": "llama-1-base"}
    with pytest.raises(ZooError):
        list(made)


@pytest.mark.parametrize("text", ["0", "-1", "many"])
def test_a_number_of_workers_is_one_or_more(text: str) -> None:
    assert workers("3") == 3
    with pytest.raises(ValueError, match=r".*"):
        workers(text)


@pytest.mark.slow
def test_built_ruled_on_and_reported_by_the_same_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sizes.SIZES, "toy", TOY)
    build(TOY, tmp_path, jobs=1)
    assert follow(tmp_path, 1, 0.0) == 6
    built = load(tmp_path)
    known = Kept(tmp_path).known(built)
    wanted = built.scored_pairs(["evaluation"])
    assert {(pair.a, pair.b) for pair in wanted} == known.keys()
    assert follow(tmp_path, 1, 0.0) == 0
    assert built.entries["llama-1-base"]["device"] == found_machine(True).label
    assert "device" not in built.entries["llama-1-pruned"]
    page = document(
        built,
        {"evaluation": Part([Scored(p, known[p.a, p.b], None) for p in wanted], [], [], None, None, {}, [])},
        "c",
        [],
    )
    assert "| `llama-1-base` | 6 |" in page
    assert "## Twins, one by one" in page
    assert json.loads((tmp_path / "zoo.json").read_text())["plan"]["accelerated"]


def test_ratios_of_a_pair_stand_beside_those_of_small_models() -> None:
    zoo = specimens(LARGE)
    (pair,) = pairs(zoo, ["llama-1-base", "llama-1-twin-data"])
    tests = {"mlp order": (40.0, 0.6, -300.0), "up learned part": (0.4321, 0.2, None)}
    one = Scored(pair, Outcome(pair.a, pair.b, "independent", "shown", exclusion="X4", tests=tests), None)
    assert learned_parts(one.outcome) == {"up": 0.4321}
    assert nearness(one) == pytest.approx(0.2)
    built = Built(Path("zoo"), LARGE, zoo, {})
    page = document(
        built, {"evaluation": Part([one], [], [], None, None, {}, [])}, "the command", ["pictures-large/a.svg"]
    )
    assert "| up | twins | 1 | 0.432 | 0.432 | 0.432 |" in page
    up = calibration()["up"]
    above, below = up.above_twins(0.4321), up.below_derived(0.4321)
    assert f"| independent, shown | up 0.43 | {above:.1f} | {below:.1f} | 0.20 |" in page
    assert "![a](pictures-large/a.svg)" in page
