"""The command line on small models: in this process where that is enough, as a process of its own where it is not."""

from __future__ import annotations

import io
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import pytest

from stemma.cli.main import run
from stemma.cli.progress import INTERRUPTED
from tests.hub.fixtures import hub
from tests.models import draw, tuned, write

__all__ = ["hub"]


@dataclass(frozen=True)
class Result:
    """What a command left behind."""

    code: int
    out: str
    err: str


Command = Callable[..., Result]


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of models: ``base``, its fine-tune ``tuned``, its ``twin``, ``other`` trained apart, ``bare`` and
    ``bare2`` without layers, ``broken``, and a catalog of ``base`` and ``other``."""
    folder = tmp_path_factory.mktemp("models")
    base, other = draw(1), draw(4)
    write(folder / "base", base)
    write(folder / "tuned", tuned(base, 2))
    write(folder / "other", other)
    write(folder / "twin", draw(5, bulk=1))
    for name, weights in (("bare", base), ("bare2", other)):
        write(folder / name, {key: w for key, w in weights.items() if ".layers." not in key and "head" not in key})
    broken = write(folder / "broken", base) / "model.safetensors"
    broken.write_bytes(broken.read_bytes()[:-1000])
    return folder


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Environment variables that keep a command away from this user's files, and its output plain."""
    folder = tmp_path_factory.mktemp("state")
    return {
        "STEMMA_CACHE": str(folder / "cache"),
        "STEMMA_CATALOG": str(folder / "catalog"),
        "HF_HOME": str(folder / "hf"),
        "HOME": str(folder),
        "COLUMNS": "100",
        "TERM": "dumb",
    }


@pytest.fixture
def stemma(models: Path, settings: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Command]:
    """Runs a command in this process, in the folder of the models."""
    monkeypatch.chdir(models)
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    before, level = signal.getsignal(signal.SIGINT), logging.getLogger().level

    def call(*arguments: str, stdin: str = "", **environment: str) -> Result:
        out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
        monkeypatch.setattr(sys, "argv", ["stemma", *arguments])
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        with monkeypatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
            for name, value in environment.items():
                patch.setenv(name, value)
            with pytest.raises(SystemExit) as left:
                run()
        out.flush(), err.flush()
        out_text, err_text = (stream.buffer.getvalue().decode() for stream in (out, err))  # type: ignore[attr-defined]
        return Result(int(left.value.code or 0), out_text, err_text)

    yield call
    signal.signal(signal.SIGINT, before)
    logging.getLogger().setLevel(level)
    INTERRUPTED.clear()


@pytest.fixture(scope="session")
def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """The environment of a process of its own."""
    kept = {name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "FORCE_COLOR", "HF_ENDPOINT"}}
    return {**kept, **settings, "OMP_NUM_THREADS": "1"}


@pytest.fixture
def process(models: Path, environment: dict[str, str]) -> Command:
    """Runs a command as a process of its own, in the folder of the models."""

    def call(*arguments: str, stdin: str | None = None, **variables: str) -> Result:
        command = [sys.executable, "-m", "stemma", *arguments]
        done = subprocess.run(
            command,
            cwd=models,
            env={**environment, **variables},
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        return Result(done.returncode, done.stdout, done.stderr)

    return call
