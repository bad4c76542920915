"""One pass, one code path: the same bytes at any number of threads, the same samples however much is read."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from stemma import Work
from stemma.anatomy.interface import Role
from stemma.errors import InputError
from stemma.fingerprint import Fingerprint, build_fingerprint, to_bytes
from stemma.fingerprint.coded import Coded
from stemma.identity import Missing, is_present
from stemma.usecases.models import fingerprint
from tests import models
from tests.fingerprint.models import ArrayTensor, as_anatomy, draw_weights


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("model") / "base"
    models.write(place, models.draw(1))
    return place


def _made(folder: Path, work: Work) -> Fingerprint:
    return fingerprint(str(folder), work).fingerprint


def test_the_same_bytes_at_any_number_of_threads(folder: Path) -> None:
    made = {to_bytes(_made(folder, Work(workers=workers))) for workers in (1, 2, 5)}
    assert len(made) == 1


def test_sampling_reads_the_same_samples(folder: Path) -> None:
    full, sampled = _made(folder, Work()), _made(folder, Work(sample=True))
    assert full.parts.keys() == sampled.parts.keys()
    for key, part in full.parts.items():
        other = sampled.parts[key]
        assert is_present(part.digest) and isinstance(other.digest, Missing)
        for name in ("coded", "vector", "exact"):
            mine, theirs = getattr(part, name), getattr(other, name)
            assert is_present(mine) == is_present(theirs), (key, name)
            if is_present(mine):
                mine, theirs = (x.decoded() if isinstance(x, Coded) else x for x in (mine, theirs))
                np.testing.assert_array_equal(mine, theirs, err_msg=f"{key} {name}")
    assert isinstance(sampled.responses, Missing)


def test_a_sample_learns_from_fewer_layers_and_the_same_of_each() -> None:
    anatomy = as_anatomy(draw_weights(1, layers=7))
    full, sampled = (
        {k: p.learned for k, p in build_fingerprint(anatomy, (), full=full).parts.items() if is_present(p.learned)}
        for full in (True, False)
    )
    assert [sorted({key.split("/")[0] for key in made}) for made in (full, sampled)] == [
        ["decoder.0", "decoder.2", "decoder.4", "decoder.6"],
        ["decoder.0", "decoder.6"],
    ]
    for key, part in sampled.items():
        np.testing.assert_array_equal(part.left, full[key].left)
        assert part.strengths and part.strengths == full[key].strengths


def test_every_matrix_is_read_once() -> None:
    tensors: list[ArrayTensor] = []

    def counted(array: NDArray[np.float32]) -> ArrayTensor:
        tensors.append(ArrayTensor(array))
        return tensors[-1]

    made = build_fingerprint(as_anatomy(draw_weights(1), wrap=counted), (), workers=2)
    assert is_present(made.responses) and [len(each.roles) for each in made.responses] == [3, 3, 3, 3]
    assert {tensor.passes for tensor in tensors} == {1}


@pytest.mark.parametrize("step", [1, 7, 96])
def test_responses_do_not_depend_on_the_blocks_of_a_reading(step: int) -> None:
    weights = draw_weights(1)
    whole, blocks = (
        build_fingerprint(as_anatomy(weights, wrap=wrap), (), workers=1).responses
        for wrap in (ArrayTensor, partial(ArrayTensor, step=step))
    )
    assert is_present(whole) and is_present(blocks)
    for mine, theirs in zip(whole, blocks, strict=True):
        np.testing.assert_array_equal(mine.neurons, theirs.neurons)
        for role, response in mine.roles.items():
            np.testing.assert_array_equal(response.whole, theirs.roles[role].whole)


@pytest.mark.parametrize(("role", "axis"), [(Role.UP, 0), (Role.GATE, 1), (Role.DOWN, 0), (Role.DOWN, 1)])
def test_an_mlp_that_does_not_fit_together_has_no_responses(role: Role, axis: int) -> None:
    weights = draw_weights(1)
    for key in [key for key in weights if key[0] is role]:
        weights[key] = weights[key].take(range(50), axis)
    anatomy = as_anatomy(weights)
    made = build_fingerprint(anatomy, (), workers=1)
    assert made.responses == Missing("no layer has an MLP over the width of the embedding")
    assert list(made.parts) == [part.key for part in anatomy.parts]


def test_a_small_model_is_held_nearly_whole(folder: Path) -> None:
    made = _made(folder, Work())
    corners = [p for p in made.parts.values() if is_present(p.coded)]
    assert corners
    assert all(p.coded.shape[0] >= min(64, p.shape[0]) for p in corners if is_present(p.coded))


@pytest.mark.parametrize("role", ["down_proj", "gate_proj", "embed_tokens", "input_layernorm"])
@pytest.mark.parametrize(
    ("value", "told"), [(np.nan, "NaN or infinite"), (np.inf, "NaN or infinite"), (-1e25, r"values of up to 1.0e\+25")]
)
def test_values_that_are_no_numbers_are_an_error(tmp_path: Path, value: float, told: str, role: str) -> None:
    weights = models.draw(2)
    name = next(n for n in weights if n.endswith(f"{role}.weight"))
    weights[name][..., -1] = value
    models.write(tmp_path / "broken", weights)
    for sample in (False, True):
        with pytest.raises(InputError, match=told):
            _made(tmp_path / "broken", Work(sample=sample))


@pytest.mark.parametrize("kind", ["gate_proj", "up_proj"])
def test_responses_too_large_to_keep_are_an_error(tmp_path: Path, kind: str) -> None:
    weights = models.draw(2)
    for name in weights:
        if kind in name:
            weights[name] = weights[name] * np.float32(1e10)
        if "post_attention_layernorm" in name:
            weights[name] = weights[name] * np.float32(1e6)
    models.write(tmp_path / "odd", weights)
    with pytest.raises(InputError, match=rf"the response of .*{kind}.* to tokens holds values of up to"):
        _made(tmp_path / "odd", Work())
