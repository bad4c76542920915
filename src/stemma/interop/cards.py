"""Cards of the Hugging Face hub: front matter into a draft (INTEROP: card metadata).

| front matter | record |
|---|---|
| ``license``, ``license_name``, ``license_link`` | ``about.licenses``, ``about.links.license`` |
| ``language``, ``library_name``, ``pipeline_tag``, ``tags``, ``model_name`` | ``about.*`` |
| ``base_model`` with ``base_model_relation`` | a relation each; without, see :func:`relation_kind` |
| ``datasets`` | ``trained-on`` |
| ``metrics``, ``model-index`` | ``card.metrics``, ``card.results`` |
| ``new_version`` | ``status.successor`` |

Names on the hub stand beside the targets as ``x-huggingface``, so that a card written again says the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import PurePosixPath
from typing import Any

from stemma.errors import BadReference
from stemma.identity import HubReference, parse_reference
from stemma.immutable import immutable
from stemma.interop.card_results import MAX_ITEMS, card_results
from stemma.interop.drafts import Draft, one_line, record_name
from stemma.records import Json
from stemma.vocabulary import RecordType, RelationKind
from stemma.vocabulary.huggingface import NAME_ON_HUB, kind_on_hub

_NULL = ("", "~", "null", "Null", "NULL")  # as YAML has them; front matter is read as strings
Names = Callable[[str, bool], str]
"""The name of the record for a name on the hub; the flag is true for data sets."""


@immutable
class Claim:
    """One declared parent: its name as given, where that stands, and what is said of how.

    ``on_hub``: it is a name on the hub, even without an organisation.
    """

    name: str
    source: str
    kind: RelationKind
    note: str = ""
    coefficient: float | None = None
    method: str = ""
    on_hub: bool = False


def read_card(
    draft: Draft,
    card: Mapping[str, Any],
    source: str,
    names: Names,
    *,
    inferred: str = "",
    packed: RelationKind | None = None,
) -> None:
    """Put what the front matter says into the draft.

    ``inferred`` is the relation that the hub itself gives, ``packed`` what follows from the form of the weights.
    """
    card = {key: value for key, value in card.items() if value not in _NULL}
    _about(draft, card, source)
    stated = card.get("base_model_relation")
    parents = strings(card.get("base_model")) or strings(card.get("base_models"))
    for parent in parents:
        kind, note = relation_kind(draft, stated, len(parents), inferred=inferred, packed=packed)
        relate_parent(draft, Claim(parent, source, kind, note, on_hub=True), names)
    for data in strings(card.get("datasets")):
        _relate_data(draft, data, source, names)
    draft.put("card.results", card_results(draft, card.get("model-index"), source), source)
    successor = one_line(card.get("new_version"))
    if successor:
        draft.put("status", {"state": "active", "successor": names(successor, False)}, source)


def _about(draft: Draft, card: Mapping[str, Any], source: str) -> None:
    draft.put("about.title", one_line(card.get("model_name")), source)
    licenses = [one_line(text) for text in strings(card.get("license"))]
    named = one_line(card.get("license_name"))
    if licenses == ["other"] or not licenses:
        licenses = [named] if named else licenses
    draft.put_all("about.licenses", licenses, source)
    draft.put("about.links.license", link(card.get("license_link")), source)
    draft.put_all("about.languages", strings(card.get("language")), source)
    draft.put("about.library", one_line(card.get("library_name"), 100), source)
    draft.put_all("about.tasks", map(one_line, strings(card.get("pipeline_tag"))), source)
    draft.put_all("about.tags", map(one_line, strings(card.get("tags"))), source)
    draft.put_all("card.metrics", map(one_line, strings(card.get("metrics"))), source)


def relation_kind(
    draft: Draft, stated: object, parents: int, *, inferred: str = "", packed: RelationKind | None = None
) -> tuple[RelationKind, str]:
    """The kind that the card states; else what the hub infers; else what follows from the files and the number."""
    if draft.type is RecordType.ADAPTER:
        return RelationKind.ADAPTER_OF, ""
    told = kind_on_hub(stated) if isinstance(stated, str) else None
    if told is not None:
        return told, ""
    guessed = kind_on_hub(inferred)
    if guessed is not None:
        return guessed, f"The card names no relation; the hub infers {inferred}."
    if parents > 1:
        why = "of several base models it is a merge, as on the hub"
        return RelationKind.MERGED_FROM, f"The card names no relation; {why}."
    if packed is not None:
        return packed, "The card names no relation; it is taken from the form of the weights."
    return RelationKind.FINETUNED_FROM, "The card names no relation; taken for fine-tuning, as on the hub."


def relate_parent(draft: Draft, claim: Claim, names: Names) -> None:
    """Write the relation to a declared parent, or, where one leads there, the declaration as more evidence of it."""
    hub = hub_name(claim.name, bare=claim.on_hub)
    try:
        target = names(hub, False) if hub else record_name(PurePosixPath(claim.name.replace("\\", "/")).name)
    except BadReference as error:
        draft.note(f"{error.message}", "No relation was written.", place=(claim.source, 0), rule="parent")
        return
    if target == draft.name:
        draft.note(
            f"{claim.name[:80]!r} is its own parent.",
            "No relation was written.",
            place=(claim.source, 0),
            rule="parent",
        )
        return
    if hub is None:
        draft.note(
            f"The parent {claim.name[:80]!r} is no name on a hub.",
            f"The relation leads to {target}: check it.",
            place=(claim.source, 0),
            rule="parent",
        )
    known = draft.parent(target)
    if known is not None:
        evidence: dict[str, Json] = {"grounds": "E1", "source": claim.source}
        if claim.kind.value != known["kind"]:
            evidence["note"] = f"It says {claim.kind.value}."
        if all(each.get("source") != claim.source for each in known["evidence"]):
            known["evidence"].append(evidence)
        return
    kind = RelationKind.ADAPTER_OF if draft.type is RecordType.ADAPTER else claim.kind
    if kind is RelationKind.ADAPTER_OF and draft.type is RecordType.MODEL and not draft.relations:
        draft.type = RecordType.ADAPTER
    more: dict[str, Json] = {"coefficient": claim.coefficient, "method": claim.method, NAME_ON_HUB: hub}
    if draft.relate(kind, target, claim.source, note=claim.note, more=more) and hub:
        draft.parents.append(f"hf:{hub}")


def _relate_data(draft: Draft, data: str, source: str, names: Names) -> None:
    hub = hub_name(data, bare=True)
    try:
        target = names(hub, True) if hub else record_name(data)
    except BadReference as error:
        draft.note(error.message, "No relation was written.", place=(source, 0), rule="datasets")
        return
    draft.relate(RelationKind.TRAINED_ON, target, source, more={NAME_ON_HUB: hub})


def strings(value: object) -> list[str]:
    """Text or a list of texts as a list; anything else is left out."""
    found = value if isinstance(value, list) else [value]
    return [each.strip() for each in found[:MAX_ITEMS] if isinstance(each, str) and each.strip() not in _NULL]


def link(value: object) -> str:
    """An http(s) address, or empty."""
    text = value.strip() if isinstance(value, str) else ""
    return text if text.startswith(("https://", "http://")) and len(text) <= 2_000 else ""


def hub_name(text: str, *, bare: bool = False) -> str | None:
    """``org/name`` where the text is that, or the address of its page on huggingface.co; None for anything else.

    ``bare`` accepts names without an organisation, as the oldest models and data sets have.
    """
    name = text.strip().removeprefix("https://huggingface.co/").removeprefix("datasets/").rstrip("/")
    if name.count("/") not in ((0, 1) if bare else (1,)) or "@" in name:
        return None
    try:
        parsed = parse_reference(f"hf:{name}")
    except BadReference:
        return None
    return parsed.name if isinstance(parsed, HubReference) else None
