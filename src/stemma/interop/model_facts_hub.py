"""What the Hugging Face hub says of a model beside its files: the commit, and the base models as it lists them."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from stemma.identity import HubReference
from stemma.immutable import immutable
from stemma.interop.cards import hub_name
from stemma.interop.network import Network

MAX_PARENTS = 100
_DEFAULT = "https://huggingface.co"


@immutable
class HubFacts:
    """A model on a hub at one commit. ``relation`` is finetune, adapter, merge, quantized, or empty."""

    name: str
    commit: str
    endpoint: str
    parents: tuple[str, ...] = ()
    relation: str = ""

    @property
    def source(self) -> str:
        """Where the facts were found."""
        return f"{self.endpoint}/api/models/{self.name}/revision/{self.commit}"

    @property
    def mirror(self) -> str:
        """The endpoint, where it is not huggingface.co."""
        return "" if self.endpoint == _DEFAULT else self.endpoint

    def address(self, file: str) -> str:
        """The page of a file."""
        return f"{self.endpoint}/{self.name}/blob/{self.commit}/{quote(file)}"


def hub_facts(reference: HubReference, network: Network) -> HubFacts | None:
    """Ask the hub about a model. Offline the local cache tells the commit alone; None where it holds none.

    Raises:
        ModelNotFound, AccessDenied, RateLimited, SourceError: what the hub said.
    """
    from stemma.interop.hub_cache import cached_commit  # noqa: PLC0415 huggingface_hub costs 0.3 s
    from stemma.interop.huggingface import address, is_offline, model_info  # noqa: PLC0415 as above

    base, secret = address(reference, network.token, network.endpoint)
    if is_offline(network.offline):
        held = cached_commit(reference.name, reference.revision, network.cache)
        return HubFacts(reference.name, held, base) if held else None
    info = model_info(network.transfer, reference, base, secret, expand=["sha", "baseModels"])
    parents, relation = base_models(info.base_models)
    return HubFacts(reference.name, str(info.sha), base, parents, relation)


def base_models(listed: Any) -> tuple[tuple[str, ...], str]:
    """``{"relation": ..., "models": [{"id": ...}]}``; anything else is no answer."""
    if not isinstance(listed, dict):
        return (), ""
    models = listed.get("models")
    named = (
        [each.get("id") for each in models[:MAX_PARENTS] if isinstance(each, dict)] if isinstance(models, list) else []
    )
    relation = listed.get("relation")
    known = tuple(name for name in named if isinstance(name, str) and hub_name(name, bare=True))
    return known, relation if isinstance(relation, str) else ""
