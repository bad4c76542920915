"""What every store of records can do, whatever lies beneath it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from stemma.identity import Version
from stemma.records import Record, RecordSource


class RecordStore(RecordSource, Protocol):
    """Records with their text as written, comments and order of keys kept.

    Published content does not change: ``put`` refuses other content under a name and version that is there, unless it
    is told to replace it. Writing is atomic: a record is there whole, or not at all.
    """

    def names(self) -> Sequence[str]:
        """Every name, sorted."""
        ...

    def text(self, name: str, version: Version) -> str:
        """A record as it was written; raises KeyError where there is none."""
        ...

    def put(self, text: str, *, replace: bool = False) -> Record:
        """Add a record, or do nothing where the very same text is there.

        Raises:
            InvalidRecord: the text is no record.
            InputError: other content is there under that name and version.
        """
        ...

    def remove(self, name: str, version: Version) -> None:
        """Take a record out; raises KeyError where there is none."""
        ...
