"""Ten thousand records: checked and resolved, one of them shown, all of them published as a site."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator

from benchmarks.place import Figure, Place
from benchmarks.process import in_turn
from benchmarks.record_texts import registry


def validate(place: Place) -> Iterator[Figure]:
    """`record validate` of the whole directory: every file read and checked, every record resolved."""
    folder = registry(place.folder / f"records-{_count(place)}", _count(place))
    found = in_turn({"stemma record validate": [place.stemma, "record", "validate", str(folder)]}, place.runs(3))
    name = "validate and resolve 10,000 records, median of 3"
    yield Figure(name, found["stemma record validate"].wall, 10, "s", found)


def show(place: Place) -> Iterator[Figure]:
    """`record show` of one record among ten thousand, its ancestors read along."""
    folder = registry(place.folder / f"records-{_count(place)}", _count(place))
    command = [place.stemma, "record", "show", f"model-{_count(place) - 1}", "--registry", str(folder)]
    found = in_turn({"stemma record show": command}, place.runs(7))
    yield Figure("show one of 10,000 records, median of 7", found["stemma record show"].wall, 0.3, "s", found)


def site(place: Place) -> Iterator[Figure]:
    """`site build` into a new directory, then again where nothing changed."""
    folder = registry(place.folder / f"records-{_count(place)}", _count(place))
    out = place.folder / "site"
    shutil.rmtree(out, ignore_errors=True)
    command = [place.stemma, "site", "build", str(folder), "--out", str(out), "--quiet"]
    first = in_turn({"stemma site build": command}, 1, warm_up=0)
    yield Figure("site of 10,000 records", first["stemma site build"].wall, 180, "s", first)
    again = in_turn({"stemma site build, nothing changed": command}, 1, warm_up=0)
    ratio = again["stemma site build, nothing changed"].wall / first["stemma site build"].wall
    yield Figure("the same site built again / built first", ratio, 0.5, "x", again)


def _count(place: Place) -> int:
    return 200 if place.smoke else 10_000


RECORDS: dict[str, Callable[[Place], Iterator[Figure]]] = {
    "records-validate": validate,
    "records-show": show,
    "records-site": site,
}
