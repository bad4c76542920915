"""What a site holds and out of what each page was made, so that the next build leaves alone what has not changed."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import field

from stemma.immutable import immutable
from stemma.publish.canonical import Json, to_json

SCHEMA = "stemma.site-manifest/1"
_PLACE = re.compile(r"records/[a-z0-9._-]+/[A-Za-z0-9._+-]+\.(?:html|json|jsonld|md)|index\.(?:html|json)")


@immutable
class Manifest:
    """``pages`` maps a file of the site to the digest of what it was made of and its size in bytes."""

    code: str = ""
    pages: Mapping[str, tuple[str, int]] = field(default_factory=dict)

    def text(self) -> str:
        """The file."""
        pages: dict[str, Json] = {
            place: {"input": made, "bytes": size} for place, (made, size) in sorted(self.pages.items())
        }
        return to_json({"schema": SCHEMA, "code": self.code, "pages": pages})


def read_manifest(text: str) -> Manifest | None:
    """A manifest out of its text; None where it is none, or names a file that no site has."""
    try:
        told = json.loads(text)
        pages = {place: (str(page["input"]), int(page["bytes"])) for place, page in told["pages"].items()}
        known = told["schema"] == SCHEMA and all(map(is_place, pages))
        return Manifest(str(told["code"]), pages) if known else None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def is_place(place: str) -> bool:
    """Whether a site may hold a file of this name."""
    return _PLACE.fullmatch(place) is not None and "/../" not in place and "/./" not in place
