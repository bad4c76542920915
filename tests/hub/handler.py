"""The two servers behind the hub on loopback: API and files, and the CDN."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, quote, unquote, urlsplit

from tests.hub.listings import described, hub_page, kaggle_page
from tests.hub.state import Fault, Repository, Request, sha256_of

if TYPE_CHECKING:
    from tests.hub.server import Hub

CHUNK = 1 << 16
LISTINGS = {"/api/models": hub_page, "/api/v1/models/list": kaggle_page}


class Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, address: tuple[str, int], hub: Hub, name: str) -> None:
        self.hub = hub
        self.name = name
        super().__init__(address, Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients of these tests hang up in the middle; that is no news."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server
    line: Request
    fault: Fault | None

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """The log is kept in memory."""

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        parts = urlsplit(self.path)
        self.line = Request(
            self.server.name,
            self.command,
            unquote(parts.path),
            parts.query,
            dict(self.headers),
            time.monotonic(),
        )
        self.server.hub.log.append(self.line)
        self.fault = fault = self.server.hub.take_fault(self.line)
        if fault is not None and fault.status is not None:
            self._send(fault.status, b"trouble", fault.headers)
        elif fault is not None and fault.redirect is not None:
            self._send(302, b"", {"Location": fault.redirect})
        elif fault is not None and fault.page is not None:
            self._send(200, fault.page, {"Content-Type": "text/html"})
        elif self.server.name == "cdn":
            self._cdn(parts.path, parts.query)
        elif parts.path in LISTINGS:
            self._list(parts.path)
        elif parts.path.startswith("/api/"):
            self._api(unquote(parts.path))
        elif parts.path.startswith("/plain/"):
            self._plain(unquote(parts.path).removeprefix("/plain/"))
        else:
            self._resolve(unquote(parts.path))

    def _list(self, path: str) -> None:
        page = LISTINGS[path]
        body, headers = page(self.server.hub, parse_qs(self.line.query))
        self._send(200, body, {"Content-Type": "application/json", **headers})

    def _api(self, path: str) -> None:
        found = re.fullmatch(r"/api/(models|datasets|spaces)/([^/]+(?:/[^/]+)?)(?:/(revision|tree)/(.+))?", path)
        if found is None:
            return self._error(404, "EntryNotFound")
        kind, name, revision = found[1], found[2], found[4] or "main"
        if name in self.server.hub.moved:
            target = path.replace(name, self.server.hub.moved[name], 1)
            return self._send(307, b"", {"Location": f"{target}?{self.line.query}".rstrip("?")})
        repository = self._repository(kind, name, reading=False)
        if repository is None:
            return None
        commit = repository.branches.get(revision, revision)
        files = repository.revisions.get(commit)
        if files is None:
            return self._error(404, "RevisionNotFound")
        if found[3] == "tree":
            tree = [self._tree_entry(file, files[file]) for file in sorted(files)]
            return self._send(200, json.dumps(tree).encode(), {"Content-Type": "application/json"})
        siblings = [self._sibling(file, files[file]) for file in sorted(files)]
        body = {**described(repository, commit), "siblings": siblings}
        return self._send(200, json.dumps(body).encode(), {"Content-Type": "application/json"})

    def _tree_entry(self, name: str, data: bytes) -> dict[str, object]:
        sha256 = sha256_of(data)
        entry: dict[str, object] = {"type": "file", "path": name, "size": len(data), "oid": sha256[:40]}
        if len(data) >= self.server.hub.lfs_from:
            entry["lfs"] = {"oid": sha256, "size": len(data), "pointerSize": 130}
        return entry

    def _sibling(self, name: str, data: bytes) -> dict[str, object]:
        sha256 = sha256_of(data)
        entry: dict[str, object] = {"rfilename": name, "size": len(data), "blobId": sha256[:40]}
        if len(data) >= self.server.hub.lfs_from:
            entry["lfs"] = {"sha256": sha256, "size": len(data), "pointerSize": 130}
        return entry

    def _repository(self, kind: str, name: str, *, reading: bool) -> Repository | None:
        repository = self.server.hub.repositories.get((kind, name))
        allowed = self.headers.get("Authorization") == f"Bearer {self.server.hub.token}"
        if repository is None or (repository.private and not allowed):
            self._error(401 if not allowed else 404, "RepoNotFound")
            return None
        if reading and repository.gated and not allowed:
            self._error(401, "GatedRepo", "Access to model is restricted.")
            return None
        return repository

    def _resolve(self, path: str) -> None:
        found = re.fullmatch(r"/([^/]+(?:/[^/]+)?)/resolve/([^/]+)/(.+)", path)
        if found is None:
            return self._error(404, "EntryNotFound")
        repository = self._repository("models", found[1], reading=True)
        if repository is None:
            return None
        commit = repository.branches.get(found[2], found[2])
        files = repository.revisions.get(commit)
        if files is None:
            return self._error(404, "RevisionNotFound")
        data = files.get(found[3])
        if data is None:
            return self._error(404, "EntryNotFound")
        sha256 = sha256_of(data)
        if len(data) < self.server.hub.lfs_from:
            return self._file(data, sha256[:40], {"X-Repo-Commit": commit})
        hub = self.server.hub
        target = f"{hub.cdn}/{found[1]}/{commit}/{quote(found[3])}?{hub.sign()}"
        headers = {"X-Repo-Commit": commit, "X-Linked-ETag": f'"{sha256}"', "X-Linked-Size": str(len(data)),
                   "ETag": f'"{sha256}"', "Location": target}  # fmt: skip
        return self._send(302, b"", headers)

    def _cdn(self, path: str, query: str) -> None:
        found = re.fullmatch(r"/(.+)/([0-9a-f]{40})/(.+)", unquote(path))
        hub = self.server.hub
        repository = hub.repositories.get(("models", found[1])) if found else None
        if found is None or repository is None:
            return self._error(404, "EntryNotFound")
        if "Authorization" in self.headers:
            return self._send(400, b"only one auth mechanism allowed", {})
        if not hub.is_signed(query):
            return self._send(403, b"signature expired", {})
        data = repository.revisions[found[2]][found[3]]
        return self._file(data, sha256_of(data)[::-1], {})

    def _plain(self, name: str) -> None:
        data = self.server.hub.plain.get(name)
        if data is None:
            return self._error(404, "EntryNotFound")
        tag = self.server.hub.plain_etag.get(name) or sha256_of(data)[:16]
        return self._file(data, tag, {})

    def _file(self, data: bytes, tag: str, headers: Mapping[str, str]) -> None:
        etag = f'"{self.fault.etag if self.fault and self.fault.etag else tag}"'
        headers = {**headers, "ETag": etag, "Accept-Ranges": "bytes"}
        wanted = self.headers.get("Range")
        whole = self.fault is not None and self.fault.whole
        if wanted is None or whole or self.headers.get("If-Range", etag) != etag:
            return self._send(200, data, headers)
        found = re.fullmatch(r"bytes=(\d*)-(\d*)", wanted)
        if found is None or not (found[1] or found[2]):
            return self._send(200, data, headers)
        start = int(found[1]) if found[1] else max(0, len(data) - int(found[2]))
        stop = min(len(data), int(found[2]) + 1) if found[1] and found[2] else len(data)
        if start >= stop:
            return self._send(416, b"", {"Content-Range": f"bytes */{len(data)}"})
        part = data[start:stop]
        return self._send(206, part, {**headers, "Content-Range": f"bytes {start}-{stop - 1}/{len(data)}"})

    def _error(self, status: int, code: str, message: str = "") -> None:
        self._send(status, b"{}", {"X-Error-Code": code, "X-Error-Message": message or code})

    def _send(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        fault = self.fault or Fault()
        body += fault.extra
        self.line.status = status
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        announced = fault.length if fault.length is not None else len(body)
        self.send_header("Content-Length", str(announced))
        self.end_headers()
        if self.command == "HEAD":
            return
        sent = body[: fault.cut] if fault.cut is not None else body[: fault.stall]
        self._write(sent[:announced], fault)
        if fault.stall is not None:
            self.server.hub.stopping.wait(timeout=30)
        if fault.cut is not None or fault.stall is not None or announced != len(body):
            self.close_connection = True

    def _write(self, body: bytes, fault: Fault) -> None:
        step = max(1, fault.drip // 10) if fault.drip else CHUNK
        for start in range(0, len(body), step):
            if fault.drip and self.server.hub.stopping.wait(timeout=0.1 if start else 0.0):
                return
            self.line.served += len(body[start : start + step])
            self.wfile.write(body[start : start + step])
