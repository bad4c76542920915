"""A file over HTTP, read by byte ranges.

- Nothing is fetched but what is read, rounded to blocks; neighbouring missing blocks are one request, and
  blocks read in order are fetched ahead. Long reads go past the block memory.
- A body that breaks off is resumed where it broke; a connection that stalls is given up and tried again.
- Every answer must show the same validator and length as the first: a file that changes while it is read is
  an error.
- The address that redirects led to is kept (a hub's signed CDN address) and asked for anew when it expires.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import AbstractContextManager
from threading import Lock

import httpx

from stemma.errors import SourceChanged, SourceError, TruncatedSource
from stemma.identity import Digest, Missing
from stemma.immutable import immutable
from stemma.weights.http_blocks import BlockCache
from stemma.weights.http_hosts import shown
from stemma.weights.http_transfer import Answer, RefusalError, Transfer, TransientError

WHOLE_LIMIT = 16 << 20
_EXPIRED = frozenset({400, 401, 403, 404, 410})
_AHEAD = 16
_UNVOUCHED = Missing("the server vouches for no SHA-256 of this file")
_UNVERSIONED = Missing("the server gives no version of this file")


def new_client(*, timeout: float = 20.0, connections: int = 8) -> httpx.Client:
    """A keep-alive client for :class:`Transfer`; ``timeout`` in seconds of silence. Close it when done."""
    return httpx.Client(
        timeout=httpx.Timeout(timeout, connect=min(10.0, timeout)),
        limits=httpx.Limits(max_connections=connections, max_keepalive_connections=connections),
        headers={"User-Agent": "stemma"},
        follow_redirects=False,
    )


@immutable
class HttpFacts:
    """What is known of a file before it is read. ``size`` in bytes; a plain address is asked for it."""

    size: int
    known_sha256: Digest | Missing = _UNVOUCHED
    version: str | Missing = _UNVERSIONED


class HttpFile:
    """One remote file as a :class:`~stemma.weights.interface.ByteSource`. Safe to share between threads.

    ``secret`` headers (Authorization) are sent to the origin of ``url`` only. Files up to ``whole_below``
    bytes are fetched in one piece on the first read.
    """

    is_local = False

    def __init__(
        self,
        transfer: Transfer,
        url: str,
        name: str,
        facts: HttpFacts | None = None,
        *,
        secret: Mapping[str, str] | None = None,
        blocks: BlockCache | None = None,
        block_bytes: int = 1 << 16,
        whole_below: int = 1 << 18,
    ) -> None:
        self.name = name
        self.known_sha256: Digest | Missing = facts.known_sha256 if facts else _UNVOUCHED
        self._transfer = transfer
        self._url = url
        self._secret = dict(secret or {})
        self._blocks = blocks or BlockCache(8 << 20)
        self._block_bytes = block_bytes
        self._whole_below = whole_below
        self._size = facts.size if facts else None
        self._version: str | Missing | None = facts.version if facts else None
        self._whole: bytes | None = None
        self._location: str | None = None
        self._validator: str | None = None
        self._linked_tag: str | None = None
        self._next_block = 0
        self._lock = Lock()
        if facts is None:
            self._probe()

    @property
    def size(self) -> int:
        """Length in bytes."""
        return self._size or 0

    @property
    def version(self) -> str | Missing:
        """ETag or Last-Modified, or what a hub's listing said."""
        if self._version is not None:
            return self._version
        tag = self._linked_tag or self._validator
        return tag if tag else _UNVERSIONED

    def read(self, offset: int, length: int) -> bytes:
        """Exactly ``length`` bytes from ``offset``.

        Raises:
            TruncatedSource: the file ends before, or the server keeps breaking off.
            SourceChanged: another file lies there now.
            AccessDenied, ModelNotFound, RateLimited, SourceError: what the server said, after retries.
        """
        if offset < 0 or length < 0:
            raise ValueError("offset and length are never negative")
        if offset + length > self.size:
            raise TruncatedSource(
                f"{self.name}: got {self.size} bytes, expected at least {offset + length}.",
                advice="The file is cut off, or its header lies.",
            )
        if length == 0:
            return b""
        if self._whole is not None:
            return self._whole[offset : offset + length]
        if length > 4 * self._block_bytes and self.size > self._whole_below:
            return self._fetch(offset, offset + length)
        return self._read_blocks(offset, length)

    def _read_blocks(self, offset: int, length: int) -> bytes:
        step = self._block_bytes
        first, last = offset // step, (offset + length - 1) // step
        pieces: dict[int, bytes] = {}
        run: list[int] = []
        for index in range(first, last + 1):
            held = self._blocks.get(self, index)
            if held is None:
                run.append(index)
                continue
            pieces[index] = held
            self._fill(run, pieces)
        self._fill(run, pieces, last_run=True)
        joined = b"".join(pieces[index] for index in range(first, last + 1))
        return joined[offset - first * step : offset - first * step + length]

    def _fill(self, run: list[int], pieces: dict[int, bytes], *, last_run: bool = False) -> None:
        """Fetch a run of neighbouring blocks in one request and forget the run."""
        if not run:
            return
        step, blocks = self._block_bytes, -(-self.size // self._block_bytes)
        begin, end = run[0], run[-1] + 1
        run.clear()
        if self.size <= self._whole_below:
            begin, end = 0, blocks
        elif last_run and begin and begin == self._next_block:
            end = min(blocks, begin + max(end - begin, min(_AHEAD, begin)))
        data = self._fetch(begin * step, min(end * step, self.size))
        for index in range(begin, end):
            piece = data[(index - begin) * step : (index - begin + 1) * step]
            pieces[index] = piece
            self._blocks.put(self, index, piece)
        self._next_block = end

    def _probe(self) -> None:
        """Learn length and validator from the answer to the first block, which every reader wants anyway."""

        def attempt() -> bytes:
            buffer = bytearray()
            try:
                with self._request(0, self._block_bytes) as answer:
                    if answer.response.status_code == 200:
                        return self._take_whole(answer)
                    start, stop, total = content_range(answer)
                    if start != 0 or stop > self._block_bytes or (stop < self._block_bytes and stop != total):
                        raise self._wrong_range(answer)
                    self._remember(answer, total)
                    self._transfer.receive(answer, buffer, stop)
                    return bytes(buffer)
            except RefusalError as refusal:
                if refusal.status == 416 and refusal.headers.get("Content-Range", "").endswith("/0"):
                    self._size = 0
                    return b""
                raise

        block = self._transfer.persist(attempt)
        if self._whole is None and block:
            self._blocks.put(self, 0, block)
            self._next_block = 1

    def _fetch(self, start: int, stop: int) -> bytes:
        """Bytes ``start:stop`` in as few requests as the line allows."""
        buffer = bytearray()

        def attempt() -> bytes:
            begin = start + len(buffer)
            try:
                with self._request(begin, stop) as answer:
                    if answer.response.status_code == 200:
                        return self._take_whole(answer)[start:stop]
                    if content_range(answer)[:2] != (begin, stop):
                        raise self._wrong_range(answer)
                    self._remember(answer, content_range(answer)[2])
                    self._transfer.receive(answer, buffer, stop - start)
                    return bytes(buffer)
            except RefusalError as refusal:
                if self._location not in (None, self._url) and refusal.status in _EXPIRED:
                    self._location = None
                    raise TransientError(refusal.problem, cost=0) from refusal
                if refusal.status == 416:
                    raise self._changed("it is shorter now") from refusal
                raise

        return self._transfer.persist(attempt)

    def _request(self, start: int, stop: int) -> AbstractContextManager[Answer]:
        headers = {"Range": f"bytes={start}-{stop - 1}", "Accept-Encoding": "identity"}
        validator = self._validator
        if self._location is not None and validator is not None and validator.startswith('"'):
            headers["If-Range"] = validator
        return self._transfer.open(self._location or self._url, headers, first=self._url, secret=self._secret)

    def _take_whole(self, answer: Answer) -> bytes:
        """The body of an answer that ignored the range: acceptable for small files alone."""
        announced = answer.response.headers.get("Content-Length", "")
        size = int(announced) if re.fullmatch(r"\d{1,18}", announced) else self._size
        self._remember(answer, size if size is not None else 0, whole=True)
        if size is None or size > WHOLE_LIMIT:
            raise SourceError(
                f"{shown(self._url)} ignores byte ranges: got the whole file"
                f"{'' if size is None else f' of {size} bytes'} (HTTP 200), expected HTTP 206.",
                advice="Download the file and name it by its path.",
            )
        buffer = bytearray()
        self._transfer.receive(answer, buffer, size)
        self._size, self._whole = size, bytes(buffer)
        return self._whole

    def _remember(self, answer: Answer, total: int, *, whole: bool = False) -> None:
        """Hold this answer against the ones before."""
        with self._lock:
            fresh = answer.linked_tag is not None and self._location is None
            if self._linked_tag and answer.linked_tag and answer.linked_tag != self._linked_tag:
                raise self._changed(f"its tag was {self._linked_tag} and is {answer.linked_tag}")
            if self._validator is not None and answer.validator != self._validator and not fresh:
                raise self._changed(f"its tag was {self._validator} and is {answer.validator}")
            if self._size is not None and total != self._size:
                raise self._changed(f"its length was {self._size} and is {total}")
            self._linked_tag = answer.linked_tag or self._linked_tag
            self._validator = answer.validator
            self._location = answer.location
            if not whole:
                self._size = total

    def _changed(self, how: str) -> SourceChanged:
        return SourceChanged(
            f"{shown(self._url)} is not the file it was: {how}.",
            advice="Start again, or name a fixed revision.",
        )

    def _wrong_range(self, answer: Answer) -> SourceError:
        got = answer.response.headers.get("Content-Range", "none")
        return SourceError(f"{shown(self._url)} answers with another range than was asked for ({got}).")


def content_range(answer: Answer) -> tuple[int, int, int]:
    """``(start, stop, total)`` of a 206 answer; raises SourceError where the header is absent or unusable."""
    text = answer.response.headers.get("Content-Range", "")
    found = re.fullmatch(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18})", text.strip())
    if found is None:
        raise SourceError(f"{shown(answer.location)}: got Content-Range {text!r}, expected bytes first-last/total.")
    return int(found[1]), int(found[2]) + 1, int(found[3])
