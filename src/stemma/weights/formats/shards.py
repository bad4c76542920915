"""Which files of a folder make up one model: a single file, numbered shards, or the shards of an index."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from stemma.errors import InputError, MalformedFile
from stemma.immutable import immutable
from stemma.weights.interface import ByteSource, FileSet, LazyTensor
from stemma.weights.strict_json import read_json_object

MAX_INDEX = 100_000_000
_PART = re.compile(r"(?P<stem>.+)-(?P<part>\d{5})-of-(?P<parts>\d{5})")
_INCOMPLETE = "Fetch the missing files: a part of a model is never read as the whole."

Headers = Sequence[tuple[str, Mapping[str, LazyTensor]]]


@immutable
class Chosen:
    """The shards of one model in order, what their index says (tensor to file), and what was left unread."""

    names: tuple[str, ...]
    index: str | None = None
    weight_map: Mapping[str, str] | None = None
    warnings: tuple[str, ...] = ()


def with_suffix(
    files: FileSet, suffix: str | tuple[str, ...], *, sniff: Callable[[ByteSource], bool]
) -> tuple[str, ...]:
    """Names at the top of the folder that end in ``suffix``; a lone file is known by its bytes as well."""
    names = files.names()
    found = tuple(name for name in names if "/" not in name and name.lower().endswith(suffix))
    if not found and len(names) == 1 and sniff(files.open(names[0])):
        return names
    return found


def choose_shards(files: FileSet, names: Sequence[str], *, stem: str, suffix: str) -> Chosen:
    """Pick one model: ``<stem><suffix>`` alone, else the shards of an index, else numbered shards.

    Raises:
        MalformedFile: the index names files that are not there, or numbered shards are incomplete.
        InputError: several unrelated files, and nothing says which is meant.
    """
    chosen = _choose(files, names, stem, suffix)
    unread = sorted(set(names) - set(chosen.names))
    if not unread:
        return chosen
    return replace(chosen, warnings=(f"Left unread beside {chosen.names[0]}: {listed(unread)}.",))


def _choose(files: FileSet, names: Sequence[str], stem: str, suffix: str) -> Chosen:
    if stem + suffix in names:
        return Chosen((stem + suffix,))
    present = set(files.names())
    indexes = [name for name in present if "/" not in name and name.endswith(suffix + ".index.json")]
    if indexes:
        preferred = f"{stem}{suffix}.index.json"
        index = preferred if preferred in indexes else min(indexes)
        return _indexed(files, index, present)
    series = sorted({match["stem"] for name in names if (match := _PART.match(name))})
    if stem in series or len(series) == 1:
        return Chosen(complete_series(names, stem if stem in series else series[0]))
    if len(names) == 1 and not series:
        return Chosen(tuple(names))
    raise InputError(
        f"{files.label} holds {len(names)} weight files that are no shards of one model: {listed(names)}.",
        advice="Name the one file that is meant.",
    )


def complete_series(names: Sequence[str], stem: str) -> tuple[str, ...]:
    """The files ``<stem>-00001-of-0000N*`` in order; raises MalformedFile where one of them is missing."""
    matches = [(match, name) for name in names if (match := _PART.match(name)) and match["stem"] == stem]
    parts = {int(match["part"]): name for match, name in matches}
    totals = {int(match["parts"]) for match, _ in matches}
    total = max(totals)
    if len(totals) != 1 or len(parts) != len(matches) or sorted(parts) != list(range(1, total + 1)):
        raise MalformedFile(
            f"{stem}-*",
            f"shards {listed([name for _, name in matches])}",
            f"all of 1 to {total}",
            advice=_INCOMPLETE,
        )
    return tuple(parts[part] for part in sorted(parts))


def _indexed(files: FileSet, index: str, present: set[str]) -> Chosen:
    weight_map = read_json_object(files.open(index), MAX_INDEX).get("weight_map")
    if not isinstance(weight_map, dict) or not weight_map:
        raise MalformedFile(index, "no weight_map", "a map of tensor names to files")
    if not all(isinstance(name, str) for name in weight_map.values()):
        raise MalformedFile(index, "a weight_map with other values", "file names")
    shards = sorted(set(weight_map.values()))
    if missing := [name for name in shards if name not in present]:
        raise MalformedFile(index, f"shards that are not there: {listed(missing)}", "every shard", advice=_INCOMPLETE)
    return Chosen(tuple(shards), index, weight_map)


def merge_shards(headers: Headers, chosen: Chosen) -> tuple[dict[str, LazyTensor], tuple[str, ...]]:
    """All tensors of all shards, sorted by name, and warnings; what the index claims must be so.

    Raises:
        MalformedFile: a tensor lies in two shards, or not where the index says.
    """
    merged: dict[str, LazyTensor] = {}
    home: dict[str, str] = {}
    for file, tensors in headers:
        for name, tensor in tensors.items():
            if name in home:
                raise MalformedFile(file, f"{name!r}, which {home[name]} holds too", "every tensor once")
            merged[name], home[name] = tensor, file
    unlisted: list[str] = []
    if chosen.weight_map is not None and chosen.index is not None:
        for name, file in chosen.weight_map.items():
            if home.get(name) != file:
                raise MalformedFile(
                    chosen.index,
                    f"{name[:120]!r} in {file}",
                    f"its real place ({home.get(name, 'no shard holds it')})",
                    advice="The index and the shards are of different models or revisions.",
                )
        unlisted = sorted(set(home) - set(chosen.weight_map))
    warnings = (f"{len(unlisted)} tensors are not in {chosen.index}: {listed(unlisted)}.",) if unlisted else ()
    return {name: merged[name] for name in sorted(merged)}, chosen.warnings + warnings


def listed(names: Iterable[str], limit: int = 4) -> str:
    """The first few names for a message."""
    names = list(names)
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(name[:120] for name in names[:limit]) + more
