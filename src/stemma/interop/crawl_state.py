"""What a crawl has done, as JSON lines: ``{"reference": ..., "state": "done"}``.

A line counts once its newline is on the disk; a torn last line, left by a crash, is cut off.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Literal

from stemma.errors import InputError, MalformedFile, StemmaError
from stemma.immutable import immutable

_MAX_LINE = 1 << 16
_BEGINNING = b'{"reference": "'


@immutable
class Outcome:
    """How it went with one seed. ``error`` names the class, ``message`` and ``advice`` are for people."""

    reference: str
    state: Literal["done", "failed"]
    error: str = ""
    message: str = ""
    advice: str = ""

    @classmethod
    def failure(cls, reference: str, error: StemmaError) -> Outcome:
        """The outcome that an error makes."""
        return cls(reference, "failed", type(error).__name__, error.message[:2000], error.advice[:2000])


class CrawlState:
    """The state file, held open for appending.

    Raises:
        MalformedFile: a line is no outcome.
        InputError: the file cannot be opened or written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._done: set[str] = set()
        self._lock = Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        except OSError as error:
            raise self._unwritable(error) from error
        try:
            self._load()
        except BaseException:
            os.close(self._fd)
            raise

    def __enter__(self) -> CrawlState:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._fd)

    def is_done(self, reference: str) -> bool:
        """Whether some run has finished this one."""
        return reference in self._done

    def add(self, outcome: Outcome) -> None:
        """Append one outcome and wait until it is on the disk."""
        line = json.dumps({key: value for key, value in asdict(outcome).items() if value}) + "\n"
        try:
            with self._lock:
                os.write(self._fd, line.encode())
                os.fsync(self._fd)
        except OSError as error:
            raise self._unwritable(error) from error
        if outcome.state == "done":
            self._done.add(outcome.reference)

    def _load(self) -> None:
        whole = 0
        with os.fdopen(os.dup(self._fd), "rb") as file:
            file.seek(0)
            number = 0
            while line := file.readline(_MAX_LINE):
                number += 1
                if not line.endswith(b"\n"):
                    self._check_torn(line, number)
                    break
                reference, state = self._parse(line, number)
                if state == "done":
                    self._done.add(reference)
                whole += len(line)
        os.ftruncate(self._fd, whole)

    def _parse(self, line: bytes, number: int) -> tuple[str, str]:
        try:
            held = json.loads(line)
        except (ValueError, RecursionError):
            held = None
        if isinstance(held, dict):
            reference, state = held.get("reference"), held.get("state")
            if isinstance(reference, str) and state in ("done", "failed"):
                return reference, state
        raise self._foreign(number)

    def _check_torn(self, line: bytes, number: int) -> None:
        """Only the beginning of a line of ours may be cut off; another program's file is left alone."""
        if not (line.startswith(_BEGINNING) or _BEGINNING.startswith(line)):
            raise self._foreign(number)

    def _foreign(self, number: int) -> MalformedFile:
        return MalformedFile(
            f"{self._path}:{number}", "something else", "the outcome of a crawl", advice="Name another state file."
        )

    def _unwritable(self, error: OSError) -> InputError:
        return InputError(
            f"The state file {self._path} cannot be used: {error.strerror}.", advice="Name another, or free some space."
        )
