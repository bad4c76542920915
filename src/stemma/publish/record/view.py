"""What is shown of a record, ready for any rendering: text, links, and for every value the record that it comes from.

Renderings only lay out; whatever is decided about a record is decided here. Nothing here is escaped.
"""

from __future__ import annotations

from dataclasses import field

from stemma.immutable import immutable
from stemma.publish.record.surveys import SurveyView
from stemma.publish.record.values import Entry, Grid, Item, Named, Section
from stemma.records import ResolvedRecord


@immutable
class RecordView:
    """A record as people read it.

    ``notice`` says why the record should not be used, where that is so. ``sections`` come in the order of the page;
    ``inheritance`` are the records that hand something down, nearest first; ``versions`` all versions of the name,
    newest first; ``downstream`` what names this record as something it was made from, or measured on.
    """

    resolved: ResolvedRecord
    title: str
    notice: str
    description: Entry | None
    about: Section
    risks: Grid | None
    relations: Grid | None
    card: tuple[Section, ...]
    surveys: tuple[SurveyView, ...]
    identity: Section | None
    extensions: Section | None
    citation: str
    inheritance: tuple[Named, ...]
    versions: tuple[Named, ...] = ()
    downstream: Grid | None = None
    alerts: tuple[Item, ...] = field(default=())

    @property
    def key(self) -> str:
        """``name@version``."""
        return self.resolved.key

    @property
    def type(self) -> str:
        """The type as a word."""
        return str(self.resolved.record.type)

    @property
    def heading(self) -> str:
        """Title and version in one line."""
        return f"{self.title} {self.resolved.version}"
