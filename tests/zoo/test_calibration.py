"""Calibration takes twins and derived pairs of the calibration half, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from stemma.evidence.calibration import FORMAT
from tests.models import draw, tuned, write
from zoo.calibration import MOST, Measurable, Run, Sample, by_run, calibrate, calibration_pairs, spread, together
from zoo.errors import ZooError


def pair(a: str, b: str, label: str, **more: Any) -> dict[str, Any]:
    known = {"category": "fine-tune", "split": "calibration", "exclusion": None}
    return {"a": f"models/{a}", "b": f"models/{b}", "label": label, **known, **more}


TWINS = {"label": "independent", "exclusion": "X4", "category": "twins"}


def zoo(
    folder: Path, pairs: list[dict[str, Any]], evaluation: tuple[str, ...] = (), disguised: tuple[str, ...] = ()
) -> Path:
    names = sorted({p[side].removeprefix("models/") for p in pairs for side in "ab"})
    models = [
        {
            "name": n,
            "path": f"models/{n}",
            "architecture": "llama",
            "seed": 1,
            "category": "evasion: permuted" if n in disguised else "fine-tune",
            "split": "evaluation" if n in evaluation else "calibration",
        }
        for n in names
    ]
    (folder / "zoo.json").write_text(json.dumps({"models": models}))
    (folder / "pairs.jsonl").write_text("".join(json.dumps(p) + "\n" for p in pairs))
    return folder


def test_only_scored_pairs_of_the_calibration_half(tmp_path: Path) -> None:
    pairs = [
        pair("base", "child", "linked"),
        pair("base", "twin", **TWINS),
        pair("base", "start", **TWINS | {"category": "untrained against trained"}),
        pair("base", "stranger", "independent", exclusion="X1"),
        pair("base", "student", "linked", unscored="distilled into fresh weights"),
        pair("base", "mixed", "linked", category="linear merge, a tenth"),
        pair("child", "hidden", "linked", category="siblings"),
        pair("late", "later", "linked", split="evaluation"),
    ]
    found = list(calibration_pairs(zoo(tmp_path, pairs, ("late", "later"), ("hidden",))))
    assert [(p.kind, p.a, p.b, p.disguised) for p in found] == [
        ("derived", "models/base", "models/child", False),
        ("twins", "models/base", "models/twin", False),
        ("derived", "models/child", "models/hidden", True),
    ]


def test_a_model_of_the_evaluation_half_is_refused(tmp_path: Path) -> None:
    made = zoo(tmp_path, [pair("base", "child", "linked")], ("child",))
    with pytest.raises(ZooError, match="child is of the evaluation half, expected calibration"):
        calibrate([made])


def test_a_pair_that_is_not_built_does_not_enter(tmp_path: Path) -> None:
    made = zoo(tmp_path, [])
    (made / "pairs.jsonl").write_text(json.dumps(pair("base", "child", "linked")) + "\n")
    assert not list(calibration_pairs(made))
    with pytest.raises(ZooError, match="0 twins and 0 derived"):
        calibrate([made])


def test_runs_weigh_the_same() -> None:
    """Means 1 and 3: mean 2; mean squared distances from it 1 and (0 + 4) / 2 = 2, so the deviation is sqrt 1.5."""
    found = spread({Run("one", 1): [1.0] * 7, Run("one", 2): [2.0, 4.0]})
    assert (found["mean"], found["deviation"]) == (2.0, pytest.approx(1.5**0.5, abs=1e-6))
    assert (found["least"], found["most"], found["pairs"]) == (1.0, 4.0, 9)
    assert (found["architectures"], found["runs"]) == (1, 2)


def test_how_measures_go_together_is_said_where_enough_architectures_show_it() -> None:
    samples = [
        Sample("twins", Run(f"architecture {i}", 1), {"q": x, "k": 2 * x, "v": -x} | ({"o": x} if i < 4 else {}))
        for i, x in enumerate((0.1, 0.2, 0.3, 0.2, 0.15))
    ]
    assert together(samples, ["k", "o", "q", "v"]) == {"k|q": 1.0, "k|v": -1.0, "q|v": -1.0}


def test_of_many_pairs_of_one_run_some_are_measured(tmp_path: Path) -> None:
    pairs = [Measurable("derived", Run("llama", 1), f"a{i:03}", "b", False) for i in range(10 * MOST)]
    (picked,) = by_run(pairs)
    assert len(picked) == MOST and picked[0] == pairs[0] and picked[-1] == pairs[-1]


def test_measures_of_built_models(tmp_path: Path) -> None:
    base = draw(1)
    for name, weights in (("base", base), ("child", tuned(base, 2)), ("twin", draw(3, bulk=1))):
        write(tmp_path / "models" / name, weights)
    pairs = [pair("base", "child", "linked"), pair("base", "twin", **TWINS)]
    found = calibrate([zoo(tmp_path, pairs)])
    assert found["format"] == FORMAT
    roles = {"q", "k", "v", "o", "gate", "up", "down"}
    ratios = roles | {f"aligned {role}" for role in roles}
    assert set(found["measures"]) >= ratios | {"nearness", "aligned nearness"}
    for name in ratios:
        assert found["measures"][name]["derived"]["mean"] == pytest.approx(1, abs=0.1)
        assert found["measures"][name]["twins"]["mean"] < 0.3
