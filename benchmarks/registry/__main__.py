"""`python -m benchmarks.registry` measures registries in SQL at the size of a hub: docs/performance-registry.md.

`--records 30000` tries it at another size; figures are written to the page only with `--out`, or at the full size.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.registry.page import page
from tools.postgres import cluster

ROOT = Path(__file__).parents[2]
FULL = 3_000_000
SETTINGS = "-c listen_addresses='' -c shared_buffers=256MB -c max_wal_size=4GB"


def main() -> int:
    arguments = _parser().parse_args()
    with tempfile.TemporaryDirectory(prefix="stemma-registry-", ignore_cleanup_errors=True) as temporary:
        folder = Path(arguments.folder or temporary).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o755)
        step("generate", "", folder, arguments.records)
        found = {name: _measure(name, folder, arguments.records) for name in arguments.only}
    out = arguments.out or (ROOT / "docs" / "performance-registry.md" if arguments.records == FULL else None)
    text = page(found, arguments.records)
    if out is None:
        print(text)
    else:
        out.write_text(text, encoding="utf-8")
    return 0


def _measure(name: str, folder: Path, records: int) -> dict[str, Any]:
    with BACKENDS[name](folder) as (url, size):
        found: dict[str, Any] = {"load_average": os.getloadavg()[0]}
        for each in ("load", "settle", "walk", "alerts"):
            if each == "settle":
                settle(url)
            else:
                found[each] = step(each, url, folder, records)
                print(name, each, json.dumps({k: v for k, v in found[each].items() if k != "plans"}), flush=True)
        found["disk_mb"] = size()
    return found


def step(name: str, url: str, folder: Path, records: int) -> dict[str, Any]:
    """One step in a process of its own, and what it prints."""
    command = [sys.executable, "-m", "benchmarks.registry.steps", name, url, str(folder), str(records)]
    done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def settle(url: str) -> None:
    """What a server does by itself within a minute or so after a load: autovacuum."""
    if url.startswith("postgresql"):
        import psycopg

        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")


@contextmanager
def _sqlite(folder: Path) -> Iterator[tuple[str, Any]]:
    home = Path(tempfile.mkdtemp(dir=folder))
    try:
        yield f"sqlite:///{home}/registry.db", lambda: _megabytes(home)
    finally:
        shutil.rmtree(home)


@contextmanager
def _postgresql(folder: Path) -> Iterator[tuple[str, Any]]:
    with cluster(SETTINGS, folder) as server:
        yield server.create("registry"), lambda: _megabytes(server.folder / "data" / "base")


def _megabytes(folder: Path) -> float:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6


BACKENDS = {"sqlite": _sqlite, "postgresql": _postgresql}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.registry", description=__doc__)
    parser.add_argument("--records", type=int, default=FULL, help="how many records; edges are five thirds of them")
    parser.add_argument("--folder", help="keep the generated lines here (about 2 GB) and use them again")
    parser.add_argument("--out", type=Path, help="write the page there")
    parser.add_argument("--only", nargs="+", choices=sorted(BACKENDS), default=sorted(BACKENDS, reverse=True))
    return parser


if __name__ == "__main__":
    sys.exit(main())
