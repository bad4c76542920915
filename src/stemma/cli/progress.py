"""A progress bar on standard error for anything that takes over a second: bytes, rate, time left."""

from __future__ import annotations

import sys
import time
from threading import Event, Lock
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

PATIENCE = 1.0
"""Seconds before a bar is worth looking at."""

INTERRUPTED = Event()
"""Set by Ctrl-C: the next byte that any thread reads ends its work, so that nobody waits for gigabytes to be hashed."""


class Bar:
    """Shows nothing on a pipe, when quiet, or before ``patience`` seconds have passed.

    ``counts``: what is counted are things, not bytes.
    """

    def __init__(self, *, quiet: bool, patience: float = PATIENCE, counts: bool = False) -> None:
        self._shown = not quiet and sys.stderr.isatty()
        self._patience = patience
        self._counts = counts
        self._started = time.monotonic()
        self._progress: Progress | None = None
        self._tasks: dict[str, TaskID] = {}
        self._lock = Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if self._progress is not None:
            self._progress.stop()

    def update(self, name: str, done: int, total: int) -> None:
        """Told by the work, from any thread: ``done`` of ``total`` of ``name``; a total of 0 is unknown.

        Raises:
            KeyboardInterrupt: the user asked to stop.
        """
        if INTERRUPTED.is_set():
            raise KeyboardInterrupt
        if not self._shown or time.monotonic() - self._started < self._patience:
            return
        with self._lock:
            self._draw(name, done, total)

    def _draw(self, name: str, done: int, total: int) -> None:
        if self._progress is None:
            self._progress = _new_progress(counts=self._counts)
            self._progress.start()
        if name not in self._tasks:
            self._tasks[name] = self._progress.add_task(name, total=None)
        if done == total:
            self._progress.remove_task(self._tasks.pop(name))
        else:
            self._progress.update(self._tasks[name], completed=done, total=total or None)


def _new_progress(*, counts: bool) -> Progress:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )
    from rich.table import Column

    return Progress(
        TextColumn("{task.description}", markup=False, table_column=Column(ratio=1, no_wrap=True, overflow="ellipsis")),
        BarColumn(bar_width=20),
        *((MofNCompleteColumn(),) if counts else (DownloadColumn(), TransferSpeedColumn())),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
        expand=True,
    )
