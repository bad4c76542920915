"""A whole registry as a static site: a page per record and version, a list to search, machine-readable alternates.

Pages load nothing from anywhere and work from a folder; only the list runs a script, which is named in its policy.
"""

from __future__ import annotations

from stemma.publish.site.addresses import INDEX, MANIFEST, Addresses
from stemma.publish.site.entries import SiteEntry, entries_json, site_entry
from stemma.publish.site.index import index_page
from stemma.publish.site.manifest import Manifest, read_manifest
from stemma.publish.site.pages import code_digest, history_page, record_files

__all__ = [
    "INDEX",
    "MANIFEST",
    "Addresses",
    "Manifest",
    "SiteEntry",
    "code_digest",
    "entries_json",
    "history_page",
    "index_page",
    "read_manifest",
    "record_files",
    "site_entry",
]
