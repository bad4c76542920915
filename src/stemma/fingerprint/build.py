"""Model to fingerprint: one pass over the weights, every core at work, the same bytes out at any number of threads."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from stemma.anatomy.interface import Anatomy, Tokens
from stemma.errors import InputError
from stemma.fingerprint.anchors import collect_anchors
from stemma.fingerprint.collect import collect_part
from stemma.fingerprint.model import Anchors, FilePrint, Fingerprint, LayerResponses
from stemma.fingerprint.plan import plan_reading
from stemma.fingerprint.responses import all_responses
from stemma.fingerprint.schema import DEFAULT, Parameters
from stemma.fingerprint.sketch import sketch_from, sum_of_anchors
from stemma.fingerprint.spectrum import Spectrum
from stemma.fingerprint.threads import one_blas_thread
from stemma.identity import Digest, Missing, is_present
from stemma.weights.interface import ByteSource

_CHUNK = 1 << 22
Progress = Callable[[int], None]


def build_fingerprint(
    anatomy: Anatomy,
    weight_files: Sequence[ByteSource],
    *,
    full: bool = True,
    file_digests: bool = True,
    parameters: Parameters = DEFAULT,
    progress: Progress = lambda _bytes: None,
    workers: int | None = None,
) -> Fingerprint:
    """Fingerprint of a dissected model.

    ``full`` reads every value and takes value digests and moments, and with ``file_digests`` the SHA-256 of every
    weight file; without it only the planned ranges are read (the samples are the same, the learned parts fewer).
    ``progress`` is told the bytes done as they are done.

    Raises:
        InputError: no matrix could be used, or a tensor holds NaN or infinite values.
        SourceError: the bytes could not be read.
    """
    plan = plan_reading(anatomy.parts, parameters, full=full)
    if not anatomy.parts:
        raise InputError(
            f"{anatomy.label} holds no weights that a fingerprint could be taken of.",
            advice="Run `stemma inspect` on it to see what was found.",
        )
    with one_blas_thread(), _pool(workers or os.cpu_count() or 1) as pool:
        files = [
            pool.submit(_file_print, source, full and file_digests, progress) for source in _largest_first(weight_files)
        ]
        prints = [pool.submit(collect_part, part, plan, parameters, full=full) for part in anatomy.parts]
        # Vocabularies are work for the interpreter: here, while the workers read, hash and multiply without it.
        anchor_rows, tokenizer = collect_anchors(anatomy, parameters), _tokenizer_facts(anatomy.tokens)
        anchored = sum_of_anchors(anchor_rows, parameters.sketch)
        for part, future in zip(anatomy.parts, prints, strict=True):
            future.result()
            progress(part.tensor.count * part.tensor.dtype.itemsize if full else 0)
        collected = [f.result() for f in prints]
        parts = {made.key: made for made, _ in collected}
        spectra = {made.key: spectrum for made, spectrum in collected if spectrum is not None}
        responses = _responses(anatomy, anchor_rows, spectra, parameters, full)
        file_prints = sorted((f.result() for f in files), key=lambda f: f.name)
    return Fingerprint(
        schema=parameters.schema,
        label=anatomy.label,
        container=anatomy.container,
        scheme=anatomy.scheme,
        reading="full" if full else "sampled",
        files=tuple(file_prints),
        facts=anatomy.facts,
        tokenizer=tokenizer,
        declared=anatomy.declared,
        parts=parts,
        exempt={e.source: e.reason for e in anatomy.exempt},
        anchors=anchor_rows,
        responses=responses,
        sketch=sketch_from(anchored, parts),
        missing=dict(anatomy.missing),
        warnings=anatomy.warnings,
    )


def _responses(
    anatomy: Anatomy, anchors: Anchors | Missing, spectra: Mapping[str, Spectrum], parameters: Parameters, full: bool
) -> tuple[LayerResponses, ...] | Missing:
    if not full:
        return Missing("neuron responses need whole matrices, and only samples were read")
    return all_responses(anatomy, anchors, spectra, parameters)


@contextmanager
def _pool(workers: int) -> Iterator[ThreadPoolExecutor]:
    """Threads that drop what they have not begun once anything fails."""
    with ThreadPoolExecutor(workers) as pool:
        try:
            yield pool
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _largest_first(sources: Sequence[ByteSource]) -> list[ByteSource]:
    return sorted(sources, key=lambda s: (-s.size, s.name))


def _file_print(source: ByteSource, digest_file: bool, progress: Progress) -> FilePrint:
    known = source.known_sha256
    if is_present(known):
        return FilePrint(source.name, source.size, known)
    if not digest_file:
        return FilePrint(source.name, source.size, Missing("not taken; tensors have digests of their values"))
    if not source.is_local:
        return FilePrint(source.name, source.size, Missing("the server states no digest, and the file is remote"))
    digest = hashlib.sha256()
    for offset in range(0, source.size, _CHUNK):
        length = min(_CHUNK, source.size - offset)
        digest.update(source.read(offset, length))
        progress(length)
    return FilePrint(source.name, source.size, Digest("sha256", digest.hexdigest()))


def _tokenizer_facts(tokens: Tokens | Missing) -> Mapping[str, Any] | Missing:
    """Kind, size and a digest of the vocabulary in id order."""
    if isinstance(tokens, Missing):
        return tokens
    return {"kind": tokens.kind, "size": len(tokens.by_id), "sha256": tokens.sha256}
