"""Fill a catalog from a list of hub models: by byte range, politely, and so that an interrupted run goes on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from threading import Lock

from stemma.catalog import Catalog
from stemma.catalog.names import name_from_label
from stemma.catalog.seeds import Seed, load_seeds, starter_seeds
from stemma.fingerprint import DEFAULT, require_comparable
from stemma.immutable import immutable
from stemma.interop.crawl import Handle, Manners, crawl
from stemma.interop.crawl_state import CrawlState, Outcome
from stemma.usecases.models import fingerprint_model, open_files
from stemma.usecases.settings import DEFAULT_WORK, Work
from stemma.weights.interface import FileSet

STATE = "build.jsonl"
"""In the catalog's directory: the outcome of every model that was tried."""

Tell = Callable[[str, str | None], None]


@immutable
class BuildOutcome:
    """Of ``asked`` models ``done`` are in the catalog, now or since earlier; ``failed`` says why of the others."""

    asked: int
    done: int
    failed: Mapping[str, str]


def build_catalog(
    catalog: Catalog,
    seeds_path: Path | None,
    work: Work = DEFAULT_WORK,
    *,
    limit: int | None = None,
    manners: Manners | None = None,
    tell: Tell = lambda _name, _reason: None,
) -> BuildOutcome:
    """Fingerprint the models of a seed list (default: the starter list) into ``catalog``, the first ``limit`` of them.

    What the catalog holds already is not asked for again; what failed is tried anew by the next run.

    Args:
        manners: how politely; default: one model begun a second, a minute of rest after a refusal by rate.
        tell: told of every model as it is settled: its reference, and why it was not taken or None.

    Raises:
        InputError: the seed list cannot be used, or the catalog holds fingerprints of another schema.
        StemmaError: the catalog cannot be written.
    """
    seeds = (starter_seeds() if seeds_path is None else load_seeds(seeds_path))[:limit]
    held = _held(catalog)
    missing = [seed for seed in seeds if _name(seed) not in held]
    state = catalog.directory / STATE
    _forget_removed(state, missing)
    report = crawl(
        missing,
        _taker(catalog, work),
        work.network,
        state_path=state,
        max_workers=work.workers,
        manners=manners,
        tell=lambda seed, outcome: tell(str(seed.reference), _reason(outcome)),
    )
    failed = {outcome.reference: _reason(outcome) or "" for outcome in report.failed}
    return BuildOutcome(len(seeds), len(seeds) - len(failed), failed)


def _held(catalog: Catalog) -> frozenset[str]:
    if not catalog.exists:
        return frozenset()
    require_comparable(catalog.schema, DEFAULT.schema)
    return frozenset(catalog.names())


def _name(seed: Seed) -> str:
    return name_from_label(str(seed.reference))


def _forget_removed(state: Path, missing: list[Seed]) -> None:
    """The catalog decides what is done: where somebody removed an entry since, the old outcomes no longer hold."""
    if not state.exists():
        return
    with CrawlState(state) as known:
        stale = any(known.is_done(str(seed.reference)) for seed in missing)
    if stale:
        state.unlink()


def _taker(catalog: Catalog, work: Work) -> Handle:
    one_at_a_time = Lock()
    each = replace(work, base=None, workers=1)

    def take(seed: Seed, files: FileSet) -> None:
        made = fingerprint_model(open_files(str(seed.reference), files, each), each)
        with one_at_a_time:
            catalog.add(made.fingerprint, name=_name(seed), replace=True)

    return take


def _reason(outcome: Outcome) -> str | None:
    return None if outcome.state == "done" else f"{outcome.message} {outcome.advice}".strip()
