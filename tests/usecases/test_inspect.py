"""What inspect says of the files of a model: counted, or absent with a reason."""

from __future__ import annotations

from pathlib import Path

import pytest

import stemma
from stemma.identity import Missing, is_present
from stemma.usecases.fingerprints import write_fingerprint
from stemma.weights.local import LocalFolder
from stemma.weights.open import open_checkpoint
from tests.models import draw, write

WEIGHTS = draw(1)


@pytest.mark.parametrize("shards", [1, 3])
def test_tensors_are_counted_file_by_file(tmp_path: Path, shards: int) -> None:
    folder = write(tmp_path / "model", WEIGHTS, shards=shards)
    counted = {entry.name: entry.tensors for entry in stemma.inspect(str(folder)).files}
    assert len(counted) == shards
    assert sum(number for number in counted.values() if is_present(number)) == len(WEIGHTS)
    assert counted == open_checkpoint(LocalFolder(folder)).held


def test_shards_of_torch_are_counted(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    folder = write(tmp_path / "model", WEIGHTS)
    (folder / "model.safetensors").unlink()
    names = sorted(WEIGHTS)
    for number, held in enumerate((names[:5], names[5:]), 1):
        tensors = {name: torch.from_numpy(WEIGHTS[name].copy()) for name in held}
        torch.save(tensors, folder / f"pytorch_model-{number:05}-of-00002.bin")
    assert list(open_checkpoint(LocalFolder(folder)).held.values()) == [5, len(names) - 5]


def test_a_fingerprint_does_not_say_which_file_held_what(tmp_path: Path) -> None:
    folder, place = write(tmp_path / "model", WEIGHTS, shards=3), tmp_path / "x.stemma"
    report = write_fingerprint(str(folder), place)
    assert {type(entry.tensors) for entry in (*report.files, *stemma.inspect(str(place)).files)} == {Missing}
