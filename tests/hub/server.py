"""A small model hub on loopback that speaks the HTTP of the Hugging Face hub, and misbehaves on request.

```python
with Hub() as hub:
    hub.add("org/name", {"config.json": b"{}", "model.safetensors": weights})
    hub.faults.append(Fault(path="/model.safetensors", status=503, times=2))
    ...                      # hub.endpoint is the HF_ENDPOINT
    hub.bytes_served("model.safetensors")
```

Big files (``lfs_from`` bytes and more) lie in LFS: ``resolve`` redirects to a signed address of a second
server, the "CDN", on another port and thus another origin. ``moved`` are names that the hub sends on to others,
``kaggle`` the models that the listing of Kaggle shows.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from urllib.parse import parse_qs

from tests.hub.handler import Server
from tests.hub.state import Fault, Repository, Request, commit_of, read_folder

__all__ = ["Fault", "Hub", "Repository", "Request", "free_port_url"]


class Hub:
    """Two threaded servers, the hub and its CDN, on free ports of ``host``."""

    def __init__(self, *, token: str = "hf_test", lfs_from: int = 4096, host: str = "127.0.0.1") -> None:
        self.token = token
        self.lfs_from = lfs_from
        self.repositories: dict[tuple[str, str], Repository] = {}
        self.plain: dict[str, bytes] = {}
        self.plain_etag: dict[str, str] = {}
        self.moved: dict[str, str] = {}
        self.kaggle: list[dict[str, object]] = []
        self.faults: list[Fault] = []
        self.log: list[Request] = []
        self.signature = "first"
        self.max_signature_uses: int | None = None
        self._uses = 0
        self._lock = threading.Lock()
        self.stopping = threading.Event()
        self._servers = [Server((host, 0), self, name) for name in ("hub", "cdn")]
        self.endpoint, self.cdn = (f"http://{host}:{server.server_port}" for server in self._servers)
        self._threads = [
            threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True) for server in self._servers
        ]

    def __enter__(self) -> Hub:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stopping.set()
        for server in self._servers:
            server.shutdown()
            server.server_close()
        for thread in self._threads:
            thread.join(timeout=5)

    def add(
        self,
        name: str,
        files: Mapping[str, bytes] | Path,
        *,
        branch: str = "main",
        kind: str = "models",
        gated: bool = False,
        private: bool = False,
        base_models: tuple[str, tuple[str, ...]] | None = None,
        identity: str = "0",
    ) -> str:
        """Put the files (or those of a directory) at the head of a branch; returns the commit."""
        held = dict(files) if isinstance(files, Mapping) else read_folder(files)
        repository = self.repositories.setdefault((kind, name), Repository(name, kind))
        repository.gated, repository.private = gated, private
        repository.base_models = base_models
        repository.identity = identity
        commit = commit_of(held)
        repository.revisions[commit] = held
        repository.branches[branch] = commit
        return commit

    def requests(self, path: str = "", *, server: str = "any", method: str = "any") -> list[Request]:
        """Log lines whose path ends with ``path``."""
        return [
            line
            for line in list(self.log)
            if line.path.endswith(path) and server in ("any", line.server) and method in ("any", line.method)
        ]

    def bytes_served(self, path: str = "") -> int:
        """Body bytes served for paths with that ending."""
        return sum(line.served for line in self.requests(path))

    def take_fault(self, line: Request) -> Fault | None:
        with self._lock:
            for fault in self.faults:
                if fault.times <= 0 or not line.path.endswith(fault.path):
                    continue
                if fault.server not in ("any", line.server) or fault.method not in ("any", line.method):
                    continue
                if fault.skip > 0:
                    fault.skip -= 1
                    continue
                fault.times -= 1
                return fault
        return None

    def sign(self) -> str:
        """The query of a CDN address."""
        return f"Signature={self.signature}"

    def is_signed(self, query: str) -> bool:
        """Whether a CDN address still holds; :attr:`max_signature_uses` wears signatures out."""
        with self._lock:
            self._uses += 1
            if self.max_signature_uses is not None and self._uses > self.max_signature_uses:
                self._uses = 0
                self.signature += "x"
                return False
        return parse_qs(query).get("Signature") == [self.signature]


def free_port_url() -> str:
    """An address on which nobody listens."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    port = server.server_port
    server.server_close()
    return f"http://127.0.0.1:{port}"
