"""What a model is made of, without reading its weights."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Mapping

from stemma.anatomy import Anatomy, Part
from stemma.identity import Missing, is_present
from stemma.identity.version import VERSION
from stemma.publish.model import DtypeCount, Exemption, FileEntry, InspectionReport, ModelSummary, RoleCount
from stemma.usecases.models import Model, open_model
from stemma.usecases.settings import DEFAULT_WORK, Work


def inspect(reference: str, work: Work = DEFAULT_WORK) -> InspectionReport:
    """Formats, shards, dtypes, roles, facts, declared parents and warnings of a model.

    Raises:
        InputError, SourceError: as :func:`stemma.usecases.models.open_model`.
    """
    started = time.perf_counter()
    model = open_model(reference, work)
    anatomy = model.anatomy
    return InspectionReport(
        reference,
        summary=_summary(model),
        files=_files(model),
        dtypes=_dtypes(anatomy),
        roles=_roles(anatomy),
        exempt=tuple(Exemption(e.source, e.reason) for e in anatomy.exempt),
        facts=_facts(anatomy),
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
    per_file = Counter(getattr(t, "file", "") for t in model.checkpoint.tensors.values())
    sources = model.checkpoint.weight_files
    return tuple(
        FileEntry(
            source.name,
            model.checkpoint.container,
            source.size,
            per_file[source.name] if len(sources) > 1 else len(model.checkpoint.tensors),
            str(known) if is_present(known := source.known_sha256) else Missing("computed by: stemma fingerprint"),
        )
        for source in sources
    )


def _dtypes(anatomy: Anatomy) -> tuple[DtypeCount, ...]:
    tensors: Counter[str] = Counter()
    elements: Counter[str] = Counter()
    for part in anatomy.parts:
        tensors[part.tensor.storage] += 1
        elements[part.tensor.storage] += part.tensor.count
    return tuple(DtypeCount(kind, tensors[kind], elements[kind]) for kind in sorted(tensors))


def _roles(anatomy: Anatomy) -> tuple[RoleCount, ...]:
    found: Mapping[tuple[str, str], list[Part]] = defaultdict(list)
    for part in anatomy.parts:
        found[part.site.stack, part.role.value + (" bias" if part.bias else "")].append(part)
    return tuple(
        RoleCount(stack, role, len(parts), tuple(sorted({" x ".join(map(str, p.tensor.shape)) for p in parts})))
        for (stack, role), parts in sorted(found.items())
    )


def _facts(anatomy: Anatomy) -> Mapping[str, object]:
    return {name: getattr(anatomy.facts, name) for name in sorted(anatomy.facts.__dataclass_fields__)}


def _tokenizer(anatomy: Anatomy) -> str | Missing:
    tokens = anatomy.tokens
    return tokens if isinstance(tokens, Missing) else f"{tokens.kind}, {len(tokens.by_id)} tokens"
