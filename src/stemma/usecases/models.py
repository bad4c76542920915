"""From a reference to a dissected model, and from there to its fingerprint."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import field
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stemma.anatomy import Anatomy, dissect
from stemma.errors import InputError, StemmaError
from stemma.fingerprint import DEFAULT, SUFFIX, Fingerprint, build_fingerprint, from_bytes, load, to_bytes
from stemma.identity import Missing, PathReference, is_present, parse_reference
from stemma.identity.version import VERSION
from stemma.immutable import immutable
from stemma.interop.resolve import resolve
from stemma.usecases.settings import DEFAULT_WORK, Work
from stemma.usecases.watched import Meter, MeteredFiles
from stemma.weights.interface import Checkpoint, FileSet
from stemma.weights.open import open_checkpoint

if TYPE_CHECKING:
    from stemma.cache import FeatureCache

_log = logging.getLogger(__name__)


@immutable
class Model:
    """A model that was opened and taken apart; no weight has been read yet. ``meter`` counts what is read of it."""

    reference: str
    checkpoint: Checkpoint
    anatomy: Anatomy
    meter: Meter = field(default_factory=Meter)


@immutable
class FingerprintResult:
    """A fingerprint and what it cost: ``seconds``, ``bytes_read`` (0 from a stored one), ``cached``."""

    reference: str
    fingerprint: Fingerprint
    cost: Mapping[str, Any]


def open_model(reference: str, work: Work = DEFAULT_WORK) -> Model:
    """Open a model and find out what each tensor does.

    Raises:
        InputError: the reference names nothing that can be read.
        SourceError: bytes could not be had.
    """
    return open_files(reference, resolve(parse_reference(reference), work.network), work)


def open_files(reference: str, files: FileSet, work: Work = DEFAULT_WORK) -> Model:
    """The same for files that are at hand; ``reference`` is what people called them.

    Raises:
        InputError, SourceError: as :func:`open_model`.
    """
    meter, base = Meter(), None
    if work.base is not None:
        base = open_checkpoint(MeteredFiles(resolve(parse_reference(work.base), work.network), meter))
    checkpoint = open_checkpoint(MeteredFiles(files, meter), base=base)
    return Model(reference, checkpoint, dissect(checkpoint), meter)


def fingerprint(reference: str, work: Work = DEFAULT_WORK) -> FingerprintResult:
    """Fingerprint of a model: a stored one as it is, a cached one where the files did not change, else computed.

    Raises:
        InputError, SourceError: as :func:`open_model`; also where a tensor holds NaN or infinite values.
    """
    started = time.perf_counter()
    stored = stored_fingerprint(reference)
    if stored is not None:
        return FingerprintResult(reference, stored, {"seconds": time.perf_counter() - started, "bytes_read": 0})
    return fingerprint_model(open_model(reference, work), work, started=started)


def fingerprint_model(model: Model, work: Work = DEFAULT_WORK, *, started: float | None = None) -> FingerprintResult:
    """The same for a model that is open; ``started`` is when the work on it began, by ``time.perf_counter``.

    Raises:
        InputError, SourceError: as :func:`fingerprint`.
    """
    started = time.perf_counter() if started is None else started
    key = Missing("no cache is kept") if work.cache is None else _cache_key(model, work)
    if work.cache is not None and is_present(key):
        kept = work.cache.get(key)
        if is_present(kept):
            seconds = time.perf_counter() - started
            cost = {"seconds": seconds, "bytes_read": model.meter.read, "cached": True}
            return FingerprintResult(model.reference, from_bytes(kept), cost)
    result = _compute(model, work, started)
    if work.cache is not None and is_present(key):
        _keep(work.cache, key, result.fingerprint)
    return result


def _keep(cache: FeatureCache, key: str, made: Fingerprint) -> None:
    """A cache that cannot be written costs time later, not the result now: it is said, and work goes on."""
    try:
        cache.put(key, to_bytes(made))
    except StemmaError as error:
        _log.warning("the fingerprint was not cached: %s", error)


def stored_fingerprint(reference: str) -> Fingerprint | None:
    """The fingerprint that a reference to a ``.stemma`` file names; None for any other reference.

    Raises:
        InputError: there is no such file, or it is no fingerprint.
    """
    parsed = parse_reference(reference)
    if not isinstance(parsed, PathReference) or parsed.path.suffix != SUFFIX:
        return None
    if not parsed.path.is_file():
        raise InputError(f"There is no fingerprint at {reference}.", advice="Make one with: stemma fingerprint MODEL")
    return load(Path(parsed.path))


def _compute(model: Model, work: Work, started: float) -> FingerprintResult:
    model.meter.tell = _teller(model, work)
    sources = model.checkpoint.weight_files
    made = build_fingerprint(
        model.anatomy,
        sources,
        full=not work.sample,
        file_digests=work.file_digests,
        parameters=DEFAULT,
        workers=work.workers,
    )
    read = model.meter.read
    work.progress(model.reference, read, read)
    cost = {"seconds": time.perf_counter() - started, "bytes_read": read}
    return FingerprintResult(model.reference, made, cost)


def _teller(model: Model, work: Work) -> Callable[[int], None]:
    """Tells of bytes of the model's files; a file that is hashed as well is read twice but counts once."""
    sources = model.checkpoint.weight_files
    size = sum(source.size for source in sources)
    hashed = sum(s.size for s in sources if s.is_local and not is_present(s.known_sha256))

    def tell(read: int) -> None:
        if work.sample:
            work.progress(model.reference, read, 0)
        else:
            work.progress(model.reference, min(size - 1, read * size // max(1, size + hashed)), size)

    return tell


def _cache_key(model: Model, work: Work) -> str | Missing:
    """A key that changes with anything the fingerprint depends on: schema, reading, every file's version, metadata."""
    files = []
    for source in model.checkpoint.weight_files:
        version = source.version
        if isinstance(version, Missing):
            return version
        files.append((source.name, source.size, version))
    anatomy = model.anatomy
    parts = [(p.key, p.source, p.certain, p.tensor.shape, p.tensor.storage) for p in anatomy.parts]
    tokens = (anatomy.tokens.kind, anatomy.tokens.sha256) if is_present(anatomy.tokens) else anatomy.tokens
    metadata = (anatomy.label, anatomy.container, anatomy.scheme, anatomy.facts, anatomy.declared, anatomy.missing)
    remarks = (anatomy.exempt, anatomy.warnings)
    described = (
        VERSION,
        DEFAULT.schema,
        work.sample,
        work.file_digests,
        work.base,
        files,
        parts,
        tokens,
        metadata,
        remarks,
    )
    return sha256(repr(described).encode("utf-8", "surrogatepass")).hexdigest()
