"""Model to fingerprint: one pass over the weights, every core at work, the same bytes out at any number of threads."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from stemma.anatomy.interface import Anatomy, Part, Tokens
from stemma.errors import InputError
from stemma.fingerprint.anchors import collect_anchors
from stemma.fingerprint.collect import collect_part
from stemma.fingerprint.model import Anchors, Array, FilePrint, Fingerprint, LayerResponses, PartPrint
from stemma.fingerprint.plan import Plan, plan_reading
from stemma.fingerprint.responses import collect_mlp, response_mlps
from stemma.fingerprint.schema import DEFAULT, Parameters
from stemma.fingerprint.sketch import sketch_from, sum_of_anchors
from stemma.fingerprint.threads import one_blas_thread
from stemma.identity import Digest, Missing, is_present
from stemma.immutable import immutable
from stemma.weights.interface import ByteSource

_CHUNK = 1 << 22


def build_fingerprint(
    anatomy: Anatomy,
    weight_files: Sequence[ByteSource],
    *,
    full: bool = True,
    file_digests: bool = True,
    parameters: Parameters = DEFAULT,
    workers: int | None = None,
) -> Fingerprint:
    """Fingerprint of a dissected model.

    ``full`` reads every value and takes value digests and moments, and with ``file_digests`` the SHA-256 of every
    weight file; without it only the planned ranges are read (the samples are the same, the learned parts fewer).

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
        files = [pool.submit(_file_print, source, full and file_digests) for source in _largest_first(weight_files)]
        made = _collect(pool, anatomy, plan, parameters, full)
        file_prints = sorted((f.result() for f in files), key=lambda f: f.name)
    return Fingerprint(
        schema=parameters.schema,
        label=anatomy.label,
        container=anatomy.container,
        scheme=anatomy.scheme,
        reading="full" if full else "sampled",
        files=tuple(file_prints),
        facts=anatomy.facts,
        tokenizer=made.tokenizer,
        declared=anatomy.declared,
        parts=made.parts,
        exempt={e.source: e.reason for e in anatomy.exempt},
        anchors=made.anchors,
        responses=made.responses,
        sketch=made.sketch,
        missing=dict(anatomy.missing),
        warnings=anatomy.warnings,
    )


@immutable(eq=False)
class _Collected:
    parts: Mapping[str, PartPrint]
    anchors: Anchors | Missing
    responses: tuple[LayerResponses, ...] | Missing
    tokenizer: Mapping[str, Any] | Missing
    sketch: Array


def _collect(pool: ThreadPoolExecutor, anatomy: Anatomy, plan: Plan, parameters: Parameters, full: bool) -> _Collected:
    """What is made of the tensors and the tokens; every matrix is read once.

    Responses need the anchors. Half of the other parts are begun before those are collected, so that no worker waits
    for them, and half after, so that the matrices of a layer, one after the other, are not what is waited for at last.
    """
    mlps = response_mlps(anatomy.parts, plan, parameters.response_layers) if full else ()
    of_mlps = {part.key for mlp in mlps for part in mlp.parts}
    others = [part for part in anatomy.parts if part.key not in of_mlps]

    def begin(parts: Sequence[Part]) -> list[Future[PartPrint]]:
        return [pool.submit(_alone, part, plan, parameters, full) for part in parts]

    prints = begin(others[: len(others) // 2])
    # Vocabularies are work for the interpreter: here, while the workers read, hash and multiply without it.
    anchors, tokenizer = collect_anchors(anatomy, parameters), _tokenizer_facts(anatomy.tokens)
    anchored = sum_of_anchors(anchors, parameters.sketch)
    layers = [pool.submit(collect_mlp, mlp, anatomy, anchors, plan, parameters) for mlp in mlps]
    prints += begin(others[len(others) // 2 :])
    made = {each.key: each for each in (future.result() for future in prints)}
    made |= {each.key: each for future in layers for each in future.result()[0]}
    parts = {part.key: made[part.key] for part in anatomy.parts}
    responses = _responses([future.result()[1] for future in layers], anchors, full)
    return _Collected(parts, anchors, responses, tokenizer, sketch_from(anchored, parts))


def _alone(part: Part, plan: Plan, parameters: Parameters, full: bool) -> PartPrint:
    return collect_part(part, plan, parameters, full=full)[0]


def _responses(
    found: Sequence[LayerResponses | Missing], anchors: Anchors | Missing, full: bool
) -> tuple[LayerResponses, ...] | Missing:
    if not full:
        return Missing("neuron responses need whole matrices, and only samples were read")
    if isinstance(anchors, Missing):
        return anchors
    return tuple(each for each in found if is_present(each)) or Missing(
        "no layer has an MLP over the width of the embedding"
    )


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


def _file_print(source: ByteSource, digest_file: bool) -> FilePrint:
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
    return FilePrint(source.name, source.size, Digest("sha256", digest.hexdigest()))


def _tokenizer_facts(tokens: Tokens | Missing) -> Mapping[str, Any] | Missing:
    """Kind, size and a digest of the vocabulary in id order."""
    if isinstance(tokens, Missing):
        return tokens
    return {"kind": tokens.kind, "size": len(tokens.by_id), "sha256": tokens.sha256}
