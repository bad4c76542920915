"""Listings of models on hubs, page by page, as drafts of records; no file of a model is asked for.

A page is one request. What the listing of the Hugging Face hub shows of the card gives licence, task, parents and data,
what it lists as base models gives edges; the listing of Kaggle shows as much as its metadata files do.
"""

from __future__ import annotations

import os
import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import field
from typing import Any, Protocol
from urllib.parse import urlencode, urlsplit

from stemma.errors import InputError, SourceError
from stemma.identity import HubReference
from stemma.immutable import immutable
from stemma.interop.cards import Claim, Names, hub_name, read_card, relate_parent
from stemma.interop.drafts import Draft, one_line
from stemma.interop.json_pages import fetch_json
from stemma.interop.kaggle import listed_model
from stemma.interop.model_facts_hub import base_models
from stemma.interop.network import Network
from stemma.vocabulary import RelationKind
from stemma.vocabulary.huggingface import kind_on_hub

KAGGLE = "https://www.kaggle.com"
PAGE_SIZE = 100
MAX_INSTANCES = 200
DRAFT = "x-draft"
_SHOWN = ("sha", "cardData", "baseModels", "createdAt", "library_name", "pipeline_tag", "private")
_COMMIT = re.compile(r"[0-9a-f]{40}", re.ASCII)
_FRAMEWORK = "MODEL_FRAMEWORK_"


@immutable
class Page:
    """Drafts by the mark of their repository, why others were left out, and where the next page begins, if anywhere."""

    drafts: tuple[tuple[str, Draft], ...]
    next: str
    left_out: Mapping[str, str] = field(default_factory=dict)


class Listing(Protocol):
    """A listing that can be gone through."""

    @property
    def source(self) -> str:
        """What is listed; the same for the same question."""
        ...

    def page(self, cursor: str) -> Page:
        """The page at a cursor, "" for the first.

        Raises:
            AccessDenied, RateLimited, SourceError: as the server says.
        """
        ...


class HubListing:
    """Models of the Hugging Face hub, the newest first."""

    def __init__(
        self, network: Network, names: Names, *, author: str = "", search: str = "", page_size: int = PAGE_SIZE
    ) -> None:
        from stemma.interop.huggingface import address  # noqa: PLC0415 huggingface_hub costs 0.3 s

        self._network, self._names = network, names
        self._base, token = address(HubReference("listing"), network.token, network.endpoint)
        self._secret = {"Authorization": f"Bearer {token}"} if token else {}
        asked = [("author", author), ("search", search), ("sort", "createdAt"), ("direction", "-1")]
        asked += [("limit", str(page_size)), *(("expand[]", each) for each in _SHOWN)]
        self._first = f"{self._base}/api/models?{urlencode([(key, value) for key, value in asked if value])}"

    @property
    def source(self) -> str:
        """The address of the first page."""
        return self._first

    def page(self, cursor: str) -> Page:
        """One page; the cursor is its address."""
        said, headers = fetch_json(self._network.transfer, self._within(cursor or self._first), self._secret)
        if not isinstance(said, list):
            raise SourceError(f"{self._base} answers with no list of models.", advice="Check HF_ENDPOINT.")
        drafts, left = [], {}
        for entry in said[: PAGE_SIZE * 10]:
            said_id = entry.get("id") if isinstance(entry, dict) else None
            name = hub_name(said_id, bare=True) if isinstance(said_id, str) else None
            if name is None:
                left[one_line(str(entry), 80)] = "its name is none of the hub"
                continue
            try:
                drafts.append((f"huggingface:{name}", self._draft(name, entry)))
            except InputError as error:
                left[name] = error.message
        return Page(tuple(drafts), self._within(_next(headers)) if _next(headers) else "", left)

    def _within(self, address: str) -> str:
        """Pages of one listing lie at one place: credentials go nowhere else."""
        if urlsplit(address)[:3] != urlsplit(self._first)[:3]:
            raise SourceError(f"{self._base} names a next page elsewhere.", advice="Check HF_ENDPOINT.")
        return address

    def _draft(self, name: str, entry: Mapping[str, Any]) -> Draft:
        draft = Draft(self._names(name, False))
        source = f"{self._base}/{name}"
        commit = entry.get("sha")
        known = {"revision": commit} if isinstance(commit, str) and _COMMIT.fullmatch(commit) else {}
        place = {} if self._base == "https://huggingface.co" else {"endpoint": self._base}
        draft.put("identity.hubs", [{"hub": "huggingface", "id": name, **known, **place}], source)
        made = entry.get("createdAt")
        draft.put("about.release_date", made[:10] if isinstance(made, str) else "", source)
        draft.put("about.publisher", name.partition("/")[0] if "/" in name else "", source)
        card = entry.get("cardData")
        parents, relation = base_models(entry.get("baseModels"))
        if isinstance(card, dict):
            shown = {str(key): value for key, value in card.items() if key != "model-index"}
            read_card(draft, shown, f"{source}/blob/{commit or 'main'}/README.md", self._names, inferred=relation)
        for parent in parents:
            kind = kind_on_hub(relation) or RelationKind.FINETUNED_FROM
            relate_parent(draft, Claim(parent, source, kind, "As the hub lists it.", on_hub=True), self._names)
        for key, path in (("library_name", "about.library"), ("pipeline_tag", "about.tasks")):
            word = one_line(entry.get(key), 100)
            draft.put(path, [word] if path.endswith("s") and word else word, source)
        draft.put(DRAFT, f"Made from the listing of {urlsplit(self._base).hostname}; not reviewed.", source)
        return draft


class KaggleListing:
    """Models of Kaggle, one draft an instance; ``KAGGLE_USERNAME`` and ``KAGGLE_KEY`` are shown, where they are set."""

    def __init__(
        self,
        network: Network,
        names: Names,
        *,
        owner: str = "",
        search: str = "",
        endpoint: str = KAGGLE,
        page_size: int = PAGE_SIZE,
    ) -> None:
        self._network, self._names, self._base = network, names, endpoint.rstrip("/")
        if urlsplit(self._base).scheme not in ("http", "https"):
            raise InputError(f"{endpoint[:80]!r} is no http(s) address.", advice="Check --endpoint.")
        user, key = os.environ.get("KAGGLE_USERNAME"), os.environ.get("KAGGLE_KEY")
        basic = b64encode(f"{user}:{key}".encode()).decode()
        self._secret = {"Authorization": f"Basic {basic}"} if user and key else {}
        asked = (("owner", owner), ("search", search), ("pageSize", str(page_size)))
        self._asked = [(name, value) for name, value in asked if value]

    @property
    def source(self) -> str:
        """The address of the first page."""
        return f"{self._base}/api/v1/models/list?{urlencode(self._asked)}"

    def page(self, cursor: str) -> Page:
        """One page; the cursor is Kaggle's token of it."""
        address = self.source + (f"&{urlencode([('pageToken', cursor)])}" if cursor else "")
        said, _ = fetch_json(self._network.transfer, address, self._secret)
        models = said.get("models") if isinstance(said, dict) else None
        if not isinstance(models, list):
            raise SourceError(f"{self._base} answers with no list of models.", advice="Check the address.")
        drafts, left = [], {}
        for model in models[: PAGE_SIZE * 10]:
            for instance in _instances(model):
                try:
                    draft = listed_model(model, instance, self._names)
                except InputError as error:
                    left[one_line(str(model.get("ref")), 80)] = error.message
                    continue
                draft.put(DRAFT, "Made from the listing of Kaggle; not reviewed.", self._base)
                hubs = draft.values.get("identity", {}).get("hubs", [{}])
                drafts.append((f"kaggle:{hubs[0].get('id', '')}", draft))
        token = said.get("nextPageToken")
        return Page(tuple(drafts), token[:2_000] if isinstance(token, str) else "", left)


def _instances(model: Any) -> list[dict[str, Any]]:
    """The instances of a model, with frameworks as addresses have them; a model without any as one."""
    if not isinstance(model, dict):
        return []
    found = model.get("instances")
    instances = [each for each in found[:MAX_INSTANCES] if isinstance(each, dict)] if isinstance(found, list) else []
    return [_plain(each) for each in instances] or [{}]


def _plain(instance: dict[str, Any]) -> dict[str, Any]:
    base = instance.get("baseModelInstanceInformation")
    more = {"baseModelInstanceInformation": _framed(base)} if isinstance(base, dict) else {}
    return {**_framed(instance), **more}


def _framed(values: dict[str, Any]) -> dict[str, Any]:
    word = one_line(values.get("framework"), 100)
    return {**values, "framework": word.removeprefix(_FRAMEWORK).replace("_", "").lower()} if word else values


def _next(headers: Mapping[str, str]) -> str:
    """The address in ``Link: <...>; rel="next"``."""
    for part in headers.get("Link", "").split(","):
        found = re.fullmatch(r'\s*<([^>]{1,4000})>\s*;.*\brel="?next"?.*', part)
        if found:
            return found[1]
    return ""
