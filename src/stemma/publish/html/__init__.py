"""Reports as self-contained pages: nothing is loaded, nothing runs, everything is escaped."""

from __future__ import annotations

from stemma.publish.html.comparison import comparison_page
from stemma.publish.html.inspection import inspection_page
from stemma.publish.html.scan import scan_page

__all__ = ["comparison_page", "inspection_page", "scan_page"]
