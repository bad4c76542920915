"""Changes to several files of a directory at once: all of them or none, whenever the process or the machine stops.

New contents are written to ``_registry/.stage`` and made durable; renaming that to ``_registry/.commit`` is the moment
at which they count; then they are moved to their places. Whoever takes the lock next ends what was left half-way.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from stemma.errors import InputError, UnsafeFile
from stemma.registry.directory import clear_errors, version_of

HOME = "_registry"
"""Where a registry in a directory keeps what is no record; no record can have this name."""
MANIFEST = "manifest.json"
SECRET = "subscriptions.jsonl"
"""Holds secrets of webhooks: nobody else may read it."""

if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)

else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX)


class Journal:
    """Changes files below ``root``: records at their places, and ``_registry/NAME.jsonl``."""

    def __init__(self, root: Path) -> None:
        self._root, self.home = root, root / HOME
        self._stage, self._commit, self._done = (self.home / name for name in (".stage", ".commit", ".done"))

    @property
    def unfinished(self) -> bool:
        """True where a change counts, but not all of it is in its place."""
        return self._commit.is_dir()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the lock, waiting for whoever has it; what was left half-way is ended first."""
        with clear_errors(self.home, "locked"):
            if self.home.is_symlink():
                raise UnsafeFile(f"{self.home} is a link.", advice="Links are not followed: use a directory.")
            self.home.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self.home / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            _lock(descriptor)
            self._recover()
            yield
        finally:
            os.close(descriptor)

    def change(self, files: Mapping[str, str | None]) -> None:
        """Give files new contents (None: remove them); the lock must be held. Raises StemmaError where it cannot."""
        with clear_errors(self.home, "written"):
            self._stage.mkdir()
            staged = {}
            for number, (place, text) in enumerate(sorted(files.items())):
                staged[place] = None if text is None else str(number)
                if text is not None:
                    _write(self._stage / str(number), text, 0o600 if place.endswith(SECRET) else 0o666)
            _write(self._stage / MANIFEST, json.dumps(staged))
            _sync(self._stage)
            self._stage.rename(self._commit)
            _sync(self.home)
            self._apply()

    def _recover(self) -> None:
        with clear_errors(self.home, "recovered"):
            for left in (self._stage, self._done):
                if left.is_dir():
                    shutil.rmtree(left)
            if self._commit.is_dir():
                self._apply()

    def _apply(self) -> None:
        manifest = json.loads((self._commit / MANIFEST).read_text(encoding="utf-8"))
        for place, staged in manifest.items():
            target = self._target(place)
            if staged is None:
                if target.parent.is_dir():
                    target.unlink(missing_ok=True)
                    _sync(target.parent)
            elif (self._commit / staged).is_file():  # else it was moved before the process stopped
                target.parent.mkdir(parents=True, exist_ok=True)
                (self._commit / staged).replace(target)
                _sync(target.parent)
        self._commit.rename(self._done)  # taken away in one step: half a list of changes is none
        shutil.rmtree(self._done)

    def _target(self, place: str) -> Path:
        table = place.startswith(f"{HOME}/") and place.endswith(".jsonl") and place.count("/") == 1
        target = self._root / place
        if not (table or version_of(place) is not None) or target.parent.is_symlink():
            raise InputError(
                f"{self._commit} holds the change of {place[:200]!r}, which is no file of a registry.",
                advice=f"Take {self._commit} away if nobody knows where it comes from.",
            )
        return target


def _write(path: Path, text: str, mode: int = 0o666) -> None:
    with open(path, "x", encoding="utf-8", newline="\n", opener=partial(os.open, mode=mode)) as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())


def _sync(directory: Path) -> None:
    if sys.platform != "win32":
        descriptor = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
