"""Fingerprints that must not change unnoticed, and that every later version must be able to read.

    python -m tests.fingerprint.golden_models

writes them anew: in a commit of its own that says why they changed. On one machine they are the same to the byte.
Processors add in different orders, so across them digests and samples are equal and computed numbers agree within
1e-6; numbers stored as codes of int8 may round to the neighbouring code.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stemma.fingerprint import Fingerprint, from_bytes, load, to_bytes
from stemma.fingerprint.record import arrays_of, record_of
from stemma.fingerprint.schema import DEFAULT
from stemma.usecases.settings import Work
from tests.fingerprint.golden_models import GOLDEN, MODELS, make

TOLERANCE = 1e-6
REFRESH = "if that is meant: python -m tests.fingerprint.golden_models"
COMPUTED = ("sketch", "learned-left", "learned-right", "response", "response-left", "response-right", "response-shares")
COMPUTED_IN_RECORD = ("total", "energy", "noise", "edge", "strengths")
FILES = sorted(GOLDEN.glob("*.stemma"))


def leaves(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every value of a record with the keys that lead to it."""
    children = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list | tuple) else None
    )
    if children is None:
        yield path, value
        return
    for key, child in children:
        yield from leaves(child, (*path, str(key)))


def assert_record(made: Fingerprint, golden: Fingerprint) -> None:
    ours, theirs = dict(leaves(record_of(made))), dict(leaves(record_of(golden)))
    assert ours.keys() == theirs.keys(), REFRESH
    for path, value in ours.items():
        if path[0] == "parts" and set(path) & set(COMPUTED_IN_RECORD):
            assert value == pytest.approx(theirs[path], rel=TOLERANCE, abs=TOLERANCE), (path, REFRESH)
        else:
            assert value == theirs[path], (path, REFRESH)


def assert_arrays(made: Fingerprint, golden: Fingerprint) -> None:
    ours, theirs = arrays_of(made), arrays_of(golden)
    assert ours.keys() == theirs.keys(), REFRESH
    for name, array in ours.items():
        kind, other = name.partition("/")[0], theirs[name]
        assert (array.dtype, array.shape) == (other.dtype, other.shape), (name, REFRESH)
        if kind.removesuffix("-scale") not in COMPUTED:
            np.testing.assert_array_equal(array, other, err_msg=f"{name}; {REFRESH}")
        elif array.dtype == np.int8:
            assert np.abs(array.astype(int) - other).max(initial=0) <= 1, (name, REFRESH)
        else:
            np.testing.assert_allclose(array, other, TOLERANCE, TOLERANCE, err_msg=f"{name}; {REFRESH}")


@pytest.mark.parametrize("name", MODELS)
def test_a_fingerprint_is_what_it_was(name: str, tmp_path: Path) -> None:
    made, golden = make(name, tmp_path), load(GOLDEN / f"{name}.stemma")
    assert golden.schema == DEFAULT.schema, REFRESH
    assert_record(made, golden)
    assert_arrays(made, golden)


@pytest.mark.parametrize("name", MODELS)
def test_to_the_byte_on_one_machine(name: str, tmp_path: Path) -> None:
    one, other = make(name, tmp_path / "one"), make(name, tmp_path / "other", Work(workers=2))
    assert to_bytes(one) == to_bytes(other)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_what_was_kept_is_read_and_written_again(path: Path) -> None:
    found = load(path)
    assert found.schema == DEFAULT.schema
    assert found.label == f"golden/{path.stem}"
    assert to_bytes(from_bytes(to_bytes(found))) == to_bytes(found)


def test_the_arithmetic_of_another_processor_agrees(tmp_path: Path) -> None:
    """The same in processes whose matrix products use the kernels of an older processor."""
    script = (
        "import sys; from pathlib import Path; from stemma.fingerprint import save;"
        " from tests.fingerprint.golden_models import MODELS, make;"
        " [save(make(name, Path(sys.argv[1]) / name), Path(sys.argv[1]) / f'{name}.stemma') for name in MODELS]"
    )
    older = {**os.environ, "OPENBLAS_CORETYPE": "Prescott"}
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], env=older, check=True, cwd=Path(__file__).parents[2])
    for name in MODELS:
        made, golden = load(tmp_path / f"{name}.stemma"), load(GOLDEN / f"{name}.stemma")
        assert_record(made, golden)
        assert_arrays(made, golden)
