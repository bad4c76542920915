"""The search vectors of a catalog on disk: rows of little-endian float32, mapped into memory."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stemma.catalog.files import clear_errors, write_all
from stemma.catalog.search import REPAIR_ADVICE
from stemma.errors import IncompatibleFingerprint, MalformedFile

Array = NDArray[np.float32]
_STORED = np.dtype("<f4")
_TOLERANCE = 1e-4


def map_rows(path: Path, rows: int, length: int) -> Array:
    """The first ``rows`` vectors (rows x length, float32, read-only); pages come in as they are looked at.

    Raises:
        MalformedFile: the file holds fewer.
    """
    if rows == 0:
        return np.zeros((0, length), np.float32)
    with clear_errors(path, "read"):
        size = path.stat().st_size
        if size < rows * length * _STORED.itemsize:
            raise MalformedFile(str(path), f"{size} bytes", f"{rows} vectors of {length}", advice=REPAIR_ADVICE)
        mapped: NDArray[Any] = np.memmap(path, _STORED, "r", shape=(rows, length))
    return mapped.view(np.ndarray)


def write_rows(path: Path, first: int, vectors: list[Array]) -> None:
    """Put ``vectors`` at row ``first`` and after; nothing counts until the index says so."""
    if not vectors:
        return
    data = np.stack(vectors).astype(_STORED, copy=False)
    with clear_errors(path, "written"):
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o666)
        try:
            os.lseek(handle, first * data.shape[1] * _STORED.itemsize, os.SEEK_SET)
            write_all(handle, data.tobytes())
            os.fsync(handle)
        finally:
            os.close(handle)


def checked_vector(vector: NDArray[Any], name: str) -> Array:
    """``vector`` as float32, of length 1 or, for a model without a sampled matrix, 0.

    Raises:
        IncompatibleFingerprint: it is no search vector.
    """
    flat = np.asarray(vector, np.float32)
    norm = float(np.linalg.norm(flat.astype(np.float64))) if flat.ndim == 1 and np.isfinite(flat).all() else -1.0
    if norm < 0 or not flat.size or not (norm == 0 or abs(norm - 1) < _TOLERANCE):
        raise IncompatibleFingerprint(
            f"{name}: got a search vector of shape {flat.shape} that has no length of 1.",
            advice="The fingerprint is damaged: take it again from the model.",
        )
    return flat
