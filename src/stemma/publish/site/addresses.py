"""Where everything lies in a site, and how one page names another."""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import quote

INDEX = "index.html"
MANIFEST = "manifest.json"
HOME = "../../index.html"


class Addresses:
    """Relative addresses between the pages of the records that are in the site."""

    def __init__(self, keys: Collection[str]) -> None:
        self._keys = frozenset(keys)

    def beside(self, key: str) -> str | None:
        """The page of ``name@version`` as seen from the page of any record; None where the site has none."""
        if key not in self._keys:
            return None
        name, _, version = key.partition("@")
        return f"../{name}/{quote(version)}.html"

    def from_index(self, key: str) -> str:
        """The page of ``name@version`` as seen from the list."""
        name, _, version = key.partition("@")
        return f"records/{name}/{quote(version)}.html"


def stem(key: str) -> str:
    """The file of a record without its ending, within the site."""
    name, _, version = key.partition("@")
    return f"records/{name}/{version}"
