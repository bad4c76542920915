"""modelDNA beside it on the same pairs, in its own environment and as its authors ship it."""

import hashlib
import json
import logging
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from zoo.errors import ZooError
from zoo.lineage import Pair
from zoo.score.cases import Built

log = logging.getLogger("zoo")
LINKED = ("EXACT_COPY", "QUANTIZED_COPY", "FINE_TUNE", "SAME_LINEAGE", "LIKELY_MERGE")
"""Its verdicts that say that one model derives from the other; the rest abstain or deny."""

_SCRIPT = Path(__file__).with_name("peer_script.py")


def ask_peer(built: Built, wanted: Sequence[Pair], python: Path) -> dict[tuple[str, str], str]:
    """The peer's verdict on every pair, kept between runs; "ERROR: ..." where it could not read a model."""
    if not python.exists():
        raise ZooError(f"there is no Python at {python}; make an environment with `pip install modeldna` in it")
    kept = built.folder / ".score" / "peer.jsonl"
    kept.parent.mkdir(exist_ok=True)
    known = {tuple(r["pair"]): r["verdict"] for r in _lines(kept) if r["key"] == _key(built, r["pair"])}
    missing = [pair for pair in wanted if (pair.a, pair.b) not in known]
    log.info("%d of %d pairs for the peer", len(missing), len(wanted))
    with (
        kept.open("a") as file,
        TemporaryFile("w+") as asked,
    ):
        asked.writelines(json.dumps([pair.a, pair.b]) + "\n" for pair in missing)
        asked.seek(0)
        known |= _answers(built, python, asked, file)
    return {(pair.a, pair.b): known[pair.a, pair.b] for pair in wanted}


def _answers(built: Built, python: Path, asked: IO[str], kept: IO[str]) -> dict[tuple[str, ...], str]:
    """The peer's verdicts on the pairs of a file, kept as they come; from a file, for no pipe holds so many."""
    found: dict[tuple[str, ...], str] = {}
    with (
        subprocess.Popen(
            [str(python), str(_SCRIPT), str(built.folder / "models")],
            stdin=asked,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"OPENBLAS_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"},
        ) as process,
    ):
        if process.stdout is None:
            raise ZooError("the peer's process has no pipe")
        for line in process.stdout:
            pair, verdict = json.loads(line)
            found[tuple(pair)] = verdict
            kept.write(json.dumps({"pair": pair, "verdict": verdict, "key": _key(built, pair)}) + "\n")
    if process.returncode:
        raise ZooError(f"the peer ended with {process.returncode}; what it said stands above")
    return found


def _key(built: Built, pair: Sequence[str]) -> str:
    digests = [built.entries[name]["sha256"] if name in built.entries else "" for name in pair]
    return hashlib.sha256("".join(digests).encode()).hexdigest()


def _lines(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
