"""Options that several commands share, and the work settings made of them."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from stemma.cli.parser import Option

if TYPE_CHECKING:
    from stemma.cache import FeatureCache
    from stemma.cli.progress import Bar
    from stemma.usecases.settings import Work


_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # <malloc.h>


class Format(StrEnum):
    """How a result is written."""

    TABLE = "table"
    JSON = "json"
    HTML = "html"
    SARIF = "sarif"


class PlainFormat(StrEnum):
    """How a result without a page or findings is written."""

    TABLE = "table"
    JSON = "json"


class PageFormat(StrEnum):
    """How a result without findings is written."""

    TABLE = "table"
    JSON = "json"
    HTML = "html"


def _hush() -> None:
    """Warnings of the library are remarks as well."""
    import logging

    logging.getLogger().setLevel(logging.ERROR)


MODEL_HELP = "A directory, a weight file, a .stemma fingerprint, hf:org/name[@revision], pkg:huggingface/... or a URL."

FormatOption = Annotated[Format, Option("--format", "-f", help="How to write the result.")]
PageFormatOption = Annotated[PageFormat, Option("--format", "-f", help="How to write the result.")]
PlainFormatOption = Annotated[PlainFormat, Option("--format", "-f", help="How to write the result.")]
OutputOption = Annotated[
    Path | None, Option("--output", "-o", help="Write the result to this file instead of standard output.")
]
SampleOption = Annotated[bool, Option("--sample", help="Read only samples of the weights: faster, but no digests.")]
BaseOption = Annotated[str | None, Option("--base", help="For an adapter: the model it is applied to.")]
AlphaOption = Annotated[
    float, Option("--alpha", min=1e-300, max=0.05, help="Chance of a false link between independent models.")
]
QuietOption = Annotated[bool, Option("--quiet", "-q", then=_hush, help="No progress, no remarks: the result alone.")]
CacheOption = Annotated[bool, Option("--cache/--no-cache", help="Keep fingerprints of unchanged files.")]
OfflineOption = Annotated[bool, Option("--offline", help="Never use the network.")]
WorkersOption = Annotated[int | None, Option("--workers", min=1, max=256, help="Threads; default: one per core.")]


def work_of(
    bar: Bar,
    *,
    sample: bool = False,
    base: str | None = None,
    alpha: float = 1e-6,
    cache: bool = True,
    offline: bool = False,
    workers: int | None = None,
) -> Work:
    """The settings a use case wants."""
    import os

    _keep_memory()

    from stemma.interop.network import Network
    from stemma.usecases.settings import Work

    return Work(
        sample=sample,
        base=base,
        alpha=alpha,
        cache=_cache() if cache else None,
        network=Network(offline=offline),
        workers=workers or os.cpu_count() or 1,
        progress=bar.update,
    )


def _keep_memory() -> None:
    """Arrays of megabytes come and go; giving their pages back to the kernel each time costs a tenth of the work."""
    if sys.platform != "linux":
        return
    import ctypes

    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # the C library may be another than glibc
    if mallopt is not None:
        mallopt(_M_TRIM_THRESHOLD, 128 << 20)
        mallopt(_M_MMAP_THRESHOLD, 64 << 20)


def _cache() -> FeatureCache | None:
    """A cache that cannot be used costs time, not the result: it is said, and work goes on without."""
    import logging

    from stemma.cache import FeatureCache, default_directory
    from stemma.errors import StemmaError

    try:
        return FeatureCache(default_directory())
    except StemmaError as error:
        logging.getLogger(__name__).warning("no fingerprint is kept: %s", error)
        return None
