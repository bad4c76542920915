"""What the files of a model tell, as a draft of its record; weights stay unread but for their digests."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from stemma.errors import AccessDenied, InputError, LimitExceeded, ModelNotFound
from stemma.identity import Digest, Missing, is_present
from stemma.interop.cards import Claim, Names, hub_name, link, read_card, relate_parent, strings
from stemma.interop.drafts import Draft, one_line
from stemma.interop.model_facts_hub import HubFacts
from stemma.interop.model_facts_merge import merge_claims
from stemma.records import Json
from stemma.vocabulary import RecordType, RelationKind
from stemma.vocabulary.huggingface import kind_on_hub
from stemma.weights.declared import front_matter, read_declared
from stemma.weights.interface import ByteSource, Checkpoint, FileSet
from stemma.weights.open import open_checkpoint

MAX_CARD = 4_000_000
_BLOCK = 4 << 20
_PLAIN = frozenset({"F64", "F32", "F16", "BF16", "float64", "float32", "float16", "bfloat16"})
_CONTEXT = ("max_position_embeddings", "n_positions", "max_seq_len", "n_ctx", "seq_length")
At = Callable[[str], str]


def model_draft(name: str, files: FileSet, names: Names, *, digests: bool = True, hub: HubFacts | None = None) -> Draft:
    """A draft of the record of a model.

    Args:
        name: of the record.
        names: how records of parents are called.
        digests: compute the SHA-256 of local weight files; what a hub vouches for is always taken.
        hub: what the hub says of it, where it lies on one.

    Raises:
        ModelNotFound: there are neither weights nor anything written about them.
        AccessDenied: they may not be read.
        SourceError: bytes could not be had.
    """
    draft = Draft(name)
    at: At = hub.address if hub else str
    checkpoint = _opened(draft, files)
    claims = _claims(draft, files, checkpoint)
    if claims.get("adapter"):
        draft.type = RecordType.ADAPTER
    _identity(draft, hub)
    _adapter(draft, claims.get("adapter"), at("adapter_config.json"), names)
    for claim in merge_claims(draft, claims.get("merge"), at("mergekit_config.yml")):
        relate_parent(draft, claim, names)
    _card(draft, files, at("README.md"), names, inferred=hub.relation if hub else "", packed=_packed(checkpoint))
    if hub:
        for parent in hub.parents:
            kind = kind_on_hub(hub.relation) or RelationKind.FINETUNED_FROM
            relate_parent(draft, Claim(parent, hub.source, kind, "As the hub lists it.", on_hub=True), names)
    if isinstance(checkpoint, Checkpoint):
        _gguf(draft, checkpoint, names, at)
        _config(draft, checkpoint, at("config.json"))
        _weights(draft, checkpoint, digests=digests, at=at)
    return draft


def _opened(draft: Draft, files: FileSet) -> Checkpoint | Missing:
    try:
        return open_checkpoint(files)
    except AccessDenied:
        raise
    except (InputError, LimitExceeded) as error:
        draft.note(
            f"The weights were not read: {error.message}",
            "Nothing is filled in from them.",
            place=(files.label, 0),
            rule="weights",
        )
        return Missing(error.message)


def _claims(draft: Draft, files: FileSet, checkpoint: Checkpoint | Missing) -> Mapping[str, Any]:
    if isinstance(checkpoint, Checkpoint):
        return checkpoint.declared
    claims, warnings = read_declared(files, Missing("no weights"))
    for warning in warnings:
        draft.note(warning, "", place=(files.label, 0), rule="declared")
    if not claims:
        message = f"{files.label} holds no weights that can be read, and nothing is written about them."
        raise ModelNotFound(message, advice=checkpoint.reason)
    return claims


def _identity(draft: Draft, hub: HubFacts | None) -> None:
    if hub is not None:
        entry: dict[str, Json] = {"hub": "huggingface", "id": hub.name, "revision": hub.commit}
        if hub.mirror:
            entry["endpoint"] = hub.mirror
        draft.put("identity.hubs", [entry], hub.source)
        if "/" in hub.name:
            draft.put("identity.purls", [f"pkg:huggingface/{hub.name}@{hub.commit.lower()}"], hub.source)


def _adapter(draft: Draft, claim: Mapping[str, Any] | None, source: str, names: Names) -> None:
    if not claim:
        return
    base = one_line(claim.get("base_model_name_or_path"), 500)
    if not base:
        draft.note("It names no base model.", "Write the relation adapter-of.", place=(source, 0), rule="parent")
        return
    method = one_line(claim.get("peft_type"))
    revision = one_line(claim.get("revision"))
    note = f"At revision {revision}." if revision else ""
    relate_parent(draft, Claim(base, source, RelationKind.ADAPTER_OF, note, method=method), names)


def _card(
    draft: Draft, files: FileSet, source: str, names: Names, *, inferred: str, packed: RelationKind | None
) -> None:
    if "README.md" not in files.names():
        return
    try:
        card = front_matter(files, "README.md", MAX_CARD)
    except (InputError, LimitExceeded) as error:
        draft.note(error.message, "The card was left out.", place=(source, 0), rule="card")
        return
    read_card(draft, card, source, names, inferred=inferred, packed=packed)


def _packed(checkpoint: Checkpoint | Missing) -> RelationKind | None:
    """How weights in this form came from their source: in fewer bits, or in the container of llama.cpp; else None."""
    if not isinstance(checkpoint, Checkpoint):
        return None
    if any(t.storage.removeprefix("GGUF ") not in _PLAIN for t in checkpoint.tensors.values()):
        return RelationKind.QUANTISED_FROM
    return RelationKind.CONVERTED_FROM if checkpoint.container == "gguf" else None


def _gguf(draft: Draft, checkpoint: Checkpoint, names: Names, at: At) -> None:
    metadata = checkpoint.config.get("gguf") if is_present(checkpoint.config) else None
    if not isinstance(metadata, dict):
        return
    source = at(checkpoint.weight_files[0].name)
    architecture = one_line(metadata.get("general.architecture"))
    draft.put("about.title", one_line(metadata.get("general.name")), source)
    draft.put("about.description", one_line(metadata.get("general.description"), 2_000), source)
    draft.put_all("about.licenses", map(one_line, strings(metadata.get("general.license"))), source)
    draft.put("about.links.source", link(metadata.get("general.source.url")), source)
    draft.put_all("about.languages", strings(metadata.get("general.languages")), source)
    draft.put_all("about.tags", map(one_line, strings(metadata.get("general.tags"))), source)
    draft.put("about.architecture", architecture, source)
    context = metadata.get(f"{architecture}.context_length")
    draft.put("about.context_length", context if type(context) is int else None, source)
    _gguf_parents(draft, metadata, source, names, _packed(checkpoint) or RelationKind.CONVERTED_FROM)


def _gguf_parents(draft: Draft, metadata: Mapping[str, Any], source: str, names: Names, packed: RelationKind) -> None:
    """``general.source`` is what the file was made of; ``general.base_model`` the parents of that."""
    origin = one_line(
        metadata.get("general.source.repo_url") or metadata.get("general.source.huggingface.repository"), 500
    )
    if origin:
        relate_parent(draft, Claim(origin, source, packed, "general.source"), names)
        return
    count = metadata.get("general.base_model.count")
    bases = [_gguf_base(metadata, i) for i in range(min(count, 100) if type(count) is int else 0)]
    kind, why = packed, "general.base_model, and no other source is named"
    if len(bases) > 1:
        kind, why = RelationKind.MERGED_FROM, "several in general.base_model"
    elif metadata.get("general.finetune"):
        kind, why = RelationKind.FINETUNED_FROM, "general.base_model beside general.finetune"
    for base in filter(None, bases):
        relate_parent(draft, Claim(base, source, kind, f"Kind taken from {why}."), names)


def _gguf_base(metadata: Mapping[str, Any], index: int) -> str:
    def said(key: str) -> str:
        return one_line(metadata.get(f"general.base_model.{index}.{key}"), 500)

    url = said("repo_url")
    if hub_name(url):
        return str(hub_name(url))
    return url or "-".join(filter(None, (said("organization"), said("name"))))


def _config(draft: Draft, checkpoint: Checkpoint, source: str) -> None:
    config = checkpoint.config
    if not is_present(config):
        return
    architectures = strings(config.get("architectures"))
    draft.put("about.architecture", one_line(architectures[0] if architectures else config.get("model_type")), source)
    lengths = [config[key] for key in _CONTEXT if type(config.get(key)) is int and config[key] > 0]
    draft.put("about.context_length", lengths[0] if lengths else None, source)
    named = one_line(config.get("_name_or_path"), 300)
    if named and not draft.parents and hub_name(named) and draft.type is RecordType.MODEL:
        message = f"_name_or_path is {named!r}, which may be a parent or the model itself."
        draft.note(message, "No relation was written.", place=(source, 0), rule="parent")


def _weights(draft: Draft, checkpoint: Checkpoint, *, digests: bool, at: At) -> None:
    held: Counter[str] = Counter()
    for tensor in checkpoint.tensors.values():
        held[tensor.storage.removeprefix("GGUF ")] += tensor.count
    where = ", ".join(at(source.name) for source in checkpoint.weight_files[:3])
    draft.put("about.parameters", sum(held.values()), f"{where} (header)")
    draft.put("about.precision", one_line(held.most_common(1)[0][0]), f"{where} (header)")
    files: list[Json] = []
    for source in checkpoint.weight_files:
        digest = source.known_sha256
        if not is_present(digest) and source.is_local and digests:
            digest = _sha256(source)
        if is_present(digest):
            files.append({"path": source.name, "sha256": digest.hex, "size": source.size})
        elif digests:
            message = f"Nobody vouches for a digest of {source.name}."
            draft.note(message, "Download it and import it from there.", place=(at(source.name), 0), rule="digest")
    draft.put("identity.files", files, f"{where} (SHA-256)")


def _sha256(source: ByteSource) -> Digest:
    digest = hashlib.sha256()
    for start in range(0, source.size, _BLOCK):
        digest.update(source.read(start, min(_BLOCK, source.size - start)))
    return Digest("sha256", digest.hexdigest())
