"""One stack of a model as a model of its own: the vision tower of a multimodal model, beside the tower it came from.

What the whole model says of itself (tokens, widths, heads) is not said of its parts, and is missing there.
"""

from __future__ import annotations

from dataclasses import fields, replace

from stemma.anatomy.interface import Facts
from stemma.fingerprint.model import Fingerprint, PartPrint
from stemma.identity import Missing, is_present

CALLED = "component"
"""What its stack is called, so that a tower compares with the same tower under another name."""
_OF_THE_WHOLE = Missing("it is said of the whole model, not of its component")


def component_of(whole: Fingerprint, asked: str) -> Fingerprint | Missing:
    """The stack that ``asked`` names (``vision``, or ``vision tower``), or why there is none."""
    words = {asked.strip().lower(), *asked.lower().split()}
    found = [stack for stack in whole.stacks if stack in words]
    if len(found) != 1:
        return Missing(
            f"{whole.label} has no component {asked[:40]!r}; its stacks are {', '.join(whole.stacks) or 'none'}"
        )
    return _only(whole, found[0])


def sole_component(whole: Fingerprint) -> Fingerprint | Missing:
    """The only stack of a model that has but one, or why that cannot be said."""
    if len(whole.stacks) != 1:
        return Missing(
            f"which stack of {whole.label} is meant is not said; they are {', '.join(whole.stacks) or 'none'}"
        )
    return _only(whole, whole.stacks[0])


def _only(whole: Fingerprint, stack: str) -> Fingerprint:
    parts = [_renamed(part) for part in whole.parts.values() if part.site.stack == stack and part.site.layer >= 0]
    responses = whole.responses
    facts = {each.name: _OF_THE_WHOLE for each in fields(Facts) if each.name not in ("layers", "shared_layers")}
    return replace(
        whole,
        label=f"{whole.label} ({stack})",
        files=(),
        facts=Facts(**facts, layers=len(whole.layers(stack)), shared_layers=whole.facts.shared_layers),
        tokenizer=_OF_THE_WHOLE,
        declared={},
        parts={part.key: part for part in parts},
        exempt={},
        anchors=_OF_THE_WHOLE,
        responses=tuple(replace(each, stack=CALLED) for each in responses if each.stack == stack)
        if is_present(responses)
        else responses,
    )


def _renamed(part: PartPrint) -> PartPrint:
    site = replace(part.site, stack=CALLED)
    return replace(part, site=site, key=part.key.replace(str(part.site), str(site)))
