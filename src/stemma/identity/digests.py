"""Digests as values, and the root digest of a set of files.

The root follows the serialisation of OpenSSF Model Signing (method ``files``, hash ``sha256``): SHA-256 over the
raw per-file digests in the order of the files' paths.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import PurePosixPath

from stemma.immutable import immutable

_HEX_LENGTH = {"sha256": 64, "blake3": 64}


@immutable(order=True)
class Digest:
    """A digest with the name of its algorithm, written ``sha256:0123...``."""

    algorithm: str
    hex: str

    def __post_init__(self) -> None:
        wanted = _HEX_LENGTH.get(self.algorithm)
        if wanted is None or re.fullmatch(f"[0-9a-f]{{{wanted}}}", self.hex) is None:
            raise ValueError(f"not a digest: {self.algorithm}:{self.hex}")

    def __str__(self) -> str:
        return f"{self.algorithm}:{self.hex}"

    @classmethod
    def parse(cls, text: str) -> Digest:
        """Read ``algorithm:hex``; raises ValueError on anything else."""
        algorithm, _, value = text.partition(":")
        return cls(algorithm, value)


def oms_root(files: Mapping[str, Digest]) -> Digest:
    """Root digest over per-file SHA-256 digests (OpenSSF Model Signing, method ``files``).

    Files are taken in the order of their paths, segment by segment: ``a/b`` stands before ``a-b``.
    """
    root = hashlib.sha256()
    for name in sorted(files, key=PurePosixPath):
        if files[name].algorithm != "sha256":
            raise ValueError(f"the root is defined over sha256 digests, {name} has {files[name].algorithm}")
        root.update(bytes.fromhex(files[name].hex))
    return Digest("sha256", root.hexdigest())
