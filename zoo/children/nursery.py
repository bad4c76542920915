"""Makes children side by side: one maker a child, a folder whole or absent, the manifest written last."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from zoo.children.plan import CHILDREN, Bench, Child
from zoo.children.truth import write_manifest

BY_NAME = {child.name: child for child in CHILDREN}


def make(child: Child, bench: Bench) -> bool:
    """Make a child, and first what it is made of; False if it is there already."""
    for needed in child.needs:
        make(BY_NAME[needed], bench)
    bench.out.mkdir(parents=True, exist_ok=True)
    folder, part = bench.out / child.name, bench.out / f"{child.name}.part"
    with _locked(bench.out / f".{child.name}.lock"):
        if folder.exists():
            return False
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir()
        pairs = child.make(bench, part)
        with _locked(bench.out / ".manifest.lock"):
            write_manifest(bench.out / "manifest.jsonl", pairs)
        part.rename(folder)
        return True


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    with file.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
