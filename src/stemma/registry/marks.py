"""By what weights and data are recognised: digests, and repositories on a hub.

A mark is ``sha256:...`` (a file, or any digest of a record's identity), ``huggingface:org/name``, or the same with
``@revision``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from stemma.advisories import repository_of_purl

_DIGEST_MARKS = ("sha256:", "blake3:")
DIGESTS = ("root", "tensors", "fingerprint")


def marks_in(data: Mapping[str, Any]) -> frozenset[str]:
    """Everything by which the identity that a record writes says it can be recognised."""
    identity: Any = data.get("identity") or {}
    found = {f"sha256:{file['sha256']}" for file in identity.get("files", ()) if "sha256" in file}
    found |= {identity[key] for key in DIGESTS if key in identity}
    for hub in identity.get("hubs", ()):
        name = f"{hub['hub']}:{hub['id']}"
        found |= {name, *([f"{name}@{hub['revision']}"] if "revision" in hub else [])}
    for purl in identity.get("purls", ()):
        name = repository_of_purl(purl)
        revision = purl.partition("?")[0].partition("#")[0].partition("@")[2]
        found |= {name, *([f"{name}@{revision}"] if revision else [])} if name else set()
    return frozenset(found)


def owners_of(publisher: str, marks: Iterable[str]) -> frozenset[str]:
    """The publisher, and the accounts on hubs that marks name, in lower case."""
    found = {publisher.casefold()} if publisher else set()
    for mark in marks:
        if not mark.startswith(_DIGEST_MARKS):
            account, slash, _ = mark.partition(":")[2].partition("/")
            if slash:
                found.add(account.casefold())
    return frozenset(found)


def without_revision(mark: str) -> str:
    """A repository for one of its revisions, any other mark as it is: what is looked up."""
    return mark if mark.startswith(_DIGEST_MARKS) else mark.partition("@")[0]
