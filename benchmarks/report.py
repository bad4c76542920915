"""docs/performance.md, written from figures."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from benchmarks.place import Figure

_HEAD = """# Performance

Written by `python -m benchmarks`; do not edit. Every time is that of a whole process, start-up included, with the
page cache warm. Commands that are compared ran in turn (A B A B ...) after one round that was not counted, so
quote the ratios and take the absolute times for the one machine they are from.
"""


def page(figures: Sequence[Figure], peer: str) -> str:
    """The whole page in Markdown."""
    return "\n".join([_HEAD, _machine(peer), *_promises(figures), *_times(figures)]) + "\n"


def _machine(peer: str) -> str:
    packages = ", ".join(f"{name} {version(name)}" for name in ("stemma", "numpy", "scipy"))
    return (
        f"Machine: {_processor()}, {os.cpu_count()} cores, {_memory_gib():.0f} GiB of memory. "
        f"Python {platform.python_version()}, {packages}; {peer}.\n"
    )


def _processor() -> str:
    text = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    match = re.search(r"^model name\s*: (.+)$", text, re.MULTILINE)
    return match[1] if match else platform.machine()


def _memory_gib() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)


def _promises(figures: Sequence[Figure]) -> list[str]:
    rows = [
        f"| {f.name} | {_number(f.limit)} {f.unit} | {_number(f.value)} {f.unit} | {'yes' if f.held else '**no**'} |"
        for f in figures
    ]
    return ["| figure | at most | measured | held |", "| --- | ---: | ---: | --- |", *rows, ""]


def _times(figures: Sequence[Figure]) -> list[str]:
    lines = ["## The times they were made of", ""]
    lines += ["| figure | command | wall s (median) | min | max | processor s | resident set MB |"]
    lines += ["| --- | --- | ---: | ---: | ---: | ---: | ---: |"]
    for figure in figures:
        for command, runs in figure.runs.items():
            low, high = runs.spread
            lines.append(
                f"| {figure.name} | `{command}` | {runs.wall:.3f} | {low:.3f} | {high:.3f} "
                f"| {runs.cpu:.3f} | {runs.peak_mb:.0f} |"
            )
    return lines


def _number(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"
