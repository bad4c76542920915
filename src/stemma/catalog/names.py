"""Names of entries: what people type, and what a file may be called."""

from __future__ import annotations

import re

from stemma.errors import InputError
from stemma.identity import Digest

MAX_NAME = 160
_NAME = re.compile(rf"[A-Za-z0-9][A-Za-z0-9._@+=-]{{0,{MAX_NAME - 1}}}")
_FILE = re.compile(rf"({_NAME.pattern})\.([0-9a-f]{{16}})\.stemma")


def is_name(text: str) -> bool:
    """Whether ``text`` can name an entry: letters, digits and ``._@+=-``, at most 160, a letter or digit first."""
    return _NAME.fullmatch(text) is not None


def checked_name(text: str) -> str:
    """``text`` itself.

    Raises:
        InputError: it cannot name an entry.
    """
    if not is_name(text):
        raise InputError(
            f"got {text[:80]!r} as the name of an entry, expected letters, digits and ._@+=- (at most {MAX_NAME}).",
            advice="Give another one with --name.",
        )
    return text


def name_from_label(label: str) -> str:
    """The default name: the label with ``/`` written ``--`` and every other odd character written ``_``.

    >>> name_from_label("hf:org/model@main")
    'org--model@main'
    """
    plain = label.removeprefix("hf:").strip("/").replace("/", "--")
    plain = re.sub(r"[^A-Za-z0-9._@+=-]+", "_", plain)
    return checked_name(re.sub(r"^[^A-Za-z0-9]+", "", plain)[:MAX_NAME] or "model")


def file_name(name: str, digest: Digest) -> str:
    """Where an entry lies under ``fingerprints``: never overwritten, since the content is part of the name."""
    return f"{name}.{digest.hex[:16]}.stemma"


def name_of_file(file: str) -> str | None:
    """The entry's name in a file name, or None for any other file."""
    found = _FILE.fullmatch(file)
    return found[1] if found else None
