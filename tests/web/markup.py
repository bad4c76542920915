"""A page as a browser would take it apart: what in it could run or load something."""

from __future__ import annotations

from html.parser import HTMLParser

REFUSED = frozenset({"img", "iframe", "i", "evil", "style", "object", "embed", "base", "video", "audio"})


class _Suspicions(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._script = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self._script = tag == "script"
        if tag in REFUSED or (tag == "script" and not (given.get("src") or "").startswith("/static/")):
            self.found.append(f"<{tag}>")
        for name, value in attrs:
            scheme = "".join((value or "").split()).lower()
            if name.startswith("on") or name == "style" or scheme.startswith(("javascript:", "data:text", "vbscript:")):
                self.found.append(f"{tag} {name}={value}")

    def handle_data(self, data: str) -> None:
        if self._script and data.strip():
            self.found.append(f"script: {data[:40]}")

    def handle_endtag(self, tag: str) -> None:
        self._script = False


def suspicions(page: str) -> list[str]:
    """Elements and attributes that no page of ours has."""
    parser = _Suspicions()
    parser.feed(page)
    parser.close()
    return parser.found
