"""What a caller may set for a piece of work: one value, handed to every use case."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import field
from typing import TYPE_CHECKING

from stemma.immutable import immutable
from stemma.interop.network import Network

if TYPE_CHECKING:
    from stemma.cache import FeatureCache


@immutable
class Work:
    """How work is done.

    Args:
        sample: read only the planned ranges: no digests, no exact moments.
        file_digests: take the SHA-256 of every weight file; values have digests of their own.
        base: reference of the base model of an adapter.
        alpha: family-wise error for independent models.
        cache: where fingerprints are kept between runs; None keeps none.
        network: how hubs and web are reached.
        workers: threads that read and compute; default: one per core.
        progress: told what is being read, how many bytes were done, and how many there are in all (0: unknown); the two
            are equal at the end. It is called by any thread, and stops the work by raising.
    """

    sample: bool = False
    file_digests: bool = True
    base: str | None = None
    alpha: float = 1e-6
    cache: FeatureCache | None = None
    network: Network = field(default_factory=Network)
    workers: int = field(default_factory=lambda: os.cpu_count() or 1)
    progress: Callable[[str, int, int], None] = lambda _name, _done, _total: None


DEFAULT_WORK = Work()
