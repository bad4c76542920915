"""What is ruled on every pair, kept in a file so that a stopped run goes on where it was."""

import hashlib
import json
import logging
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import stemma
from stemma.cache import FeatureCache
from stemma.usecases.compare import compare_pairs
from stemma.usecases.settings import Work
from zoo.lineage import Pair
from zoo.score.cases import Built
from zoo.workers import pool

log = logging.getLogger("zoo")
_CHUNK = 150


@dataclass(frozen=True)
class Outcome:
    """The ruling on one pair, as far as tables need it; `label` is "failed" where a model could not be read."""

    a: str
    b: str
    label: str
    established: str = ""
    direction: str = ""
    mechanism: str | None = None
    exclusion: str | None = None
    status: str = ""
    layers: tuple[tuple[str, str], ...] = ()
    tests: dict[str, tuple[float, float, float | None]] = field(default_factory=dict)
    """Statistic, effect and log10 p of every test that was run, by its name."""
    reason: str = ""
    seconds: float = 0.0


def rule_on_all(built: Built, wanted: Sequence[Pair], jobs: int) -> dict[tuple[str, str], Outcome]:
    """The outcome of every pair, ruled now or kept from an earlier run of the same code on the same models."""
    kept = Kept(built.folder)
    known = kept.known(built)
    missing = [pair for pair in wanted if (pair.a, pair.b) not in known]
    log.info("%d of %d pairs to rule on", len(missing), len(wanted))
    chunks = list(_chunks(missing))
    for number, outcomes in enumerate(_run(built, chunks, jobs), 1):
        kept.add(built, outcomes)
        known |= {(outcome.a, outcome.b): outcome for outcome in outcomes}
        log.info("%d/%d chunks", number, len(chunks))
    return {(pair.a, pair.b): known[pair.a, pair.b] for pair in wanted}


class Kept:
    """The file of outcomes of a zoo; one counts only for the same models, ruled on by the same code."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / ".score" / "outcomes.jsonl"
        self._path.parent.mkdir(exist_ok=True)
        self._code = code_digest()

    def known(self, built: Built, *, by_any_code: bool = False) -> dict[tuple[str, str], Outcome]:
        """All that still count, by the names of the pair; those of other code count only where that is asked for."""
        return _known(self._path, None if by_any_code else self._code, built)

    def add(self, built: Built, outcomes: Sequence[Outcome]) -> None:
        """Write down new ones."""
        with self._path.open("a") as file:
            for outcome in outcomes:
                key = {"code": self._code, "models": [built.entries[n]["sha256"] for n in (outcome.a, outcome.b)]}
                file.write(json.dumps(asdict(outcome) | key) + "\n")


def rule_on_chunk(folder: str, pairs: Sequence[tuple[str, str]]) -> list[Outcome]:
    """Compare pairs of models by the public verb, weights at hand; one thread, fingerprints cached in the zoo."""
    models = Path(folder) / "models"
    work = Work(file_digests=False, cache=FeatureCache(Path(folder) / ".score" / "cache"), workers=1)
    references = [(str(models / a), str(models / b)) for a, b in pairs]
    found = []
    for (a, b), report in zip(pairs, compare_pairs(references, work), strict=True):
        ruling = report.ruling
        if ruling is None:
            found.append(Outcome(a, b, "failed", reason=report.error or ""))
            continue
        found.append(
            Outcome(
                a,
                b,
                ruling.label.value,
                ruling.established.value,
                ruling.direction.value,
                ruling.mechanism.value if ruling.mechanism else None,
                ruling.exclusion.value if ruling.exclusion else None,
                ruling.status,
                tuple((p.a, p.b) for p in ruling.layer_map),
                {e.test: (float(e.statistic), float(e.effect), e.log10_p) for e in ruling.evidence},
                " ".join(ruling.reasons),
                float(report.cost["seconds"]),
            )
        )
    return found


def _chunks(pairs: Sequence[Pair]) -> Iterator[list[tuple[str, str]]]:
    """Pairs of one group together, so that few models are at hand at a time."""
    groups: defaultdict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for pair in pairs:
        groups[_group(pair.a), _group(pair.b)].append((pair.a, pair.b))
    crossing: list[tuple[str, str]] = []
    for (left, right), members in sorted(groups.items()):
        if left != right:
            crossing += members
            continue
        yield from (members[i : i + _CHUNK] for i in range(0, len(members), _CHUNK))
    yield from (crossing[i : i + _CHUNK] for i in range(0, len(crossing), _CHUNK))


def _group(name: str) -> str:
    return "-".join(name.split("-")[:2])


def _run(built: Built, chunks: Sequence[list[tuple[str, str]]], jobs: int) -> Iterator[list[Outcome]]:
    folder = str(built.folder)
    with pool(min(jobs, len(chunks))) as mapped:
        yield from mapped(rule_on_chunk, [folder] * len(chunks), chunks)


def _known(path: Path, code: str | None, built: Built) -> dict[tuple[str, str], Outcome]:
    found = {}
    for line in path.read_text().splitlines() if path.exists() else ():
        record: dict[str, Any] = json.loads(line)
        names = record["a"], record["b"]
        by = record.pop("code")
        if code not in (None, by) or not all(name in built.entries for name in names):
            continue
        if record.pop("models") == [built.entries[name]["sha256"] for name in names]:
            record["layers"] = tuple((a, b) for a, b in record["layers"])
            record["tests"] = {name: tuple(values) for name, values in record["tests"].items()}
            found[names] = Outcome(**record)
    return found


def code_digest() -> str:
    """Of all sources of the package that rules: other code, other rulings."""
    root = Path(stemma.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
