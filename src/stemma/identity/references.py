"""References: the strings by which people name models.

| written | means |
|---|---|
| ``./models/my-model``, ``weights.gguf`` | a directory or a single file |
| ``hf:org/name``, ``hf:org/name@revision`` | a repository on the Hugging Face hub (or ``HF_ENDPOINT``) |
| ``pkg:huggingface/org/name@commit`` | the same, as a package URL |
| ``https://host/path/model.safetensors`` | one file over HTTP, read by ranges |

Parsing is pure: nothing is looked up.
"""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import parse_qs, unquote

from stemma.errors import BadReference
from stemma.identity.absence import Missing
from stemma.identity.addresses import split_address
from stemma.immutable import immutable

_HUB_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}")
_REVISION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/+-]{0,254}")
_ADVICE = "Write a path, hf:org/name[@revision], pkg:huggingface/org/name[@commit] or an http(s) address."


@immutable
class PathReference:
    """A directory or a file on this machine."""

    path: Path

    def __str__(self) -> str:
        return str(self.path)


@immutable
class HubReference:
    """A model repository on the Hugging Face hub; ``revision`` None means the default branch."""

    name: str
    revision: str | None = None
    endpoint: str | None = None

    def __str__(self) -> str:
        return f"hf:{self.name}" + (f"@{self.revision}" if self.revision else "")


@immutable
class UrlReference:
    """One file behind an http(s) address."""

    url: str

    def __str__(self) -> str:
        return self.url


Reference = PathReference | HubReference | UrlReference


def parse_reference(text: str) -> Reference:
    """Turn what a person wrote into a reference.

    Raises:
        BadReference: the text is empty or has a scheme that is not understood.
    """
    if not text.strip() or "\0" in text:
        raise BadReference("A model reference is empty or holds a NUL.", advice=_ADVICE)
    if text.startswith("hf:"):
        return _hub(text, text.removeprefix("hf:").removeprefix("//"), endpoint=None)
    if text.startswith("pkg:"):
        return _purl(text)
    if re.match(r"https?://", text):
        if isinstance(parts := split_address(text), Missing):
            raise BadReference(f"{text!r} is no address: {parts.reason}.", advice=_ADVICE)
        return UrlReference(text)
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", text):
        raise BadReference(f"{text!r} has a scheme that is not understood.", advice=_ADVICE)
    return PathReference(Path(text))


def _hub(text: str, rest: str, endpoint: str | None) -> HubReference:
    name, _, revision = rest.partition("@")
    parts = name.split("/")
    if len(parts) not in (1, 2) or not all(_HUB_NAME.fullmatch(p) and ".." not in p for p in parts):
        raise BadReference(f"{text!r} names no hub repository.", advice=_ADVICE)
    if "@" in rest and (not _REVISION.fullmatch(revision) or ".." in revision):
        raise BadReference(f"{text!r} has a revision that is not well formed.", advice=_ADVICE)
    return HubReference(name, revision or None, endpoint)


def _purl(text: str) -> HubReference:
    body, _, qualifiers = text.removeprefix("pkg:").partition("#")[0].partition("?")
    kind, _, rest = body.lstrip("/").partition("/")
    if kind.lower() != "huggingface" or "/" not in rest.partition("@")[0]:
        raise BadReference(f"{text!r} is no package URL of type huggingface.", advice=_ADVICE)
    mirrors = parse_qs(qualifiers).get("repository_url", [])
    return _hub(text, unquote(rest), endpoint=mirrors[0] if mirrors else None)
