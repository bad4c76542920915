"""``HF_ENDPOINT``, looked at before huggingface_hub is: that takes it apart when it is imported, and may fail."""

from __future__ import annotations

import os

from stemma.errors import BadReference
from stemma.identity import Missing, split_address

_ADVICE = "Set HF_ENDPOINT to the address of a hub, such as https://huggingface.co, or unset it."


def require_endpoint() -> None:
    """Raise BadReference where ``HF_ENDPOINT`` is set to what is no http(s) address."""
    endpoint = os.environ.get("HF_ENDPOINT")
    if endpoint and isinstance(parts := split_address(endpoint), Missing):
        raise BadReference(
            f"HF_ENDPOINT is {endpoint[:80]!r}, expected an http(s) address: {parts.reason}.", advice=_ADVICE
        )
