"""Scan with an uploaded fingerprint, in a process of its own: bounded in memory and time, told two paths alone."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stemma.errors import InputError, LimitExceeded, StemmaError
from stemma.fingerprint import SUFFIX

SECONDS = 60
MEMORY = 4 << 30
MAX_ANSWER = 8 << 20
_WORKER = "stemma.usecases.browse.scan_worker"


def scan_upload(data: bytes, catalog: Path, *, seconds: float = SECONDS) -> dict[str, Any]:
    """The scan document (``stemma.scan/...``) for the bytes of a fingerprint.

    Raises:
        InputError: they are no fingerprint, or the catalog is empty.
        LimitExceeded: it took more time or memory than it may.
    """
    with tempfile.TemporaryDirectory(prefix="stemma-scan-") as folder:
        file = Path(folder) / f"upload{SUFFIX}"
        file.write_bytes(data)
        command = [sys.executable, "-m", _WORKER, str(file), str(catalog)]
        try:
            done = subprocess.run(command, capture_output=True, check=False, timeout=seconds, cwd=folder)
        except subprocess.TimeoutExpired as error:
            raise LimitExceeded(f"The scan took longer than {seconds:g} seconds.") from error
    return _answer(
        done.returncode, done.stdout[: MAX_ANSWER + 1], {str(file): "the upload", str(catalog): "this place"}
    )


def _answer(status: int, output: bytes, hidden: Mapping[str, str]) -> dict[str, Any]:
    if len(output) > MAX_ANSWER:
        raise LimitExceeded("The result of the scan is too large to show.")
    try:
        told: dict[str, Any] = json.loads(output)
    except ValueError as error:  # it was ended by a bound, or by a defect
        raise LimitExceeded("The scan was ended: it needed more memory or time than it may have.") from error
    if status == 0:
        return told
    message = str(told.get("error", ""))
    for path, words in hidden.items():
        message = message.replace(path, words)
    kind: type[StemmaError] = LimitExceeded if told.get("limit") else InputError
    raise kind(message or "The scan failed.", advice=str(told.get("advice", "")))
