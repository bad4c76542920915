"""Each promised figure: how it is measured, its limit, and what was found."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.hard_pairs import hard_pairs
from benchmarks.models import EIGHT_GB, ONE_GB
from benchmarks.place import Figure, Place
from benchmarks.process import in_turn, peak_by_gnu_time
from benchmarks.records import RECORDS

_RULED = (0, 1, 2)  # linked, independent, not established: all are results
_START_UP = (
    "import stemma.cli.main, stemma.cli.compare_command, stemma.cache, stemma.usecases.compare,"
    " stemma.usecases.judging, stemma.publish.result_json"
)


def fingerprint_beside_digest(place: Place) -> Iterator[Figure]:
    """A fingerprint, digests included, beside `openssl dgst -sha256` of the same files, page cache warm."""
    model = place.model("base", ONE_GB, 1)
    files = [str(file) for file in sorted(model.glob("*.safetensors"))]
    out = str(place.folder / "base.stemma")
    commands = {
        "stemma fingerprint": [place.stemma, "fingerprint", str(model), "-o", out, "--no-cache", "-q"],
        "openssl dgst -sha256": ["openssl", "dgst", "-sha256", *files],
    }
    found = in_turn(commands, place.runs(5))
    ours, plain = found.values()
    name = "fingerprint of a 1 GB bf16 model / `openssl dgst -sha256`, median of 5"
    yield Figure(name, ours.wall / plain.wall, 2.5, "x", found)


def compare_beside_peer(place: Place) -> Iterator[Figure]:
    """`compare` of two 1 GB models beside modelDNA, for a derived and for an unrelated pair.

    Its many small matrix products make BLAS threads spin where the cores are shared with anything else; it is
    therefore also run with one thread, and the faster of the two counts.
    """
    if place.peer is None:
        return
    base = str(place.model("base", ONE_GB, 1))
    others = {"derived": place.model("child", ONE_GB, 1, tuned=2), "unrelated": place.model("other", ONE_GB, 3)}
    for relation, other in others.items():
        ours = [place.stemma, "compare", base, str(other), "--no-cache", "-q", "-f", "json"]
        theirs = [place.peer, "compare", str(other), base, "--json"]
        commands = {
            "stemma compare": ours,
            "stemma compare --sample": [*ours, "--sample"],
            "modeldna compare": theirs,
            "modeldna compare, one BLAS thread": ["env", "OPENBLAS_NUM_THREADS=1", *theirs],
        }
        found = in_turn(commands, place.runs(7), _RULED)
        full, sampled, *peers = found.values()
        peer = min(runs.wall for runs in peers)
        pair = f"of two 1 GB models ({relation}) / modelDNA (its faster setting), median of 7"
        yield Figure(f"compare {pair}", full.wall / peer, 1.3, "x", found)
        yield Figure(f"compare --sample {pair}", sampled.wall / peer, 0.5, "x", {})


def memory(place: Place) -> Iterator[Figure]:
    """The largest resident set while a model of 8 GB is fingerprinted, mapped pages included."""
    model = str(place.model("base", EIGHT_GB, 1))
    out = str(place.folder / "large.stemma")
    command = [place.stemma, "fingerprint", model, "-o", out, "--no-cache", "-q"]
    yield Figure("maximum resident set, 8 GB model", peak_by_gnu_time(command), 400, "MB", {})
    size = Path(out).stat().st_size / 1e6
    yield Figure("size of that fingerprint", size, 4, "MB", {})


def cached_compare(place: Place) -> Iterator[Figure]:
    """`compare` of two fingerprint files, less a process that only imports the same modules."""
    files = []
    for name, tuned in (("base", None), ("child", 2)):
        files.append(str(place.folder / f"{name}.stemma"))
        model = str(place.model(name, ONE_GB, 1, tuned))
        in_turn({"": [place.stemma, "fingerprint", model, "-o", files[-1], "-q"]}, 1, warm_up=0)
    commands = {
        "stemma compare A.stemma B.stemma": [place.stemma, "compare", *files, "-q", "-f", "json"],
        "start-up (the same imports)": [sys.executable, "-c", _START_UP],
    }
    found = in_turn(commands, place.runs(21), _RULED)
    whole, start_up = found.values()
    yield Figure("compare of two fingerprints beyond start-up", whole.wall - start_up.wall, 0.1, "s", found)


def start_up(place: Place) -> Iterator[Figure]:
    """`stemma --help`, a whole process."""
    found = in_turn({"stemma --help": [place.stemma, "--help"]}, place.runs(11))
    yield Figure("stemma --help", found["stemma --help"].wall, 0.25, "s", found)


def footprint(place: Place) -> Iterator[Figure]:
    """`du -sm` of a new environment with the core alone (installed from the package registry)."""
    if place.smoke:
        return
    environment, root = place.folder / "core", Path(__file__).parents[1]
    subprocess.run([sys.executable, "-m", "venv", "--clear", environment], check=True)
    subprocess.run([environment / "bin/pip", "install", "-q", root], check=True)
    usage = subprocess.run(["du", "-sm", environment], check=True, capture_output=True, text=True)
    yield Figure("environment with the core alone (du -sm)", float(usage.stdout.split()[0]), 340, "MB", {})


FIGURES: dict[str, Callable[[Place], Iterator[Figure]]] = {
    "start-up": start_up,
    "fingerprint": fingerprint_beside_digest,
    "compare": compare_beside_peer,
    "cached": cached_compare,
    "hard": hard_pairs,
    "memory": memory,
    "footprint": footprint,
    **RECORDS,
}
