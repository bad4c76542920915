"""How a command ends: exit status and message for bad usage, bad input, defects, interrupts, and readers that leave."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from stemma.cli.exits import Exit
from stemma.cli.main import _leave
from tests.cli.conftest import Command


def test_the_numbers_are_a_promise() -> None:
    named = {name: int(member) for name, member in Exit.__members__.items()}
    assert named == {
        "OK": 0,
        "LINKED": 0,
        "SHOWN_INDEPENDENT": 1,
        "FOUND": 1,
        "NOT_ESTABLISHED": 2,
        "BAD_INPUT": 3,
        "INTERNAL": 4,
        "INTERRUPTED": 130,
    }


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("nothing",), "No such command"),
        (("compare", "base", "tuned", "--nothing"), "No such option"),
        (("compare", "base", "tuned", "--format", "xml"), "--format"),
        (("compare", "base", "tuned", "--alpha", "nan"), "--alpha"),
        (("compare", "base", "tuned", "--alpha", "0.5"), "--alpha"),
        (("compare", "base", "tuned", "--workers", "0"), "--workers"),
        (("compare", "base", "tuned", "other"), "other"),
        (("inspect",), "MODEL"),
        (("scan", "base", "--limit", "many"), "--limit"),
        (("compare",), "stemma compare A B"),
        (("compare", "base"), "stemma compare A B"),
        (("compare", "base", "tuned", "--pairs", "x"), "one or the other"),
        (("cache", "trim", "some"), "valid integer"),
    ],
)
def test_bad_usage(stemma: Command, arguments: tuple[str, ...], told: str) -> None:
    done = stemma(*arguments)
    assert (done.code, done.out) == (Exit.BAD_INPUT, "")
    assert told.lower() in done.err.lower()


@pytest.mark.parametrize("arguments", [(), ("catalog",), ("cache",)])
def test_no_command_shows_the_help(stemma: Command, arguments: tuple[str, ...]) -> None:
    done = stemma(*arguments)
    assert done.code == Exit.BAD_INPUT
    assert "Commands:" in done.out + done.err


@pytest.mark.parametrize(
    "model", ["none", "broken", "nope.stemma", "hf:", "pkg:npm/x", "\0", "", "hf:a/b@../../x", "ftp://x/y"]
)
@pytest.mark.parametrize("command", [("inspect",), ("fingerprint",), ("compare", "base"), ("scan",)])
def test_bad_models(stemma: Command, command: tuple[str, ...], model: str) -> None:
    done = stemma(*command, model, "--offline")
    assert (done.code, done.out) == (Exit.BAD_INPUT, "")
    assert done.err.startswith("stemma: ")
    assert "Traceback" not in done.err


def test_a_defect_says_so(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STEMMA_DEBUG", raising=False)
    assert _leave(RuntimeError("odd")) == Exit.INTERNAL
    told = capsys.readouterr().err
    assert "RuntimeError: odd" in told
    assert "STEMMA_DEBUG" in told
    monkeypatch.setenv("STEMMA_DEBUG", "1")
    try:
        raise RuntimeError("here")
    except RuntimeError as error:
        assert _leave(error) == Exit.INTERNAL
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["compare", "scan", "inspect"])
def test_a_place_that_cannot_be_written_is_told_first(stemma: Command, tmp_path: Path, command: str) -> None:
    models = {"compare": ["base", "nowhere"]}.get(command, ["nowhere"])
    for output in (tmp_path / "none" / "x", tmp_path):
        done = stemma(command, *models, "-o", str(output))
        assert done.code == Exit.BAD_INPUT
        assert str(output.name) in done.err or str(output.parent) in done.err
        assert "nowhere" not in done.err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_full_disk(stemma: Command) -> None:
    done = stemma("compare", "base", "tuned", "-o", "/dev/full")
    assert done.code == Exit.BAD_INPUT
    assert "No space left" in done.err


@pytest.mark.parametrize(("pair", "code"), [(("base", "twin"), 1), (("base", "tuned"), 0), (("bare", "bare2"), 2)])
@pytest.mark.parametrize("form", ["table", "json"])
def test_a_reader_that_leaves_changes_no_status(
    models: Path, environment: dict[str, str], form: str, pair: tuple[str, str], code: int
) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "stemma", "compare", *pair, "--format", form]
    done = subprocess.run(
        command, cwd=models, env=environment, stdout=writing, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (code, "")


def test_ctrl_c_leaves_nothing_behind(models: Path, environment: dict[str, str], tmp_path: Path) -> None:
    """Interrupted at ever later moments: the old result stays, and no temporary file."""
    target, cache = tmp_path / "result.jsonl", tmp_path / "cache"
    pairs = tmp_path / "pairs.jsonl"
    pairs.write_text('{"a": "base", "b": "tuned"}\n{"a": "other", "b": "base"}\n' * 40, encoding="utf-8")
    command = [sys.executable, "-m", "stemma", "compare", "--pairs", str(pairs), "-o", str(target), "--no-cache"]
    interrupted = 0
    for wait in (0.6, 1.2, 2.4):
        target.write_text("as it was\n", encoding="utf-8")
        variables = {**environment, "STEMMA_CACHE": str(cache), "TMPDIR": str(tmp_path)}
        running = subprocess.Popen(command, cwd=models, env=variables, stderr=subprocess.PIPE, text=True)
        time.sleep(wait)
        running.send_signal(signal.SIGINT)
        _, told = running.communicate(timeout=60)
        if running.returncode == Exit.INTERRUPTED:
            interrupted += 1
            assert "Traceback" not in told
            assert target.read_text(encoding="utf-8") == "as it was\n"
        assert {path.name for path in tmp_path.iterdir()} <= {"result.jsonl", "pairs.jsonl", "cache"}
    assert interrupted
