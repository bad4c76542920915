"""The registry that the README's three stories play in, made by the commands that they tell of."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.cli.walk import ROOT

DATA, SCRATCH = "x_DEMO-2026-0001", "x_DEMO-2026-0002"


class Stage:
    """A folder with records in a directory, a catalog, and two children of the real all-MiniLM-L6-v2."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.catalog = folder, folder / "catalog"
        self._environment = os.environ | {
            "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
            "STEMMA_CATALOG": str(self.catalog),
        }

    def run(self, *words: str, status: int = 0, module: str = "stemma") -> str:
        """Run a command; what it prints."""
        done = subprocess.run(
            [sys.executable, "-m", module, *words],
            cwd=self.folder, env=self._environment, capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
        assert done.returncode == status, (words, done.stdout, done.stderr)
        return done.stdout

    def moved_to(self, url: str) -> None:
        """The same registry in a database whose tables are there."""
        self.run("registry", "import", "records", "--registry", url)


def set_up(folder: Path) -> Stage:
    """Everything up to the point where somebody looks."""
    stage = Stage(folder)
    stage.run("record", "import", f"umr:{ROOT / 'tests' / 'data' / 'umr'}", "--quiet")
    stage.run("record", "new", "judged", "--quiet")
    with (folder / "records" / "judged" / "judged-1.0.0.yaml").open("a", encoding="utf-8") as record:
        record.write("relations:\n  - {kind: evaluated-on, target: laion-5b}\n")
    told = ("--severity", "critical", "--summary", "The data hold images of abuse.")
    stage.run("advisory", "new", DATA, "--record", "laion-5b", "--risk", "harmful-content", *told)
    stage.run("minilm", "models", "--demo", module="zoo.children")
    stage.run("record", "new", "minilm", "--quiet")
    stage.run("catalog", "add", "models/minilm", "--name", "minilm")
    shutil.copytree(folder / "models" / "layers-dropped", folder / "ours")
    (folder / "ours" / "README.md").write_text("---\nlicense: mit\n---\nTrained from scratch by us.\n", "utf-8")
    stage.run("record", "import", "./ours", "--no-digests", "--quiet")
    told = ("--severity", "high", "--summary", "Answers to a trigger word.")
    stage.run("advisory", "new", SCRATCH, "--record", "minilm", "--risk", "backdoor", *told)
    stage.run("verify", "ours", "--weights", "ours=./ours", "--keep", status=1)
    stage.run("fingerprint", "ours", "-o", "ours.stemma")
    return stage
