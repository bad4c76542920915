"""On a terminal: a bar on standard error for slow work, colours unless NO_COLOR; nowhere else, and never when quiet."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest

from stemma.cli.progress import INTERRUPTED, Bar
from tests.cli.conftest import Command

SLOW = """
import sys, time
from stemma.cli.progress import Bar
with Bar(quiet={quiet}, patience={patience}) as bar:
    for done in range(0, 40_000_001, 1_000_000):
        bar.update("a/model", done, {total})
        time.sleep(0.02)
print("the result")
"""


def on_a_terminal(command: list[str], environment: dict[str, str], cwd: Path | None = None) -> tuple[str, str, int]:
    """``(standard output, what the terminal on standard error saw, exit status)``."""
    ours, theirs = pty.openpty()
    variables = {**environment, "TERM": "xterm-256color", "COLUMNS": "100"}
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=theirs, env=variables, cwd=cwd)
    os.close(theirs)
    seen = b""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if not select.select([ours], [], [], 0.2)[0]:
            continue
        try:
            data = os.read(ours, 65536)
        except OSError:  # the other side closed
            break
        if not data:
            break
        seen += data
    os.close(ours)
    assert running.stdout is not None
    with running.stdout as stream:
        out = stream.read().decode()
    return out, seen.decode(errors="replace"), running.wait(timeout=10)


def slow(environment: dict[str, str], *, quiet: bool = False, patience: float = 0.1, total: int = 40_000_000) -> str:
    code = SLOW.format(quiet=quiet, patience=patience, total=total)
    out, seen, status = on_a_terminal([sys.executable, "-c", code], environment)
    assert (out, status) == ("the result\n", 0)
    return seen


def test_a_bar_with_bytes_rate_and_time_left(environment: dict[str, str]) -> None:
    seen = slow(environment)
    assert "a/model" in seen
    assert re.search(r"\d+\.\d/40\.0 MB", seen)
    assert re.search(r"\d+\.\d [kM]B/s", seen)
    assert re.search(r"0:00:\d\d", seen)


def test_things_are_counted_where_they_are_no_bytes(environment: dict[str, str]) -> None:
    code = SLOW.replace("patience={patience}", "patience=0.1, counts=True").format(quiet=False, total=40_000_000)
    _, seen, _ = on_a_terminal([sys.executable, "-c", code], environment)
    assert re.search(r"\d+/40000000", seen) and "MB" not in seen


def test_without_a_total_bytes_and_rate_alone(environment: dict[str, str]) -> None:
    seen = slow(environment, total=0)
    assert re.search(r"\d+\.\d/\? MB", seen)


def test_nothing_for_quick_work_and_nothing_when_quiet(environment: dict[str, str]) -> None:
    assert slow(environment, patience=60) == ""
    assert slow(environment, quiet=True) == ""


def test_nothing_on_a_pipe(environment: dict[str, str]) -> None:
    code = SLOW.format(quiet=False, patience=0.0, total=40_000_000)
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True, timeout=60
    )
    assert (done.stdout, done.stderr) == ("the result\n", "")


def test_the_result_stays_clean_under_a_bar(models: Path, environment: dict[str, str]) -> None:
    command = [sys.executable, "-m", "stemma", "compare", "base", "tuned", "-f", "json", "--no-cache"]
    out, _, status = on_a_terminal(command, environment, models)
    assert status == 0
    assert out.startswith("{")
    assert "\x1b" not in out


def test_after_an_interrupt_the_next_byte_ends_the_work() -> None:
    INTERRUPTED.set()
    try:
        with pytest.raises(KeyboardInterrupt):
            Bar(quiet=True).update("a/model", 1, 2)
    finally:
        INTERRUPTED.clear()


def with_terminal_output(environment: dict[str, str], models: Path) -> str:
    """What a terminal on standard output is shown."""
    code = "import os, sys, pty; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))"
    command = [sys.executable, "-c", code, sys.executable, "-m", "stemma", "compare", "base", "tuned"]
    variables = {**environment, "TERM": "xterm-256color"}
    done = subprocess.run(
        command,
        cwd=models,
        env=variables,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout


def test_colours_on_a_terminal_unless_no_color(models: Path, environment: dict[str, str]) -> None:
    assert re.search(r"\x1b\[[0-9;]*3[0-9]m", with_terminal_output(environment, models))
    plain = with_terminal_output({**environment, "NO_COLOR": "1"}, models)
    assert "LINKED" in plain
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]m", plain)


def test_no_escape_on_a_pipe(process: Command) -> None:
    assert "\x1b" not in process("compare", "base", "tuned").out


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_any_encoding(process: Command, encoding: str) -> None:
    done = process("compare", "base", "tuned", PYTHONIOENCODING=encoding, PYTHONUTF8="0", LC_ALL="C")
    assert (done.code, done.err) == (0, "")
    assert "LINKED" in done.out


@pytest.mark.parametrize("columns", ["40", "80", "200"])
def test_lines_fit_the_terminal(stemma: Command, columns: str) -> None:
    for arguments in (("compare", "base", "tuned"), ("inspect", "base")):
        done = stemma(*arguments, COLUMNS=columns)
        assert max(len(line) for line in done.out.splitlines()) <= int(columns)


def test_verbose_tells_more(process: Command) -> None:
    quiet = process("compare", "base", "tuned")
    told = process("-vv", "compare", "base", "tuned")
    assert quiet.err == ""
    assert told.out.splitlines()[:4] == quiet.out.splitlines()[:4]
