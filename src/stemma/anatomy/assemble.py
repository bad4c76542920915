"""Matched tensors become parts: surroundings gathered, fused ones taken apart, keys kept unique."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from stemma.anatomy.config import Config
from stemma.anatomy.interface import Exempt, Part, Role, Site
from stemma.anatomy.naming import Path
from stemma.anatomy.rules import Slot
from stemma.anatomy.scheme import Match
from stemma.anatomy.split import Surroundings, pieces, unstack
from stemma.identity import Missing
from stemma.immutable import immutable
from stemma.weights.interface import LazyTensor

_FUSED_BLOCK = "fused"


@dataclass
class Assembled:
    """Parts and exemptions of one component, with what could not be split."""

    parts: list[Part] = field(default_factory=list)
    exempt: list[Exempt] = field(default_factory=list)
    missing: dict[str, str] = field(default_factory=dict)
    split_by_heads: list[str] = field(default_factory=list)


@immutable
class Found:
    """A stored tensor with what the scheme says of it."""

    path: Path
    tensor: LazyTensor
    match: Match


def assemble(found: Iterable[Found], config: Config, width: int) -> Assembled:
    """Parts of one component out of its matched tensors."""
    listed = list(found)
    out = Assembled()
    heads = config.heads
    value_rows = _by_layer(listed, Role.O, axis=1)
    experts = _by_layer(listed, Role.ROUTER, axis=0)
    known: dict[tuple[str, int, str], Surroundings] = {}
    for item in listed:
        rule = item.match.rule
        if rule.exempt:
            out.exempt.append(Exempt(item.path.name, rule.exempt))
            continue
        stack, layer, block = item.match.stack, item.match.numbers.layer, rule.slots[0].block.partition(".")[0]
        around = known.get((stack, layer, block))
        if around is None:
            around = known[stack, layer, block] = Surroundings(
                width=width,
                value_rows=value_rows.get((stack, layer, block), 0),
                experts=experts.get((stack, layer, ""), 0),
                heads=heads,
            )
        _add(out, item, around)
    return out


def _by_layer(found: Iterable[Found], role: Role, axis: int) -> dict[tuple[str, int, str], int]:
    """Length of an axis of the one matrix of a role, by stack, layer and block."""
    out: dict[tuple[str, int, str], int] = {}
    for item in found:
        rule = item.match.rule
        shape = item.tensor.shape
        if len(rule.slots) == 1 and rule.slots[0].role is role and not item.match.bias and len(shape) == 2:
            turned = shape[::-1] if rule.transposed else shape
            out[(item.match.stack, item.match.numbers.layer, rule.slots[0].block)] = turned[axis]
    return out


def _add(out: Assembled, item: Found, around: Surroundings) -> None:
    rule, name = item.match.rule, item.path.name
    single = unstack(item.tensor, rule, item.match.bias, around)
    if isinstance(single, Missing):
        _keep_whole(out, item, single)
        return
    parts: list[Part] = []
    for expert, tensor in single:
        split = pieces(tensor, rule, around)
        if isinstance(split, Missing):
            _keep_whole(out, item, split)
            return
        for slot, piece in zip(rule.slots, split, strict=True):
            parts.append(Part(slot.role, _site(item, slot, expert), piece, name, item.match.bias))
    out.parts.extend(parts)
    if rule.by == "heads":
        out.split_by_heads.append(name)


def _site(item: Found, slot: Slot, expert: int) -> Site:
    numbers = item.match.numbers
    block = ".".join(filter(None, (slot.block, *numbers.extra)))
    return Site(item.match.stack, numbers.layer, numbers.expert if expert < 0 else expert, block)


def _keep_whole(out: Assembled, item: Found, why: Missing) -> None:
    """A fused tensor that cannot be taken apart stays one matrix, and the reason is told."""
    rule = item.match.rule
    roles = "+".join(slot.role.value for slot in rule.slots)
    whole = Slot(Role.OTHER_MATRIX, f"{_FUSED_BLOCK}.{roles}")
    out.parts.append(Part(whole.role, _site(item, whole, -1), item.tensor, item.path.name, item.match.bias))
    out.missing[f"{roles} in {item.path.name}"] = why.reason


def unique(parts: Iterable[Part]) -> tuple[list[Part], list[str]]:
    """Parts sorted by key, repeated keys told apart by a numbered block; and the sources that repeated one."""
    taken: dict[str, int] = {}
    out: dict[str, Part] = {}
    repeated: list[str] = []
    for key, part in sorted(((part.key, part) for part in parts), key=lambda pair: (pair[0], pair[1].source)):
        count = taken[key] = taken.get(key, 0) + 1
        if count == 1:
            out[key] = part
            continue
        repeated.append(part.source)
        block = f"{part.site.block}.again{count}".lstrip(".")
        again = replace(part, site=replace(part.site, block=block), certain=False)
        out[again.key] = again
    return [out[key] for key in sorted(out)], repeated
