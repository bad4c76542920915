"""What a model is made of, without reading its weights."""

from __future__ import annotations

import math
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from stemma.anatomy import Anatomy, Facts, Role, Site
from stemma.fingerprint import Fingerprint
from stemma.identity import Missing, is_present
from stemma.identity.version import VERSION
from stemma.publish.model import DtypeCount, Exemption, FileEntry, InspectionReport, ModelSummary, RoleCount
from stemma.usecases.models import Model, open_model, stored_fingerprint
from stemma.usecases.settings import DEFAULT_WORK, Work
from stemma.usecases.summaries import summary_of


def inspect(reference: str, work: Work = DEFAULT_WORK) -> InspectionReport:
    """Formats, shards, dtypes, roles, facts, declared parents and warnings of a model, or of what was fingerprinted.

    Raises:
        InputError, SourceError: as :func:`stemma.usecases.models.open_model`.
    """
    started = time.perf_counter()
    stored = stored_fingerprint(reference)
    if stored is not None:
        return _inspect_stored(reference, stored, started)
    model = open_model(reference, work)
    anatomy = model.anatomy
    return InspectionReport(
        reference,
        summary=_summary(model),
        files=_files(model),
        dtypes=_dtypes([(p.tensor.storage, p.tensor.count) for p in anatomy.parts]),
        roles=_roles([(p.site, p.role, p.bias, p.tensor.shape) for p in anatomy.parts]),
        exempt=tuple(Exemption(e.source, e.reason) for e in anatomy.exempt),
        facts=_facts(anatomy.facts),
        tokenizer=_tokenizer(anatomy),
        declared=anatomy.declared,
        cost={"seconds": time.perf_counter() - started},
        stemma=VERSION,
    )


def _summary(model: Model) -> ModelSummary:
    anatomy = model.anatomy
    layers = {(p.site.stack, p.site.layer) for p in anatomy.parts if p.site.layer >= 0}
    return ModelSummary(
        name=anatomy.label,
        container=anatomy.container,
        parameters=sum(p.tensor.count for p in anatomy.parts),
        layers=len(layers) or Missing("no tensor belongs to a layer"),
        hidden=anatomy.facts.hidden,
        architecture=anatomy.scheme,
        roles=dict(sorted(Counter(p.role.value for p in anatomy.parts).items())),
        missing=anatomy.missing,
        warnings=tuple(dict.fromkeys((*model.checkpoint.warnings, *anatomy.warnings))),
    )


def _files(model: Model) -> tuple[FileEntry, ...]:
    held = model.checkpoint.held
    return tuple(
        FileEntry(
            source.name,
            model.checkpoint.container,
            source.size,
            held.get(source.name, Missing("the container does not say which of its files holds what")),
            str(known) if is_present(known := source.known_sha256) else Missing("computed by: stemma fingerprint"),
        )
        for source in model.checkpoint.weight_files
    )


def _dtypes(tensors: Sequence[tuple[str, int]]) -> tuple[DtypeCount, ...]:
    number: Counter[str] = Counter()
    elements: Counter[str] = Counter()
    for storage, count in tensors:
        number[storage] += 1
        elements[storage] += count
    return tuple(DtypeCount(kind, number[kind], elements[kind]) for kind in sorted(number))


def _roles(parts: Iterable[tuple[Site, Role, bool, tuple[int, ...]]]) -> tuple[RoleCount, ...]:
    found: Mapping[tuple[str, str], list[str]] = defaultdict(list)
    for site, role, bias, shape in parts:
        found[site.stack, role.value + (" bias" if bias else "")].append(" x ".join(map(str, shape)))
    return tuple(
        RoleCount(stack, role, len(shapes), tuple(sorted(set(shapes))))
        for (stack, role), shapes in sorted(found.items())
    )


def _facts(facts: Facts) -> Mapping[str, object]:
    return {name: getattr(facts, name) for name in sorted(facts.__dataclass_fields__)}


def _tokenizer(anatomy: Anatomy) -> str | Missing:
    tokens = anatomy.tokens
    return tokens if isinstance(tokens, Missing) else f"{tokens.kind}, {len(tokens.by_id)} tokens"


def _inspect_stored(reference: str, stored: Fingerprint, started: float) -> InspectionReport:
    """What a fingerprint says of the model it was taken of."""
    parts = stored.parts.values()
    return InspectionReport(
        reference,
        summary=summary_of(stored),
        files=tuple(
            FileEntry(
                f.name,
                stored.container,
                f.size,
                Missing("a fingerprint does not keep which file held what"),
                f.sha256 if isinstance(f.sha256, Missing) else str(f.sha256),
            )
            for f in stored.files
        ),
        dtypes=_dtypes([(p.storage, int(math.prod(p.shape))) for p in parts]),
        roles=_roles((p.site, p.role, p.bias, p.shape) for p in parts),
        exempt=tuple(Exemption(name, reason) for name, reason in sorted(stored.exempt.items())),
        facts=_facts(stored.facts),
        tokenizer=_stored_tokenizer(stored.tokenizer),
        declared=stored.declared,
        cost={"seconds": time.perf_counter() - started},
        stemma=VERSION,
    )


def _stored_tokenizer(facts: Mapping[str, Any] | Missing) -> str | Missing:
    return facts if isinstance(facts, Missing) else f"{facts['kind']}, {facts['size']} tokens"
