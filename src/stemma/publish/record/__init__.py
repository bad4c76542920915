"""Records published: one view of a resolved record, and its renderings.

``record_view`` decides what is shown; ``record_html``, ``record_markdown``, ``record_latex``, ``record_pdf``,
``record_json`` and ``record_jsonld`` lay it out; ``lineage_graph`` is drawn by :mod:`stemma.publish.graph`. The same
record gives the same bytes.
"""

from __future__ import annotations

from stemma.publish.record.build import record_view
from stemma.publish.record.html import record_content, record_html
from stemma.publish.record.latex import record_latex
from stemma.publish.record.linked import record_jsonld
from stemma.publish.record.markdown import record_markdown
from stemma.publish.record.notes import with_notes
from stemma.publish.record.pdf import record_pdf
from stemma.publish.record.pictures import lineage_graph
from stemma.publish.record.plain_json import record_json
from stemma.publish.record.values import Item, Named
from stemma.publish.record.view import RecordView

__all__ = [
    "Item",
    "Named",
    "RecordView",
    "lineage_graph",
    "record_content",
    "record_html",
    "record_json",
    "record_jsonld",
    "record_latex",
    "record_markdown",
    "record_pdf",
    "record_view",
    "with_notes",
]
