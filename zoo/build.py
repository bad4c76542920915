"""Make the specimens of a plan into a folder: resumable, deterministic, a few workers of one thread each.

A specimen is complete when its entry lies in `.made/`, which is written last; an entry whose recipe is no
longer the plan's is made anew, and with it everything derived from it.
"""

import hashlib
import json
import logging
import os
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from transformers import PreTrainedTokenizerFast
from transformers.utils import logging as transformers_logging

from zoo.architectures import ARCHITECTURES, Architecture, Part
from zoo.corpus import collect
from zoo.errors import ZooError
from zoo.lineage import Specimen, Zoo, ancestors, pairs
from zoo.machine import found_machine, make_repeatable
from zoo.made_of import facts
from zoo.plan import Size, specimens
from zoo.recipes.interface import Bench, Made
from zoo.spectra import mean_spikes
from zoo.storage import Entry, store, weight_files
from zoo.tokens import Shelf
from zoo.training import MASKED_SHARE
from zoo.workers import make_all, parents_first

log = logging.getLogger("zoo")
_LISTED_EVERY = 60.0
"""Seconds between two writings of the lists while a build runs."""


@dataclass(frozen=True)
class Place:
    """The folder of one zoo: models, entries of complete ones, the shelf, and the two lists about them."""

    folder: Path

    def model(self, name: str) -> Path:
        return self.folder / "models" / name

    def entry(self, name: str) -> Path:
        return self.folder / ".made" / f"{name}.json"

    @property
    def shelf(self) -> Shelf:
        return Shelf(self.folder / ".shelf")


def build(size: Size, folder: Path, only: Sequence[str] = (), jobs: int = 1) -> list[Entry]:
    """Make what is missing of the plan (of `only` and its ancestors), and list all that is complete."""
    zoo, place = specimens(size), Place(folder)
    wanted = _wanted(zoo, only)
    _prepare(size, place, {zoo[name].architecture for name in wanted})
    _discard_changed(size, zoo, place)
    missing = [name for name in zoo if name in wanted and not place.entry(name).exists()]
    log.info("%d of %d models to make", len(missing), len(wanted))
    listed = time.monotonic()
    making = make_all(zoo, missing, partial(make, size, folder), jobs, size.accelerated)
    for count, entry in enumerate(making, 1):
        log.info("%d/%d %s", count, len(missing), _line(entry))
        if size.accelerated or time.monotonic() - listed > _LISTED_EVERY:
            write_lists(size, zoo, place)
            listed = time.monotonic()
    return write_lists(size, zoo, place)


def adopt(size: Size, folder: Path, other: Path) -> list[str]:
    """Take over from another zoo what this one lacks: models of the same recipe and lineage, trained on the same text.

    Files are linked where the file system can, else copied.
    """
    zoo, place, source = specimens(size), Place(folder), Place(other)
    for digest in sorted((other / ".shelf").glob("*/complete")):
        kept = folder / ".shelf" / digest.parent.name
        if not kept.exists():
            shutil.copytree(digest.parent, kept)
        if (kept / "complete").read_text() != digest.read_text():
            raise ZooError(f"{other} was trained on other text than {folder}; build the models here instead")
    taken = []
    for name in parents_first(zoo, list(zoo)):
        described = describe(size, zoo[name])
        if place.entry(name).exists() or _stored_recipe(source, name) != described:
            continue
        if all(place.entry(parent).exists() for parent in zoo[name].parents):
            shutil.rmtree(place.model(name), ignore_errors=True)
            shutil.copytree(source.model(name), place.model(name), copy_function=_link)
            place.entry(name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source.entry(name), place.entry(name))
            taken.append(name)
    return taken


def _stored_recipe(place: Place, name: str) -> Entry | None:
    entry = place.entry(name)
    recipe: Entry | None = json.loads(entry.read_text())["recipe"] if entry.exists() else None
    return recipe


def _link(source: str, target: str) -> str:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy(source, target)
    return target


def write_lists(size: Size, zoo: Zoo, place: Place) -> list[Entry]:
    """Write `zoo.json` and `pairs.jsonl` for the specimens that are complete."""
    done = [name for name in zoo if place.entry(name).exists()]
    entries = [_entry(zoo, place, name) for name in done]
    manifest = {"size": size.name, "plan": asdict(size), "corpus": _corpus_digests(place), "models": entries}
    _write(place.folder / "zoo.json", json.dumps(manifest, indent=1) + "\n")
    lines = []
    for pair in pairs(zoo, [entry["name"] for entry in entries]):
        line = asdict(pair) | {"a": f"models/{pair.a}", "b": f"models/{pair.b}"}
        lines.append(json.dumps(line) + "\n")
    _write(place.folder / "pairs.jsonl", "".join(lines))
    return entries


def _entry(zoo: Zoo, place: Place, name: str) -> Entry:
    """What was made, with its lineage as the plan tells it now."""
    made: Entry = json.loads(place.entry(name).read_text())
    return made | _lineage(zoo[name]) | {"facts": facts(zoo, name)}


def make(size: Size, folder: Path, specimen: Specimen) -> Entry:
    """Make one specimen whose parents are complete, save it, and return its entry."""
    make_repeatable()
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    begun = time.monotonic()
    place, architecture = Place(folder), ARCHITECTURES[specimen.architecture]
    machine = found_machine(size.accelerated)
    bench = Bench(architecture, place.shelf, size.shape.context, size.batch_of(specimen.architecture), machine)
    torch.manual_seed(specimen.seed)
    made = specimen.recipe.make(bench, [_load(architecture, place, parent) for parent in specimen.parents])
    target = place.model(specimen.name)
    shutil.rmtree(target, ignore_errors=True)
    store(made, target)
    entry = _lineage(specimen) | {"recipe": describe(size, specimen)}
    entry |= _outcome(ARCHITECTURES[specimen.becomes or specimen.architecture], made, target)
    if specimen.trains:
        entry["device"] = machine.label
    entry["seconds"] = round(time.monotonic() - begun, 1)
    place.entry(specimen.name).parent.mkdir(parents=True, exist_ok=True)
    _write(place.entry(specimen.name), json.dumps(entry, indent=1) + "\n")
    return entry


def _lineage(specimen: Specimen) -> Entry:
    return {
        "name": specimen.name,
        "architecture": specimen.architecture,
        "path": f"models/{specimen.name}",
        "parents": list(specimen.parents),
        "category": specimen.category,
        "mechanism": specimen.mechanism,
        "exclusion": specimen.exclusion,
        "split": specimen.split,
        "seed": specimen.seed,
    }


def _outcome(architecture: Architecture, made: Made, target: Path) -> Entry:
    config = made.model.config
    return {
        "steps": made.steps,
        "initial_loss": made.losses.initial if made.losses else None,
        "final_loss": made.losses.final if made.losses else None,
        "hidden_size": config.hidden_size,
        "layers": config.num_hidden_layers,
        "spikes": {} if made.storage.adapter else _spikes(architecture, made.model),
        "sha256": hashlib.sha256(b"".join(path.read_bytes() for path in weight_files(target))).hexdigest(),
    }


def _spikes(architecture: Architecture, model: Any) -> dict[str, float]:
    parts: tuple[Part, Part] = ("mlp", "attention")
    return {part: mean_spikes(architecture, model, part) for part in parts}


def describe(size: Size, specimen: Specimen) -> Entry:
    """All that decides the weights, given the parents and the corpus: the recipe's fields and the bench's."""
    fields: Entry = json.loads(json.dumps(asdict(specimen.recipe)))  # type: ignore[call-overload]
    batch = size.batch_of(specimen.architecture)
    bench: Entry = {"context": size.shape.context, "batch": batch, "masked_share": MASKED_SHARE}
    if size.accelerated:
        bench["products"] = "bfloat16"
    return {"name": type(specimen.recipe).__name__, "bench": bench} | fields


def _load(architecture: Architecture, place: Place, name: str) -> Made:
    folder = place.model(name)
    return Made(architecture.load(folder), PreTrainedTokenizerFast.from_pretrained(folder))


def _wanted(zoo: Zoo, only: Sequence[str]) -> set[str]:
    unknown = sorted(set(only) - set(zoo))
    if unknown:
        raise ZooError(f"no specimen is called {', '.join(unknown)}; `python -m zoo list` names them all")
    return {ancestor for name in only or zoo for ancestor in ancestors(zoo, name)}


def _prepare(size: Size, place: Place, architectures: set[str]) -> None:
    kinds = sorted({ARCHITECTURES[name].kind for name in architectures})
    corpus = None
    for kind in kinds:
        if not (place.folder / ".shelf" / kind / "complete").exists():
            corpus = corpus or collect(size.corpus_bytes, size.accelerated)
            place.shelf.fill(kind, corpus, size.shape.vocabulary)


def _discard_changed(size: Size, zoo: Zoo, place: Place) -> None:
    for name, specimen in zoo.items():
        for ancestor in ancestors(zoo, name):
            entry = place.entry(ancestor)
            if not entry.exists() or json.loads(entry.read_text())["recipe"] != describe(size, zoo[ancestor]):
                place.entry(specimen.name).unlink(missing_ok=True)
                break


def _corpus_digests(place: Place) -> Mapping[str, str]:
    shelf = place.folder / ".shelf"
    return {path.parent.name: path.read_text() for path in sorted(shelf.glob("*/complete"))}


def _line(entry: Entry) -> str:
    losses = ""
    if entry["final_loss"] is not None:
        losses = f", loss {entry['initial_loss']:.2f} -> {entry['final_loss']:.2f}"
    return f"{entry['name']}: {entry['seconds']} s{losses}"


def _write(path: Path, text: str) -> None:
    partial = path.with_name(path.name + ".partial")
    partial.write_text(text)
    partial.replace(path)
