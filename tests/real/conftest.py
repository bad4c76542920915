"""The real all-MiniLM-L6-v2, and its children, made on demand by the zoo's own command."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from zoo.children.minilm import NotInstalledError, find_minilm
from zoo.children.truth import Pair, read_manifest

ROOT = Path(__file__).parents[2]
TUNE_STEPS, SCRATCH_STEPS = 60, 200


@dataclass(frozen=True)
class Nursery:
    """Children by name; each is made once for all workers of a run."""

    parent: Path
    out: Path

    def make(self, name: str, *, hidden: tuple[str, ...] = ()) -> Path:
        """The child's folder. Modules in `hidden` cannot be imported while it is made."""
        steps = ["--tune-steps", str(TUNE_STEPS), "--scratch-steps", str(SCRATCH_STEPS)]
        arguments = [str(self.parent), str(self.out), "--only", name, *steps]
        code = (
            f"import runpy, sys; sys.modules.update(dict.fromkeys({hidden!r})); "
            f"sys.argv = ['zoo.children', *{arguments!r}]; runpy.run_module('zoo.children', run_name='__main__')"
        )
        done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return self.out / name

    def pairs(self, name: str) -> list[Pair]:
        """What is true of a child: the lines of the manifest whose second model it is."""
        folder = str(self.make(name))
        return [pair for pair in read_manifest(self.out / "manifest.jsonl") if pair.b == folder]


@pytest.fixture(scope="session")
def minilm() -> Path:
    try:
        return find_minilm()
    except NotInstalledError as absent:
        pytest.skip(str(absent))


@pytest.fixture(scope="session")
def nursery(minilm: Path, tmp_path_factory: pytest.TempPathFactory) -> Nursery:
    """`STEMMA_CHILDREN` names a folder to keep them in; otherwise they last for one run."""
    base = tmp_path_factory.getbasetemp()
    run = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    return Nursery(minilm, Path(os.environ.get("STEMMA_CHILDREN") or run / "children").resolve())
