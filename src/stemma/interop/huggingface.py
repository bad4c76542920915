"""Models on the Hugging Face hub, read by byte ranges.

1. A commit that the local cache holds with all its shards is read there, without the network.
2. Otherwise huggingface_hub resolves the revision to a commit and lists its files: lengths, LFS digests.
3. Each file is read from the cache where that commit's copy is complete, else by ranges from the hub.
   Nothing is downloaded whole unless ``download`` asks for it; then each file is, when it is opened.

The endpoint is the argument, the reference's own, ``HF_ENDPOINT``, or huggingface.co, in this order. The token
that huggingface_hub finds goes to the configured endpoint alone: a reference that names another hub gets none.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote

from stemma.errors import BadReference, ModelNotFound, SourceError, UnsafeFile
from stemma.identity import Digest, HubReference, Missing, split_address
from stemma.immutable import immutable
from stemma.interop.hub_endpoint import require_endpoint
from stemma.weights.http_blocks import BlockCache
from stemma.weights.http_source import HttpFacts, HttpFile
from stemma.weights.http_transfer import Transfer
from stemma.weights.interface import ByteSource, FileSet
from stemma.weights.local import LocalFolder

require_endpoint()  # what is imported next takes it apart

from huggingface_hub import HfApi, constants, get_token, hf_hub_download  # noqa: E402
from huggingface_hub.errors import RepositoryNotFoundError  # noqa: E402
from huggingface_hub.hf_api import ModelInfo, RepoSibling  # noqa: E402

from stemma.interop.hub_cache import (  # noqa: E402
    cached_commit,
    cached_commits,
    cached_file,
    holds_a_model,
    is_commit,
    snapshot,
)
from stemma.interop.hub_errors import ask_hub  # noqa: E402

_TRUE = frozenset({"1", "ON", "YES", "TRUE"})
_ANSWER_SECONDS = 30.0
_NO_LFS = Missing("the hub vouches for no SHA-256 of a file outside LFS")


def hub_files(
    reference: HubReference,
    transfer: Transfer,
    *,
    token: str | None = None,
    endpoint: str | None = None,
    offline: bool = False,
    download: bool = False,
    cache: Path | None = None,
) -> FileSet:
    """The files of a model on the hub.

    Args:
        transfer: who fetches byte ranges.
        token: in place of the one huggingface_hub finds.
        offline: use the local cache alone; also where ``HF_HUB_OFFLINE`` says so.
        download: fetch each file whole into the local cache when it is opened.
        cache: the cache of huggingface_hub, if not where its settings say.

    Raises:
        ModelNotFound: no such model or revision (or a private one), or it is not in the cache when offline.
        AccessDenied: gated, disabled, or the token is refused.
        RateLimited, SourceError: what the hub said after retries, or it cannot be reached.
        UnsafeFile: the hub lists a file name that leaves its folder.
    """
    held = cached_commit(reference.name, reference.revision, cache)
    if is_offline(offline):
        if held is None:
            raise _not_cached(reference, cache)
        return LocalFolder(snapshot(reference.name, held, cache))
    if held is not None and is_commit(reference.revision) and holds_a_model(snapshot(reference.name, held, cache)):
        return LocalFolder(snapshot(reference.name, held, cache))
    base, secret = address(reference, token, endpoint)
    commit, siblings = listing(transfer, reference, base, secret)
    return HubFileSet(transfer, reference, base, secret, commit=commit, files=siblings, download=download, cache=cache)


def _not_cached(reference: HubReference, cache: Path | None) -> ModelNotFound:
    held = cached_commits(reference.name, cache)
    others = f" It holds {', '.join(f'hf:{reference.name}@{commit}' for commit in held)}." if held else ""
    return ModelNotFound(
        f"{reference} is not in the local cache, and the hub may not be asked (offline).{others}",
        advice="Name a revision that is held, or unset HF_HUB_OFFLINE.",
    )


def is_offline(wanted: bool = False) -> bool:
    """Whether the network may not be used: asked for, or by ``HF_HUB_OFFLINE``."""
    return wanted or constants.HF_HUB_OFFLINE or os.environ.get("HF_HUB_OFFLINE", "").upper() in _TRUE


def configured_endpoint() -> str:
    """``HF_ENDPOINT`` as it is set now, else huggingface.co."""
    return (os.environ.get("HF_ENDPOINT") or constants.ENDPOINT).rstrip("/")


def address(reference: HubReference, token: str | None, endpoint: str | None) -> tuple[str, str | None]:
    """The hub to ask and the token to show it.

    Raises:
        BadReference: the endpoint is no http(s) address.
    """
    base = (endpoint or reference.endpoint or configured_endpoint()).rstrip("/")
    if isinstance(parts := split_address(base), Missing):
        raise BadReference(
            f"{base!r} is no hub, expected an http(s) address: {parts.reason}.", advice="Check HF_ENDPOINT."
        )
    trusted = endpoint is not None or base == configured_endpoint()
    return base, token or (get_token() if trusted else None)


@immutable
class HubEntry:
    """One listed file: length in bytes, and the digest and object id that the hub vouches for."""

    size: int
    sha256: Digest | Missing
    version: str


def listing(
    transfer: Transfer, reference: HubReference, base: str, secret: str | None
) -> tuple[str, Mapping[str, HubEntry]]:
    """The commit of a revision and its files. Raises what :func:`hub_files` does."""
    info = model_info(transfer, reference, base, secret, files_metadata=True)
    return str(info.sha), entries(str(reference), info.siblings or ())


def model_info(
    transfer: Transfer,
    reference: HubReference,
    base: str,
    secret: str | None,
    **wanted: Any,
) -> ModelInfo:
    """What the hub says of a model at a revision; the commit that it names is a full id.

    ``wanted`` are further arguments of ``HfApi.model_info``. Raises what :func:`hub_files` does.
    """
    api = HfApi(endpoint=base, token=secret or False)
    try:
        info = ask_hub(
            transfer,
            str(reference),
            lambda: api.model_info(reference.name, revision=reference.revision, timeout=_ANSWER_SECONDS, **wanted),
        )
    except ModelNotFound as error:
        if isinstance(error.__cause__, RepositoryNotFoundError):
            _refuse_other_kind(transfer, reference, api)
        raise
    if not is_commit(info.sha):
        raise SourceError(f"{reference}: the hub names no commit (got {info.sha!r}).", advice="Check HF_ENDPOINT.")
    return info


def entries(what: str, siblings: Iterable[RepoSibling]) -> dict[str, HubEntry]:
    """The listed files by name; raises UnsafeFile for one outside its folder, SourceError for no length."""
    found: dict[str, HubEntry] = {}
    for sibling in siblings:
        name = sibling.rfilename
        pure = PurePosixPath(name)
        if not name or pure.is_absolute() or ".." in pure.parts or "\\" in name or "\0" in name:
            raise UnsafeFile(f"{what}: the hub lists a file named {name!r}.", advice="Do not use this model.")
        size = sibling.size
        if not isinstance(size, int) or size < 0:
            raise SourceError(f"{what}: the hub gives no length of {name}.", advice="Check HF_ENDPOINT.")
        found[name] = HubEntry(size, _digest(sibling), sibling.blob_id or f"{size}")
    return found


def _digest(sibling: RepoSibling) -> Digest | Missing:
    if sibling.lfs is None:
        return _NO_LFS
    try:
        return Digest("sha256", sibling.lfs.sha256)
    except (ValueError, TypeError):
        return Missing("the hub's LFS record holds no SHA-256")


def _refuse_other_kind(transfer: Transfer, reference: HubReference, api: HfApi) -> None:
    """Say so where the name is that of a dataset or a space."""
    for kind in ("dataset", "space"):
        if ask_hub(transfer, str(reference), partial(api.repo_exists, reference.name, repo_type=kind)):
            raise ModelNotFound(f"{reference} is a {kind} on the hub, not a model.", advice="Name a model.")


class HubFileSet:
    """The files of one commit."""

    def __init__(
        self,
        transfer: Transfer,
        reference: HubReference,
        base: str,
        secret: str | None,
        *,
        commit: str,
        files: Mapping[str, HubEntry],
        download: bool,
        cache: Path | None,
    ) -> None:
        self.commit = commit
        self.label = f"hf:{reference.name}@{commit[:12]}"
        self._transfer = transfer
        self._name = reference.name
        self._base = base
        self._secret = secret
        self._files = files
        self._download = download
        self._cache = cache
        self._blocks = BlockCache()

    def names(self) -> tuple[str, ...]:
        """Every file of the commit, sorted."""
        return tuple(sorted(self._files))

    def open(self, name: str) -> ByteSource:
        """The file of that name, from the local cache or else the hub; raises ModelNotFound."""
        entry = self._files.get(name)
        if entry is None:
            raise ModelNotFound(f"{self.label} has no file {name}.")
        held = cached_file(self._name, self.commit, name, entry.size, self._cache)
        if held is None and self._download:
            self._fetch(name)
            return LocalFolder(snapshot(self._name, self.commit, self._cache)).open(name)
        if held is None:
            return self._remote(name, entry)
        return LocalFolder(snapshot(self._name, self.commit, self._cache)).open(name)

    def _remote(self, name: str, entry: HubEntry) -> HttpFile:
        headers = {"Authorization": f"Bearer {self._secret}"} if self._secret else {}
        facts = HttpFacts(entry.size, entry.sha256, f"{self.commit}:{entry.version}")
        url = f"{self._base}/{self._name}/resolve/{self.commit}/{quote(name)}"
        return HttpFile(self._transfer, url, name, facts, secret=headers, blocks=self._blocks)

    def _fetch(self, name: str) -> None:
        def download() -> str:
            return hf_hub_download(
                self._name, name, revision=self.commit, endpoint=self._base, cache_dir=self._cache,
                token=self._secret or False,
            )  # fmt: skip

        ask_hub(self._transfer, self.label, download)
