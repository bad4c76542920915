"""What a string must look like to be a name, a version, a date, a digest, an address."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from functools import lru_cache
from pathlib import PurePosixPath

from stemma.errors import BadReference, BadVersion
from stemma.identity import Digest, Version, name_problem, parse_requirement
from stemma.records.shapes import Form

# Control characters, line separators, and the marks that make text look other than it is read (bidi embeddings).
_CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]"
)
_DATE = re.compile(r"[0-9]{4}(?:-(?:0[1-9]|1[0-2])(?:-[0-3][0-9])?)?", re.ASCII)
_URL = re.compile(r"[a-z][a-z0-9+.-]{1,20}:[!-;=?-\[\]_a-z~\u00a1-\U0010ffff]+", re.IGNORECASE)
_SCHEMES = ("http", "https", "doi", "hf", "ftp", "mailto", "urn", "git+https", "s3", "gs", "ipfs", "oci")
_PURL = re.compile(r"pkg:[a-zA-Z][a-zA-Z0-9.+-]*/[!-~]+", re.ASCII)
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*", re.ASCII)


def form_problem(form: Form, text: str) -> str | None:
    """What was expected in place of ``text``; None where it has the form."""
    if _CONTROL.search(text) is not None:
        return "text without control characters"
    check = _CHECKS.get(form)
    return None if check is None else check(text)


def path_problem(path: str) -> str | None:
    """What was expected in place of a path within a model; None where it is relative and stays inside."""
    pure = PurePosixPath(path)
    safe = path and "\\" not in path and ":" not in path and not pure.is_absolute() and ".." not in pure.parts
    return None if safe and str(pure) == path else "a path within the model, with forward slashes"


def _line(text: str) -> str | None:
    return "one line of text" if "\n" in text or not text.strip() or text != text.strip() else None


def _prose(text: str) -> str | None:
    return None if text.strip() else "text"


def _name(text: str) -> str | None:
    return None if name_problem(text) is None else "a name: lower-case letters, digits, and . _ - between them"


@lru_cache(maxsize=65_536)
def _version(text: str) -> str | None:
    try:
        Version.parse(text)
    except BadVersion:
        return "a semantic version such as 1.0.0"
    return None


@lru_cache(maxsize=65_536)
def _requirement(text: str) -> str | None:
    try:
        asked = parse_requirement(text)
    except (BadReference, BadVersion):
        return "NAME or NAME@RANGE, such as llama2@^1.0.0"
    return "a range that some version can be in" if asked.range.is_empty else None


def _date(text: str) -> str | None:
    expected = "a date: YYYY, YYYY-MM or YYYY-MM-DD"
    if _DATE.fullmatch(text) is None or text.startswith("0000"):
        return expected
    year, month, day = (int(part) for part in (text + "-01-01")[:10].split("-"))
    try:
        date(year, month, day)
    except ValueError:
        return expected
    return None


def _digest(text: str) -> str | None:
    try:
        Digest.parse(text)
    except ValueError:
        return "a digest such as sha256: and 64 hexadecimal digits"
    return None


def _sha256(text: str) -> str | None:
    return None if re.fullmatch("[0-9a-f]{64}", text) else "64 lower-case hexadecimal digits"


def _url(text: str) -> str | None:
    known = _URL.fullmatch(text) is not None and text.partition(":")[0].lower() in _SCHEMES
    return None if known else "an address such as https://example.org/card"


def _purl(text: str) -> str | None:
    return None if _PURL.fullmatch(text) else "a package URL such as pkg:huggingface/org/name@commit"


def _language(text: str) -> str | None:
    return None if _LANGUAGE.fullmatch(text) else "a BCP 47 language tag such as en or pt-BR"


_CHECKS: dict[Form, Callable[[str], str | None]] = {
    "line": _line,
    "prose": _prose,
    "name": _name,
    "version": _version,
    "requirement": _requirement,
    "date": _date,
    "digest": _digest,
    "sha256": _sha256,
    "url": _url,
    "purl": _purl,
    "language": _language,
}
