"""Before any work: help with examples for every command, completion, and imports that cost nothing."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from stemma.cli.main import app
from stemma.cli.parser import Group
from tests.cli.conftest import Command

HEAVY = ("numpy", "scipy", "rich", "torch", "transformers", "httpx", "huggingface_hub", "yaml", "gguf", "onnx")


def commands(group: Group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every command and group below a group, itself included."""
    yield path
    for name in group.commands:
        found = group.load(name)
        if isinstance(found, Group):
            yield from commands(found, (*path, name))
        else:
            yield (*path, name)


COMMANDS = sorted(commands(app))


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_help(stemma: Command, command: tuple[str, ...], flag: str) -> None:
    done = stemma(*command, flag)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"Usage: {' '.join(('stemma', *command))} ")
    if command not in {("catalog",), ("cache",)}:
        assert re.search(rf"Examples?:\n +stemma {' '.join(command)}", done.out)


def test_help_says_what_may_be_chosen(stemma: Command) -> None:
    assert "One of table, json, html, sarif. [default: table]" in " ".join(stemma("compare", "--help").out.split())


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
    named = process("--show-completion", shell)
    assert (named.code, "_ARGCOMPLETE" in named.out) == (0, True)
    assert process("--show-completion", SHELL=f"/bin/{shell}").out == named.out


def test_completion_for_a_shell_that_is_not_served(process: Command) -> None:
    done = process("--install-completion", "nonesuch")
    assert (done.code, "bash, zsh, fish" in done.err) == (3, True)


@pytest.mark.parametrize(("shell", "file"), [("bash", ".bashrc"), ("zsh", ".zshrc"), ("fish", ".config/fish")])
def test_completion_is_installed_once(process: Command, tmp_path: Path, shell: str, file: str) -> None:
    for _ in range(2):
        done = process("--install-completion", shell, HOME=str(tmp_path))
        assert done.code == 0, done.err
    started = tmp_path / file
    if shell == "fish":
        assert "stemma" in (started / "completions" / "stemma.fish").read_text()
        return
    (line,) = [line for line in started.read_text().splitlines() if line]
    kept = Path(line.removeprefix('source "').removesuffix('"'))
    assert "stemma" in kept.read_text()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("stemma co", {"compare"}),
        ("stemma catalog ", {"add", "build", "export", "import", "list", "remove", "show", "verify"}),
        ("stemma compare --form", {"--format"}),
        ("stemma compare a b --format ", {"table", "json", "html", "sarif"}),
    ],
)
@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completions(process: Command, tmp_path: Path, words: str, expected: set[str], shell: str) -> None:
    answer = tmp_path / "answer"
    asked = {"_ARGCOMPLETE": "1", "_ARGCOMPLETE_SHELL": shell, "_ARGCOMPLETE_STDOUT_FILENAME": str(answer)}
    process(**asked, _ARGCOMPLETE_IFS="\n", COMP_LINE=words, COMP_POINT=str(len(words)))
    found = {re.split(r"[:\t]", line)[0].strip() for line in answer.read_text().split("\n")} - {"-h", "--help"}
    assert found == expected


def test_words_may_stand_in_any_order(stemma: Command) -> None:
    done = stemma("compare", "base", "--format", "json", "--no-cache", "tuned", "-q")
    assert (done.code, done.out[:1]) == (0, "{")
    assert stemma("compare", "--no-cache", "-qf", "json", "--", "base", "tuned").out[:1] == "{"


def test_a_near_miss_is_named(stemma: Command) -> None:
    assert "Did you mean compare?" in stemma("compar").err
