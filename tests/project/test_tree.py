"""What the tracked files may not contain, and how long a module may be."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LONGEST_MODULE = 320
LARGEST_FILE = 1_000_000

# Paths of somebody's machine, unfinished work, leftovers of a merge.
FORBIDDEN = re.compile(
    r"(?<![\w.~-])/(?:work|root|home/[a-z]\w*|Users/\w+)/\w"
    r"|\b(?:TODO|FIXME|HACK)\b"
    r"|^(?:<{7}|>{7}) ",
    re.MULTILINE,
)
EXEMPT = {"tests/project/test_tree.py"}


def _tracked() -> list[str]:
    listing = ["git", "ls-files", "-z"]
    try:
        done = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=True)
    except (FileNotFoundError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout, or git is not installed")
    return [name for name in done.stdout.split("\0") if name and (ROOT / name).is_file()]


def test_no_leftovers_in_tracked_text() -> None:
    found = []
    for name in _tracked():
        if name in EXEMPT or name.endswith(".min.js"):  # scripts of others, as published
            continue
        text = (ROOT / name).read_bytes().decode("utf-8", errors="ignore")
        found += [f"{name}: {match[0]!r}" for match in FORBIDDEN.finditer(text)]
    assert found == []


def test_no_large_or_weight_file_is_tracked() -> None:
    names = _tracked()
    assert [n for n in names if (ROOT / n).stat().st_size > LARGEST_FILE] == []
    weights = (".bin", ".pt", ".pth", ".onnx", ".gguf", ".safetensors")
    assert [n for n in names if n.endswith(weights) and (ROOT / n).stat().st_size > 200_000] == []


def test_modules_can_be_seen_whole() -> None:
    modules = [name for name in _tracked() if name.startswith(("src/", "zoo/")) and name.endswith(".py")]
    lengths = {name: len((ROOT / name).read_text(encoding="utf-8").splitlines()) for name in modules}
    assert {name: length for name, length in lengths.items() if length > LONGEST_MODULE} == {}
