"""A fingerprint as a record (JSON data) and named arrays, and back; what is read back is checked first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stemma.anatomy.interface import Facts, Role, Site
from stemma.fingerprint.coded import Coded, quantise
from stemma.fingerprint.collect import narrowed
from stemma.fingerprint.model import (
    Anchors,
    FilePrint,
    Fingerprint,
    LayerResponses,
    LearnedPart,
    PartPrint,
    Response,
)
from stemma.fingerprint.moments import Moments
from stemma.fingerprint.stored import (
    ArrayReader,
    flag,
    items,
    lines,
    mapping,
    number,
    numbers,
    optional,
    text,
    texts,
    whole,
)
from stemma.identity import Digest, Missing, is_present
from stemma.weights.formats.interface import shape_fault


def record_of(f: Fingerprint) -> dict[str, Any]:
    """Everything but the arrays."""
    return {
        "schema": f.schema,
        "label": f.label,
        "container": f.container,
        "scheme": f.scheme,
        "reading": f.reading,
        "files": [{"name": x.name, "size": x.size, "sha256": _digest_text(x.sha256)} for x in f.files],
        "facts": {k: _or_reason(getattr(f.facts, k)) for k in f.facts.__dataclass_fields__},
        "tokenizer": _or_reason(f.tokenizer),
        "declared": f.declared,
        "parts": [_part_record(p) for _, p in sorted(f.parts.items())],
        "exempt": f.exempt,
        "anchors": {"by_string": f.anchors.by_string, "head": _reason_only(f.anchors.head_codes)}
        if is_present(f.anchors)
        else _or_reason(f.anchors),
        "responses": _or_reason(f.responses)
        if isinstance(f.responses, Missing)
        else [{"stack": r.stack, "layer": r.layer, "roles": sorted(x.value for x in r.roles)} for r in f.responses],
        "missing": f.missing,
        "warnings": list(f.warnings),
    }


def arrays_of(f: Fingerprint) -> dict[str, NDArray[Any]]:
    """The arrays under the names that the file gives them."""
    arrays: dict[str, NDArray[Any]] = {"sketch": f.sketch}
    for key, part in f.parts.items():
        if is_present(part.coded):
            arrays[f"corner/{key}"], arrays[f"scale/{key}"] = part.coded.codes, part.coded.scale
        if is_present(part.exact):
            arrays[f"exact/{key}"] = part.exact
        if is_present(part.learned):
            for side, factor in (("left", part.learned.left), ("right", part.learned.right)):
                arrays[f"learned-{side}/{key}"], arrays[f"learned-{side}-scale/{key}"] = quantise(factor)
        if is_present(part.vector):
            arrays[f"vector/{key}"] = narrowed(part.vector)
    for layer in f.responses if is_present(f.responses) else ():
        place = f"{layer.stack}.{layer.layer}"
        arrays[f"response-neurons/{place}"] = layer.neurons
        for role, response in layer.roles.items():
            at = f"{place}/{role.value}"
            arrays[f"response/{at}"], arrays[f"response-scale/{at}"] = quantise(response.whole)
            arrays[f"response-left/{at}"], arrays[f"response-left-scale/{at}"] = quantise(response.left)
            arrays[f"response-right/{at}"], arrays[f"response-right-scale/{at}"] = quantise(response.right)
            arrays[f"response-shares/{at}"] = response.shares
    if is_present(f.anchors):
        arrays["anchors/keys"], arrays["anchors/ids"] = f.anchors.keys, f.anchors.ids
        embedding, head = f.anchors.embedding_codes, f.anchors.head_codes
        arrays["anchors/embedding"], arrays["anchors/embedding-scale"] = embedding.codes, embedding.scale
        if is_present(head):
            arrays["anchors/head"], arrays["anchors/head-scale"] = head.codes, head.scale
    return arrays


def fingerprint_of(m: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Fingerprint:
    """The fingerprint that :func:`record_of` and :func:`arrays_of` describe.

    Raises:
        KeyError, ValueError: something is missing, of another kind, left over, or contradicts something else.
    """
    reader = ArrayReader(arrays)
    sketch = reader.plain("sketch", "float32", 1)
    parts = [_part(record, reader) for record in items(m, "parts")]
    found = Fingerprint(
        schema=text(m, "schema"),
        label=text(m, "label"),
        container=text(m, "container"),
        scheme=text(m, "scheme"),
        reading=_one_of(text(m, "reading"), ("full", "sampled")),
        files=tuple(FilePrint(text(x, "name"), whole(x, "size"), _digest(x, "sha256")) for x in items(m, "files")),
        facts=_facts(mapping(m, "facts")),
        tokenizer=optional(m, "tokenizer", _tokenizer),
        declared=mapping(m, "declared"),
        parts={p.key: p for p in parts},
        exempt=texts(m, "exempt"),
        anchors=_anchors(m, reader),
        responses=_responses(m, reader),
        sketch=sketch,
        missing=texts(m, "missing"),
        warnings=tuple(lines(m, "warnings")),
    )
    if len(found.parts) != len(parts):
        raise ValueError("two parts have one key")
    reader.require_all_read()
    return found


def _or_reason(value: Any) -> Any:
    return {"missing": value.reason} if isinstance(value, Missing) else value


def _digest_text(value: Digest | Missing) -> Any:
    return _or_reason(value) if isinstance(value, Missing) else str(value)


def _reason_only(value: object) -> str | None:
    return value.reason if isinstance(value, Missing) else None


def _part_record(p: PartPrint) -> dict[str, Any]:
    learned = p.learned
    return {
        "role": p.role.value,
        "site": [p.site.stack, p.site.layer, p.site.expert, p.site.block],
        "bias": p.bias,
        "certain": p.certain,
        "source": p.source,
        "shape": list(p.shape),
        "storage": p.storage,
        "digest": _digest_text(p.digest),
        "moments": _or_reason(p.moments) if isinstance(p.moments, Missing) else asdict(p.moments),
        "absent": {
            name: kept.reason
            for name, kept in (("corner", p.coded), ("exact", p.exact), ("learned", p.learned), ("vector", p.vector))
            if isinstance(kept, Missing)
        },
        "learned": {
            "block": list(learned.block),
            "noise": learned.noise,
            "edge": learned.edge,
            "capped": learned.capped,
            "strengths": list(learned.strengths),
        }
        if is_present(learned)
        else None,
    }


def _part(record: Mapping[str, Any], reader: ArrayReader) -> PartPrint:
    role, site, bias = Role(text(record, "role")), _site(record), flag(record, "bias")
    key = f"{site}/{role.value}" + (".bias" if bias else "")
    absent, shape = texts(record, "absent"), _shape(record["shape"])

    def kept(name: str, value: Any) -> Any:
        return Missing(absent[name]) if name in absent else value(f"{name}/{key}")

    coded = kept("corner", lambda n: reader.coded(n, f"scale/{key}", shape))
    learned = (
        Missing(absent["learned"]) if "learned" in absent else _learned(key, mapping(record, "learned"), coded, reader)
    )
    return PartPrint(
        key=key,
        role=role,
        site=site,
        bias=bias,
        certain=flag(record, "certain"),
        source=text(record, "source"),
        shape=shape,
        storage=text(record, "storage"),
        digest=_digest(record, "digest"),
        moments=optional(record, "moments", _moments),
        coded=coded,
        exact=kept("exact", lambda n: reader.plain(n, "float32", 2)),
        learned=learned,
        vector=kept("vector", lambda n: reader.plain(n, "float16", 1, also="float32").astype(np.float32)),
    )


def _site(record: Mapping[str, Any]) -> Site:
    stack, layer, expert, block = record["site"]
    if not (isinstance(stack, str) and isinstance(block, str) and type(layer) is int and type(expert) is int):
        raise ValueError(f"the site {str(record['site'])[:80]}")
    return Site(stack, layer, expert, block)


def _shape(value: object) -> tuple[int, ...]:
    if not isinstance(value, list) or (fault := shape_fault(value)):
        raise ValueError(f"a part with the shape {str(value)[:80]}" if not isinstance(value, list) else fault)
    return tuple(value)


def _moments(record: Mapping[str, Any], key: str) -> Moments:
    m = mapping(record, key)
    return Moments(
        count=whole(m, "count"),
        total=number(m, "total"),
        energy=number(m, "energy"),
        smallest=number(m, "smallest"),
        largest=number(m, "largest"),
    )


def _learned(key: str, m: Mapping[str, Any], corner: Coded | Missing, reader: ArrayReader) -> LearnedPart:
    rows, columns = _shape(m["block"])
    left = reader.coded(f"learned-left/{key}", f"learned-left-scale/{key}", None).decoded()
    right = reader.coded(f"learned-right/{key}", f"learned-right-scale/{key}", None).decoded()
    strengths = numbers(m, "strengths")
    expected = corner.shape if is_present(corner) else (0, 0)
    if not len(strengths) == len(left) == len(right) or (left.shape[1], right.shape[1]) != expected:
        raise ValueError(f"a learned part of {key} that does not fit its corner")
    noise, edge = number(m, "noise"), number(m, "edge")
    return LearnedPart(left, right, (rows, columns), noise, edge, flag(m, "capped"), strengths)


def _anchors(record: Mapping[str, Any], reader: ArrayReader) -> Anchors | Missing:
    m = optional(record, "anchors", mapping)
    if isinstance(m, Missing):
        return m
    keys, ids = reader.plain("anchors/keys", "uint64", 1), reader.plain("anchors/ids", "int64", 1)
    embedding = reader.coded("anchors/embedding", "anchors/embedding-scale", None)
    head: Coded | Missing = (
        Missing(text(m, "head")) if m["head"] is not None else reader.coded("anchors/head", "anchors/head-scale", None)
    )
    if not len(keys) == len(ids) == embedding.shape[0] or (is_present(head) and head.shape != embedding.shape):
        raise ValueError("anchors whose arrays differ in length")
    if not (keys[1:] > keys[:-1]).all():
        raise ValueError("anchors whose keys do not ascend")
    return Anchors(flag(m, "by_string"), keys, ids, embedding, head)


def _responses(record: Mapping[str, Any], reader: ArrayReader) -> tuple[LayerResponses, ...] | Missing:
    if isinstance(record["responses"], dict):
        return Missing(text(mapping(record, "responses"), "missing"))
    found = tuple(_layer_responses(item, reader) for item in items(record, "responses"))
    if not found or not all(layer.roles for layer in found):
        raise ValueError("responses of no layer, or a layer without any")
    return found


def _layer_responses(item: Mapping[str, Any], reader: ArrayReader) -> LayerResponses:
    stack, layer = text(item, "stack"), whole(item, "layer")
    place = f"{stack}.{layer}"
    neurons = reader.plain(f"response-neurons/{place}", "int64", 1)
    roles = {}
    for name in lines(item, "roles"):
        at = f"{place}/{name}"
        found = reader.coded(f"response/{at}", f"response-scale/{at}", None).decoded()
        left = reader.coded(f"response-left/{at}", f"response-left-scale/{at}", None).decoded()
        right = reader.coded(f"response-right/{at}", f"response-right-scale/{at}", None).decoded()
        shares = reader.plain(f"response-shares/{at}", "float32", 1)
        if (
            (left.shape[1], right.shape[1]) != found.shape
            or len(found) != len(neurons)
            or not len(left) == len(right) == len(shares)
        ):
            raise ValueError(f"responses at {place} whose arrays differ in length")
        roles[Role(name)] = Response(found, left, right, shares)
    return LayerResponses(stack, layer, neurons, roles)


def _facts(m: Mapping[str, Any]) -> Facts:
    if set(m) != set(Facts.__dataclass_fields__):
        raise ValueError(f"the facts {sorted(m)}"[:200])
    return Facts(
        model_type=optional(m, "model_type", text),
        hidden=optional(m, "hidden", whole),
        layers=optional(m, "layers", whole),
        heads=optional(m, "heads", whole),
        kv_heads=optional(m, "kv_heads", whole),
        head_dim=optional(m, "head_dim", whole),
        vocabulary=optional(m, "vocabulary", whole),
        position=optional(m, "position", text),
        norm=optional(m, "norm", text),
        activation=optional(m, "activation", text),
        tied=optional(m, "tied", flag),
        shared_layers=flag(m, "shared_layers"),
    )


def _tokenizer(record: Mapping[str, Any], key: str) -> dict[str, Any]:
    m = mapping(record, key)
    return {"kind": text(m, "kind"), "size": whole(m, "size"), "sha256": text(m, "sha256")}


def _digest(record: Mapping[str, Any], key: str) -> Digest | Missing:
    found = optional(record, key, text)
    return found if isinstance(found, Missing) else Digest.parse(found)


def _one_of(value: str, known: tuple[str, ...]) -> str:
    if value not in known:
        raise ValueError(f"got {value[:80]!r}, expected one of {known}")
    return value
