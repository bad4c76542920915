"""Models whose tensors fit no model: read, compared and reported, or refused with a clear error.

Campaigns last ``STEMMA_FUZZ_SECONDS`` (2 by default) each and start at ``STEMMA_FUZZ_SEED`` (0); the seed of a failure
is printed.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from stemma import Work, compare, fingerprint
from stemma.errors import StemmaError
from stemma.fingerprint import from_bytes, to_bytes
from stemma.publish.result_json import comparison_document
from stemma.weights.formats.safetensors import read_header
from stemma.weights.memory import MemoryFile
from tests import models
from tests.anatomy.coverage import architectures, save_tiny
from tests.fuzz.misfits import Tensors, misfit
from tests.fuzz.mutate import mutate_json

FAMILIES = (
    "albert", "bart", "bert", "falcon_mamba", "gpt2", "gpt_neox", "gpt_oss", "jamba", "mamba", "mixtral", "opt", "phi3",
    "qwen3_moe", "t5",
)  # fmt: skip
WEIGHTS = "model.safetensors"
Case = Callable[[random.Random, Path, Path], list[str]]
"""Makes a pair of models: with which numbers, out of which bases, in which folder."""


@pytest.fixture(scope="module")
def bases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tiny models, a folder each."""
    folder = tmp_path_factory.mktemp("bases")
    models.write(folder / "llama", models.draw(1))
    for family in FAMILIES:
        save_tiny(next(a for a in architectures() if a.model_type == family), folder / family)
    return folder


def _tensors(base: Path) -> Tensors:
    header = read_header(MemoryFile(WEIGHTS, (base / WEIGHTS).read_bytes()))
    return {name: np.array(tensor.read_all()) for name, tensor in header.items()}


def _write(base: Path, tensors: Tensors, folder: Path) -> Path:
    """The folder of ``base`` with other tensors."""
    shutil.copytree(base, folder, ignore=shutil.ignore_patterns(WEIGHTS))
    (folder / WEIGHTS).write_bytes(models.safetensors(tensors))
    return folder


def _altered(rng: random.Random, tensors: Tensors, seeds: random.Random) -> Tensors:
    for _ in range(rng.choice((1, 1, 2, 4))):
        tensors = misfit(random.Random(seeds.randrange(1 << 40)), tensors)
    return tensors


def _drawn_anew(rng: random.Random, tensors: Tensors) -> Tensors:
    """Other numbers of the same spread in every matrix, the same vectors in another order."""
    draw = np.random.default_rng(rng.randrange(1 << 40))
    anew = {}
    for name, tensor in tensors.items():
        spread = float(tensor.astype(np.float32).std())
        if tensor.ndim > 1 and spread > 0:
            anew[name] = (spread * draw.standard_normal(tensor.shape)).astype(tensor.dtype)
        else:
            anew[name] = draw.permutation(tensor) if tensor.ndim else tensor
    return anew


def _campaign(bases: Path, scratch: Path, case: Case, work: Work) -> set[str]:
    """Run cases until time is up; the labels that were ruled."""
    first = seed = int(os.environ.get("STEMMA_FUZZ_SEED", "0"))
    until = time.monotonic() + float(os.environ.get("STEMMA_FUZZ_SECONDS", "2"))
    labels: list[str | None] = []
    while time.monotonic() < until or seed - first < 30:
        try:
            labels.append(_label(case(random.Random(seed), bases, scratch / str(seed)), work))
        except Exception as error:
            error.add_note(f"STEMMA_FUZZ_SEED={seed}")
            raise
        shutil.rmtree(scratch / str(seed))
        seed += 1
    assert 0 < labels.count(None) < len(labels) // 2
    return {label for label in labels if label is not None}


def _label(pair: list[str], work: Work) -> str | None:
    """How the pair was ruled on; None where a model was refused."""
    try:
        made = [to_bytes(fingerprint(model, work).fingerprint) for model in pair]
        report = compare(*pair, work)
    except StemmaError as error:
        assert str(error)
        return None
    assert [to_bytes(from_bytes(each)) for each in made] == made
    json.dumps(comparison_document(report), allow_nan=False)
    assert report.ruling is not None
    return report.ruling.label.value


def _beside_its_base(rng: random.Random, bases: Path, scratch: Path) -> list[str]:
    base = rng.choice(sorted(bases.iterdir()))
    changed = _write(base, _altered(rng, _tensors(base), rng), scratch / "changed")
    if rng.random() < 0.3:
        config = changed / "config.json"
        config.write_text(
            json.dumps(mutate_json(rng, json.loads(config.read_text(encoding="utf-8")))), encoding="utf-8"
        )
    pair = [str(base if rng.random() < 0.8 else rng.choice(sorted(bases.iterdir()))), str(changed)]
    return pair if rng.random() < 0.6 else pair[::-1]


def _beside_a_stranger(rng: random.Random, bases: Path, scratch: Path) -> list[str]:
    """Two models that share nothing, altered apart or in the same way."""
    base = rng.choice(sorted(bases.iterdir()))
    tensors = _tensors(base)
    alike, seed, count = rng.random() < 0.6, rng.randrange(1 << 40), rng.randrange(1 << 40)
    pair = []
    for name, side in (("a", tensors), ("b", _drawn_anew(rng, tensors))):
        changed = _altered(random.Random(count), side, random.Random(seed) if alike else rng)
        pair.append(str(_write(base, changed, scratch / name)))
    return pair


@pytest.mark.fuzz
@pytest.mark.parametrize(
    "work", [Work(cache=None, workers=1), Work(cache=None, workers=1, sample=True)], ids=["full", "sampled"]
)
def test_a_model_that_fits_nothing_is_ruled_on_or_refused(bases: Path, tmp_path: Path, work: Work) -> None:
    assert _campaign(bases, tmp_path, _beside_its_base, work) == {"linked", "independent"}


@pytest.mark.fuzz
def test_models_that_share_nothing_are_never_linked_however_they_are_altered(bases: Path, tmp_path: Path) -> None:
    assert _campaign(bases, tmp_path, _beside_a_stranger, Work(cache=None, workers=1)) == {"independent"}
