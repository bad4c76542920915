"""One file behind an address, and the small files that usually lie next to it."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

from stemma.errors import AccessDenied, BadReference, ModelNotFound
from stemma.weights.http_blocks import BlockCache
from stemma.weights.http_hosts import shown
from stemma.weights.http_source import HttpFile
from stemma.weights.http_transfer import Transfer

SIBLINGS = (
    "config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "adapter_config.json",
    "quantize_config.json",
    "hf_quant_config.json",
)
_SELF_CONTAINED = (".gguf",)


class HttpFileSet:
    """A plain address as a model: its file, and those of :data:`SIBLINGS` that the server has beside it.

    Siblings are looked for on the first :meth:`names`. An address with a query (a signature) has none,
    since the query belongs to that one file.
    """

    def __init__(self, transfer: Transfer, url: str, *, secret: Mapping[str, str] | None = None) -> None:
        parts = urlsplit(url)
        self._name = posixpath.basename(unquote(parts.path))
        if not self._name or "\\" in self._name or "\0" in self._name:
            raise BadReference(f"{shown(url)} names no file.", advice="Give the address of one weight file.")
        query = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] != "download"]
        self._url = urlunsplit(parts._replace(query=urlencode(query), fragment=""))
        self._has_siblings = not query and not self._name.endswith(_SELF_CONTAINED)
        self._transfer = transfer
        self._secret = dict(secret or {})
        self._blocks = BlockCache()
        self._files: dict[str, HttpFile] = {}
        self._searched = False
        self.label = shown(url)

    def names(self) -> tuple[str, ...]:
        """The file and the siblings that exist, sorted."""
        if not self._searched:
            self._search()
            self._searched = True
        return tuple(sorted({self._name, *self._files}))

    def open(self, name: str) -> HttpFile:
        """The file of that name.

        Raises:
            ModelNotFound: there is none.
            AccessDenied, RateLimited, SourceError: what the server said.
        """
        if name == self._name and name not in self._files:
            self._files[name] = self._file(self._url, name)
        if name not in self.names():
            raise ModelNotFound(f"{self.label}: there is no {name} beside it.")
        return self._files[name]

    def _search(self) -> None:
        for name in SIBLINGS if self._has_siblings else ():
            if name in self._files:
                continue
            parts = urlsplit(self._url)
            beside = parts._replace(path=posixpath.dirname(parts.path).rstrip("/") + "/" + quote(name))
            try:
                file = self._file(urlunsplit(beside), name)
            except (ModelNotFound, AccessDenied):
                continue
            if is_json_object(file):
                self._files[name] = file

    def _file(self, url: str, name: str) -> HttpFile:
        return HttpFile(self._transfer, url, name, secret=self._secret, blocks=self._blocks)


def is_json_object(file: HttpFile) -> bool:
    """Whether the file begins like a JSON object; some servers answer everything with a page."""
    return file.read(0, min(file.size, 64)).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")
