"""Before any work: help with examples for every command, completion, and imports that cost nothing."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from stemma.cli.main import app
from tests.cli.conftest import Command

HEAVY = ("numpy", "scipy", "rich", "torch", "transformers", "httpx", "huggingface_hub", "yaml", "gguf", "onnx")


# Typer asks the shell it runs under; with this it takes the shell's name.
BY_NAME = {"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}


def commands(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every command and group below a group, itself included."""
    yield path
    for name, inner in getattr(group, "commands", {}).items():
        yield from commands(inner, (*path, name))


COMMANDS = sorted(commands(typer.main.get_command(app)))


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_help(stemma: Command, command: tuple[str, ...], flag: str) -> None:
    done = stemma(*command, flag)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"Usage: {' '.join(('stemma', *command))} ")
    if command not in {("catalog",), ("cache",)}:
        assert re.search(rf"Examples?:\n +stemma {' '.join(command)}", done.out)


def test_version(stemma: Command) -> None:
    assert re.fullmatch(r"stemma \d+\.\d+\.\d+\S*\n", stemma("--version").out)


@pytest.mark.parametrize("arguments", [[], ["--help"], ["compare", "--help"], ["--version"], ["nothing"]])
def test_nothing_heavy_is_imported(arguments: list[str], environment: dict[str, str]) -> None:
    code = f"""
import sys
sys.argv = ["stemma", *{arguments}]
from stemma.cli.main import run
try:
    run()
except SystemExit:
    print("loaded:", *(m for m in {HEAVY} if m in sys.modules), file=sys.stderr)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stderr.splitlines()[-1] == "loaded:"


def test_importing_the_library_costs_nothing(environment: dict[str, str]) -> None:
    code = f"import stemma, sys; print(*(m for m in {HEAVY} if m in sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == "\n"


def test_a_comparison_of_files_needs_no_network_library(models: Path, environment: dict[str, str]) -> None:
    code = """
import sys
sys.argv = ["stemma", "compare", "base", "tuned", "-f", "json"]
from stemma.cli.main import run
try:
    run()
except SystemExit:
    print(*(m for m in ("httpx", "huggingface_hub", "torch", "rich") if m in sys.modules), file=sys.stderr)
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=models,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stderr == "\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_script(process: Command, shell: str) -> None:
    shown = process("--show-completion", shell, **BY_NAME)
    assert (shown.code, f"_STEMMA_COMPLETE=complete_{shell}" in shown.out) == (0, True)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_installed(process: Command, tmp_path: Path, shell: str) -> None:
    done = process("--install-completion", shell, HOME=str(tmp_path), **BY_NAME)
    assert done.code == 0, done.err
    assert any(path.is_file() and "stemma" in path.read_text() for path in tmp_path.rglob("*"))


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("stemma co", {"compare"}),
        ("stemma catalog ", {"add", "build", "export", "import", "list", "remove", "show", "verify"}),
        ("stemma compare --form", {"--format"}),
        ("stemma compare a b --format ", {"table", "json", "html", "sarif"}),
    ],
)
def test_completions(process: Command, words: str, expected: set[str]) -> None:
    count = len(words.split()) - (0 if words.endswith(" ") else 1)
    done = process(_STEMMA_COMPLETE="complete_bash", COMP_WORDS=words, COMP_CWORD=str(count))
    assert set(done.out.split()) == expected
    fish = process(_STEMMA_COMPLETE="complete_fish", _TYPER_COMPLETE_ARGS=words, _TYPER_COMPLETE_FISH_ACTION="get-args")
    assert {line.split("\t")[0] for line in fish.out.splitlines()} == expected
    zsh = process(_STEMMA_COMPLETE="complete_zsh", _TYPER_COMPLETE_ARGS=words)
    assert all(f'"{word}"' in zsh.out for word in expected)
