"""`python -m benchmarks.web` measures the server over a registry of the size of a hub: docs/performance-web.md.

`--records 30000 --seconds 20 --minutes 0.5` tries it on a small one. Figures are written to the page only with `--out`,
or at the full size. `--folder` keeps what was generated, and uses the databases that lie there again.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from benchmarks.registry.__main__ import FULL, ROOT, SETTINGS, settle, step
from benchmarks.web.page import page
from tools.postgres import cluster

RATE = 50.0
LOADS: tuple[tuple[str, dict[str, float]], ...] = (
    ("50 a second, pages of records", {"record": 1.0}),
    ("50 a second, neighbourhoods", {"neighbourhood": 1.0}),
    ("50 a second, four pages to one neighbourhood", {"record": 4.0, "neighbourhood": 1.0}),
)


def main() -> int:
    arguments = _parser().parse_args()
    with tempfile.TemporaryDirectory(prefix="stemma-web-", ignore_cleanup_errors=True) as temporary:
        folder = Path(arguments.folder or temporary).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o755)
        if arguments.registry:
            name = "postgresql" if arguments.registry.startswith("postgresql") else "sqlite"
            found = {name: _measure(arguments.registry, folder, arguments)}
        else:
            step("generate", "", folder, arguments.records)
            found = {name: _on(name, folder, arguments) for name in arguments.only}
    full = arguments.records == FULL
    out = arguments.out or (ROOT / "docs" / "performance-web.md" if full else None)
    text = page(found, arguments.records, full=full)
    if out is None:
        print(text)
    else:
        out.write_text(text, encoding="utf-8")
    return 0


def _on(name: str, folder: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    with BACKENDS[name](folder, arguments.records) as url:
        return _measure(url, folder, arguments)


def _measure(url: str, folder: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    before = os.getloadavg()[0]
    with serving(url) as (port, process):
        _load(port, {"rate": 20.0, "seconds": 5.0, "shares": LOADS[-1][1], "records": arguments.records})  # warm
        found: dict[str, Any] = {"load_average": before, "open": []}
        for words, shares in LOADS:
            asked = {"rate": RATE, "seconds": arguments.seconds, "shares": shares, "records": arguments.records}
            found["open"].append({"words": words, **_load(port, asked)})
            print(url.partition(":")[0], words, json.dumps(found["open"][-1]["kinds"]), flush=True)
        if arguments.minutes:
            asked = {"clients": arguments.clients, "seconds": arguments.minutes * 60, "records": arguments.records}
            found["many"] = {"clients": arguments.clients, **_load(port, asked)}
            print(url.partition(":")[0], json.dumps(found["many"]), flush=True)
        found["peak_mb"] = _peak(process.pid)
    return found


@contextmanager
def serving(url: str) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """`stemma serve` over a registry, with no bound on how often one client may ask."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "stemma", "serve", "--registry", url, "--port", str(port), "--rate", "0"]
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, stderr=log, cwd=ROOT)
        try:
            _wait(port, process)
            yield port, process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=60)


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        try:
            with urlopen(f"http://127.0.0.1:{port}/readyz", timeout=30) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("the server did not start")


def _load(port: int, asked: dict[str, Any]) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.web.load", "127.0.0.1", str(port), json.dumps(asked)]
    done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _peak(pid: int) -> float:
    """The largest resident set of a process so far."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith("VmHWM"))


@contextmanager
def _sqlite(folder: Path, records: int) -> Iterator[str]:
    file = folder / f"registry-{records}.db"
    url = f"sqlite:///{file}"
    if not file.is_file():
        step("load", url, folder, records)
    yield url


@contextmanager
def _postgresql(folder: Path, records: int) -> Iterator[str]:
    with cluster(SETTINGS, folder) as server:
        url = server.create("registry")
        step("load", url, folder, records)
        settle(url)
        yield url


BACKENDS = {"sqlite": _sqlite, "postgresql": _postgresql}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.web", description=__doc__)
    parser.add_argument("--records", type=int, default=FULL, help="how many records the made-up hub has")
    parser.add_argument("--registry", metavar="URL", help="a database that holds that hub already")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long each open load lasts")
    parser.add_argument("--clients", type=int, default=50, help="clients at once in the long run")
    parser.add_argument("--minutes", type=float, default=10.0, help="how long they ask; 0: not at all")
    parser.add_argument("--folder", help="keep what is generated here, and use it again")
    parser.add_argument("--out", type=Path, help="write the page there")
    parser.add_argument("--only", nargs="+", choices=sorted(BACKENDS), default=sorted(BACKENDS, reverse=True))
    return parser


if __name__ == "__main__":
    sys.exit(main())
