"""Metadata files of Kaggle: ``model-metadata.json``, ``model-instance-metadata.json``, ``dataset-metadata.json``.

Keys are read in either spelling, ``licenseName`` or ``license_name``. A variant names its base as an instance on Kaggle
or by an address elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from stemma.errors import BadReference, InputError, ModelNotFound
from stemma.interop.cards import Claim, Names, hub_name, link, relate_parent, strings
from stemma.interop.drafts import Draft, one_line, prose, record_name
from stemma.records import Json
from stemma.vocabulary import RecordType, RelationKind
from stemma.weights.interface import FileSet
from stemma.weights.local import local_files
from stemma.weights.strict_json import read_json_object

MAX_METADATA = 4_000_000
MODEL, INSTANCE, DATASET = "model-metadata.json", "model-instance-metadata.json", "dataset-metadata.json"
_VARIANT = "Kaggle calls it a variant of that model, and does not say how it was made."
_PLACEHOLDER = re.compile(r"INSERT_\w+_HERE", re.ASCII)


def kaggle_draft(path: Path, names: Names, called: str | None = None) -> Draft:
    """A draft out of one metadata file, or of those in a directory: an instance with its model, or a data set.

    ``called`` is the name of the record, in place of the one that owner and slug give.

    Raises:
        InputError: there is none, or it is no JSON object.
    """
    files = local_files(path)
    read = dict(_read(files, path))
    if DATASET in read:
        return _dataset(read[DATASET], DATASET, called)
    if not read:
        raise ModelNotFound(f"{path} holds no metadata of Kaggle.", advice=f"Read are {MODEL}, {INSTANCE}, {DATASET}.")
    return _model(read, names, called)


def listed_model(model: Mapping[str, Any], instance: Mapping[str, Any], names: Names) -> Draft:
    """A draft out of what the listing of Kaggle shows of an instance of a model; raises BadReference without a name."""
    owner, _, slug = one_line(model.get("ref"), 200).partition("/")
    place = {"ownerslug": owner, "modelslug": slug}
    found = {**_keys(instance), **place, "instanceslug": instance.get("slug")} if instance else place
    return _model({MODEL: {**_keys(model), "ownerslug": owner, "slug": slug}, INSTANCE: found}, names, None)


def _keys(document: Mapping[str, Any]) -> dict[str, Any]:
    return {str(key).replace("_", "").lower(): value for key, value in document.items()}


def _read(files: FileSet, path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name in files.names():
        kind = name if name in (MODEL, INSTANCE, DATASET) else path.name
        if kind in (MODEL, INSTANCE, DATASET) and (name == kind or path.is_file()):
            document = read_json_object(files.open(name), MAX_METADATA)
            yield kind, _keys(document)


def _dataset(said: Mapping[str, Any], source: str, called: str | None) -> Draft:
    slug = _said(said, "id") or _said(said, "slug")
    draft = Draft(called or _name(slug or _said(said, "title")), type=RecordType.DATASET)
    draft.put("about.title", _said(said, "title"), source)
    draft.put("about.description", prose(said.get("description")) or _said(said, "subtitle"), source)
    entries = said.get("licenses")
    named = (
        [one_line(entry.get("name")) for entry in entries[:100] if isinstance(entry, dict)]
        if isinstance(entries, list)
        else []
    )
    draft.put_all("about.licenses", filter(None, named), source)
    draft.put_all("about.tags", map(one_line, strings(said.get("keywords"))), source)
    if slug.count("/") == 1:
        draft.put("identity.hubs", [{"hub": "kaggle", "id": slug}], source)
        draft.put("about.links.kaggle", f"https://www.kaggle.com/datasets/{slug}", source)
    return draft


def _model(read: Mapping[str, Mapping[str, Any]], names: Names, called: str | None) -> Draft:
    model, instance = read.get(MODEL, {}), read.get(INSTANCE, {})
    owner = _said(instance, "ownerslug") or _said(model, "ownerslug")
    slug = _said(instance, "modelslug") or _said(model, "slug")
    parts = [owner, slug, _said(instance, "framework").lower(), _said(instance, "instanceslug")]
    place = [part for part in parts if part]
    draft = Draft(called or _name("/".join(place)))
    draft.put("about.title", _said(model, "title"), MODEL)
    draft.put("about.publisher", owner, INSTANCE if instance else MODEL)
    about = prose(model.get("description")) or _said(model, "subtitle")
    draft.put("about.description", about or prose(instance.get("overview")), MODEL if about else INSTANCE)
    draft.put("about.release_date", _said(model, "publishtime")[:10], MODEL)
    draft.put_all("about.licenses", filter(None, [_said(instance, "licensename")]), INSTANCE)
    draft.put("about.library", _said(instance, "framework").lower(), INSTANCE)
    usage, provenance = prose(instance.get("usage")), prose(model.get("provenancesources"))
    draft.put("card.usage", [usage] if usage else [], INSTANCE)
    draft.put("card.additional_information", [f"Sources: {provenance}"] if provenance else [], MODEL)
    if owner and slug:
        entry: dict[str, Json] = {"hub": "kaggle", "id": "/".join(place)}
        version = instance.get("versionnumber")
        draft.put("identity.hubs", [entry | ({"revision": str(version)} if type(version) is int else {})], MODEL)
        draft.put("about.links.kaggle", f"https://www.kaggle.com/models/{owner}/{slug}", MODEL)
    _parents(draft, instance, names)
    for data in strings(instance.get("trainingdata")):
        _trained_on(draft, data)
    return draft


def _parents(draft: Draft, instance: Mapping[str, Any], names: Names) -> None:
    for base in dict.fromkeys((_said(instance, "externalbasemodelurl"), *_instance(instance))):
        if base:
            hub = hub_name(base)
            kind = RelationKind.FINETUNED_FROM
            relate_parent(draft, Claim(hub or base, INSTANCE, kind, _VARIANT), names if hub else _kaggle_names)


def _instance(instance: Mapping[str, Any]) -> Iterator[str]:
    """The base on Kaggle, as ``owner/model/framework/instance``, a parent's name as far as it is told."""
    named = _said(instance, "basemodelinstance")
    if named:
        yield named.replace("/", "-")
        return
    told = instance.get("basemodelinstanceinformation")
    if isinstance(told, dict):
        told = _keys(told)
        owner = told.get("owner")
        slug = one_line(owner.get("slug") if isinstance(owner, dict) else owner)
        yield "-".join(filter(None, (slug, *(_said(told, key) for key in ("modelslug", "framework", "instanceslug")))))


def _kaggle_names(name: str, _data: bool) -> str:
    return record_name(name)


def _trained_on(draft: Draft, data: str) -> None:
    """A data set as ``owner/slug`` or by address."""
    slug = re.sub(r"^https?://(?:www\.)?(?:kaggle\.com/(?:datasets/)?|huggingface\.co/datasets/)?", "", data)
    try:
        target = _name(slug.partition("?")[0])
    except InputError as error:
        draft.note(error.message, "No relation was written.", place=(INSTANCE, 0), rule="datasets")
        return
    more: dict[str, Json] = {"x-kaggle": link(data) or data[:500]}
    draft.relate(RelationKind.TRAINED_ON, target, INSTANCE, more=more)


def _said(document: Mapping[str, Any], key: str) -> str:
    text = one_line(document.get(key), 500)
    return "" if _PLACEHOLDER.search(text) else text


def _name(text: str) -> str:
    if not text:
        raise BadReference("The metadata name neither owner nor slug.", advice="Fill them in, or give --name.")
    return record_name(text)
