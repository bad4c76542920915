"""A checkpoint taken apart: every stored tensor becomes parts with a role and a site, or a reasoned exemption.

* Names and shapes decide; the configuration only says how many heads a fused tensor has, and facts for people.
* Every component of a composite model (main, vision, audio, ...) follows a scheme of its own.
* What no scheme explains is guessed from its name's number and its shape, marked uncertain, and told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from stemma.anatomy.adapters import adapter_part, targets
from stemma.anatomy.assemble import Found, assemble, unique
from stemma.anatomy.choose import hidden_size
from stemma.anatomy.config import Config
from stemma.anatomy.cover import cover
from stemma.anatomy.facts import gather
from stemma.anatomy.fallback import guess
from stemma.anatomy.fixed import exempt_by_ending, exempt_empty, exempt_tables, exempt_ties
from stemma.anatomy.interface import Anatomy, Exempt, Part
from stemma.anatomy.llama_cpp import undo_conversion
from stemma.anatomy.naming import Path, paths
from stemma.anatomy.scheme import load_schemes
from stemma.anatomy.tokens import canonical_tokens
from stemma.weights.interface import Checkpoint, LazyTensor


def dissect(checkpoint: Checkpoint) -> Anatomy:
    """Take a checkpoint apart; only a few rows of token and position tables are read.

    Raises:
        SourceError: those rows could not be read.
    """
    converted, missing = undo_conversion(checkpoint)
    tensors, empty = exempt_empty(converted)
    wanted, exempt = exempt_by_ending(paths(tensors, _first_segments))
    exempt += empty
    parts, schemes, warnings = _components(wanted, tensors, checkpoint, exempt, missing)
    parts, tied = exempt_ties(exempt_tables(parts, exempt), exempt)
    parts, repeated = unique(parts)
    if repeated:
        warnings.append(f"{len(repeated)} tensors repeat a place that is taken, such as {repeated[0]}.")
    shared = any(scheme.shared_layers for scheme in load_schemes() if scheme.name in schemes)
    facts, contradictions = gather(checkpoint.config, parts, tied, shared)
    return Anatomy(
        label=checkpoint.label,
        container=checkpoint.container,
        scheme="+".join(schemes) or "none",
        parts=tuple(parts),
        exempt=tuple(sorted(exempt, key=lambda item: item.source)),
        facts=facts,
        tokens=canonical_tokens(checkpoint.tokenizer),
        declared=checkpoint.declared,
        missing=missing,
        warnings=(*checkpoint.warnings, *warnings, *contradictions),
    )


def _first_segments() -> frozenset[str]:
    return frozenset(
        segment for scheme in load_schemes() for table in scheme.lineage for segment in table.root.children
    )


def _components(
    named: Sequence[Path],
    tensors: Mapping[str, LazyTensor],
    checkpoint: Checkpoint,
    exempt: list[Exempt],
    missing: dict[str, str],
) -> tuple[list[Part], list[str], list[str]]:
    parts: list[Part] = []
    schemes: list[str] = []
    warnings: list[str] = []
    named, endings = targets(named)
    for component in sorted({path.component for path in named}):
        own = [path for path in named if path.component == component]
        shapes = {path.name: tensors[path.name].shape for path in own}
        width = hidden_size(shapes.values())
        covered = cover(own, shapes, component, width)
        whole = [Found(path, tensors[path.name], match) for path, match in covered.matched]
        factors = [item for item in whole if item.path.name in endings]
        stored = [item for item in whole if item.path.name not in endings]
        parts += [adapter_part(item.path, item.tensor, item.match, endings[item.path.name]) for item in factors]
        done = assemble(stored, Config(checkpoint.config, component), width)
        parts += done.parts + guess(covered.unknown, tensors, width)
        exempt += done.exempt
        missing.update(done.missing)
        prefix = f"{component}:" if component else ""
        schemes += [prefix + name for name in covered.schemes]
        if done.split_by_heads:
            warnings.append(
                f"{len(done.split_by_heads)} fused tensors, such as {done.split_by_heads[0]}, are split by the number"
                " of heads that the configuration claims; their shapes allow it but do not prove it."
            )
        if covered.unknown:
            warnings.append(_unexplained(covered.unknown, len(own), component))
    return parts, schemes, warnings


def _unexplained(unknown: Sequence[Path], total: int, component: str) -> str:
    where = f" of {component}" if component else ""
    return (
        f"{len(unknown)} of {total} tensors{where} have names that no scheme explains, such as {unknown[0].name};"
        " their place is guessed from number and shape."
    )
