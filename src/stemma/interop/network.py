"""What goes over the network and how: one object that use cases make and hand down.

The client is made on first use, so that work on local files never imports it.
"""

from __future__ import annotations

import weakref
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stemma.weights.http_transfer import Transfer

ACCESS_ADVICE = "Use a token that is allowed to read it (for the Hugging Face hub HF_TOKEN or: hf auth login)."


class Network:
    """Settings for hub and web, and the shared keep-alive client.

    Args:
        token: in place of the one huggingface_hub finds.
        endpoint: the hub, in place of ``HF_ENDPOINT``.
        offline: local files and the local hub cache alone.
        download: fetch files of the hub whole into its cache instead of reading ranges.
        cache: the cache of huggingface_hub, if not where its settings say.
        transfer: in place of a default client.
    """

    def __init__(
        self,
        *,
        token: str | None = None,
        endpoint: str | None = None,
        offline: bool = False,
        download: bool = False,
        cache: Path | None = None,
        transfer: Transfer | None = None,
    ) -> None:
        self.token = token
        self.endpoint = endpoint
        self.offline = offline
        self.download = download
        self.cache = cache
        self._transfer = transfer
        self._lock = Lock()

    @property
    def transfer(self) -> Transfer:
        """The client; it is closed when nothing uses it any more."""
        from stemma.weights.http_source import new_client  # noqa: PLC0415  # costs 0.3 s
        from stemma.weights.http_transfer import Transfer  # noqa: PLC0415

        with self._lock:
            if self._transfer is None:
                client = new_client()
                self._transfer = Transfer(client, access_advice=ACCESS_ADVICE)
                weakref.finalize(self._transfer, client.close)
            return self._transfer
