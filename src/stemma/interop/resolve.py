"""From a reference to the files it names."""

from __future__ import annotations

import re
from typing import assert_never
from urllib.parse import unquote, urlsplit

from stemma.errors import SourceError
from stemma.identity import HubReference, PathReference, Reference, UrlReference, parse_reference
from stemma.interop.network import Network
from stemma.weights.interface import FileSet
from stemma.weights.local import local_files

_PAGE = re.compile(r"/(?P<name>[^/]+/[^/]+)(?:/tree/(?P<revision>[^/]+))?/?")
_BLOB = re.compile(r"(/[^/]+/[^/]+)/blob/(.+)")


def resolve(reference: Reference, network: Network | None = None) -> FileSet:
    """The files of a model, wherever it is; weights are not read yet.

    Raises:
        ModelNotFound, AccessDenied, BadReference: nothing is there, or it may not be read.
        RateLimited, SourceError: the network failed, after retries.
        UnsafeFile: a file would lie outside its folder.
    """
    match reference:
        case PathReference(path):
            return local_files(path)
        case HubReference():
            return _hub(reference, network or Network())
        case UrlReference():
            return _url(reference, network or Network())
        case _:
            assert_never(reference)


def _hub(reference: HubReference, network: Network) -> FileSet:
    from stemma.interop.huggingface import hub_files  # noqa: PLC0415  # costs 0.3 s

    return hub_files(
        reference,
        network.transfer,
        token=network.token,
        endpoint=network.endpoint,
        offline=network.offline,
        download=network.download,
        cache=network.cache,
    )


def _url(reference: UrlReference, network: Network) -> FileSet:
    from stemma.interop.huggingface import address, is_offline  # noqa: PLC0415  # costs 0.3 s
    from stemma.weights.http_files import HttpFileSet  # noqa: PLC0415

    hub, token = address(HubReference("model"), network.token, network.endpoint)
    on_hub = urlsplit(reference.url)[:2] == urlsplit(hub)[:2]
    page = page_of_model(reference.url) if on_hub else None
    if page is not None:
        return _hub(page, network)
    if is_offline(network.offline):
        raise SourceError(f"{reference} is on the network, which may not be used (offline).")
    secret = {"Authorization": f"Bearer {token}"} if on_hub and token else {}
    return HttpFileSet(network.transfer, raw_file(reference.url) if on_hub else reference.url, secret=secret)


def model_page(reference: Reference, network: Network) -> HubReference | None:
    """The model on the hub that a reference names, by name or by the address of its page; None for anything else."""
    if isinstance(reference, UrlReference):
        from stemma.interop.huggingface import address  # noqa: PLC0415  # costs 0.3 s

        hub, _ = address(HubReference("model"), network.token, network.endpoint)
        return page_of_model(reference.url) if urlsplit(reference.url)[:2] == urlsplit(hub)[:2] else None
    return reference if isinstance(reference, HubReference) else None


def page_of_model(url: str) -> HubReference | None:
    """The model whose page on the hub this is (``/org/name``, ``/org/name/tree/revision``), or None."""
    found = _PAGE.fullmatch(urlsplit(url).path)
    if found is None:
        return None
    revision = f"@{unquote(found['revision'])}" if found["revision"] else ""
    named = parse_reference(f"hf:{found['name']}{revision}")
    return named if isinstance(named, HubReference) else None


def raw_file(url: str) -> str:
    """The bytes behind the page of a file: ``/blob/`` becomes ``/resolve/``."""
    parts = urlsplit(url)
    return parts._replace(path=_BLOB.sub(r"\1/resolve/\2", parts.path)).geturl()
