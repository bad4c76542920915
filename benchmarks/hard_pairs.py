"""What a hard pair costs: every alignment path, on models of 1 GB."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator

from benchmarks.disguise import disguise
from benchmarks.models import ONE_GB, TINY
from benchmarks.place import Figure, Place
from benchmarks.process import FailedError, in_turn


def hard_pairs(place: Place) -> Iterator[Figure]:
    """`compare` of a model and its disguised copy, with and without shared tokens; each must be found linked."""
    base, shape = place.model("base", ONE_GB, 1), TINY if place.smoke else ONE_GB
    for name, strangers in (("shared tokens", False), ("no shared token", True)):
        target = place.folder / f"{shape.name}-disguised-{'strangers' if strangers else 'tokens'}"
        copy = disguise(base, target, shape, 7, strangers=strangers)
        command = [place.stemma, "compare", str(base), str(copy), "--no-cache", "-q", "-f", "json"]
        if not place.smoke:
            _check(command)
        found = in_turn({f"stemma compare, {name}": command}, place.runs(3), (0, 1, 2), warm_up=0)
        (runs,) = found.values()
        yield Figure(f"compare of a disguised pair of 1 GB, {name}", runs.wall, 60, "s", found)
        yield Figure(f"its maximum resident set, {name}", runs.peak_mb, 1500, "MB", {})


def _check(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    label = json.loads(done.stdout)["label"] if done.stdout else done.stderr
    if label != "linked":
        raise FailedError(f"{' '.join(command)}: got {label}, expected linked")
