"""Numbers and strings as people read them. Only display: nothing that is computed goes through here."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Mapping
from typing import Any

from stemma.identity import Missing

_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_LONGEST = 2000
_SMALLEST = -999_999.0
_UNITS = ("B", "KB", "MB", "GB", "TB", "PB")


def visible(text: str, limit: int = _LONGEST) -> str:
    """``text`` with everything that could steer a terminal or a page made visible, cut at ``limit``.

    Control characters, line breaks, direction marks, other invisible characters and lone surrogates become escapes
    such as ``\\x1b``.
    """
    if len(text) <= limit and text.isprintable():  # the usual case; what is printable needs no escape
        return text
    shown = "".join(c if _printable(c) else ascii(c)[1:-1] for c in text[: limit + 1])
    return shown if len(text) <= limit else shown[:limit] + "…"


def _printable(character: str) -> bool:
    return unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def number(value: float | None) -> str:
    """Four significant digits; thousands kept whole; a dash where there is no number."""
    if value is None:
        return "–"
    if not math.isfinite(value):
        return {"nan": "undefined", "inf": "∞", "-inf": "−∞"}[repr(float(value))]
    if value and (abs(value) >= 1e6 or abs(value) < 1e-3):
        return _minus(f"{value:.2e}")
    if abs(value) >= 1000 or float(value).is_integer():
        return _minus(f"{value:,.0f}")
    return _minus(f"{value:.4g}" if abs(value) >= 1 else f"{value:.3f}")


def short(value: float) -> str:
    """An effect in a cell: two digits after the point, no leading zero."""
    if not math.isfinite(value):
        return "?"
    text = f"{value:.2f}" if abs(value) < 10 else f"{value:.0f}" if abs(value) < 1000 else f"{value:.0e}"
    if not text.strip("-0."):
        return ".00"
    return _minus(text.replace("0.", ".", 1) if text.startswith(("0.", "-0.")) else text)


def p_value(log10_p: float | None) -> str:
    """A p-value out of its logarithm, without underflow."""
    if log10_p is None:
        return "–"
    if not math.isfinite(log10_p):
        return "undefined"
    if log10_p > -4:
        return f"{10.0 ** min(0.0, log10_p):.2g}"
    return f"10{superscript(math.ceil(max(log10_p, _SMALLEST)))}"


def one_in(log10_p: float) -> str:
    """Odds in words: "1 in 20,000", "1 in 10³¹²". Rounded so that nothing is overstated."""
    if log10_p > -7:
        return f"1 in {math.floor(10.0 ** -min(0.0, log10_p) + 1e-9):,}"
    return f"1 in 10{superscript(math.floor(-max(log10_p, _SMALLEST) + 1e-9))}"


def superscript(exponent: int) -> str:
    return str(exponent).translate(_SUPERSCRIPT)


def count(value: int | Missing) -> str:
    """A count in full, or why there is none."""
    return f"missing: {value.reason}" if isinstance(value, Missing) else f"{value:,}"


def magnitude(value: int) -> str:
    """A large count in short: 1.1 B parameters."""
    for size, unit in ((10**12, "T"), (10**9, "B"), (10**6, "M"), (10**3, "K")):
        if value >= size:
            return f"{value / size:.3g} {unit}"
    return str(value)


def size(value: int) -> str:
    """Bytes, in powers of 1000."""
    amount, step = float(value), 0
    while amount >= 999.5 and step < len(_UNITS) - 1:
        amount, step = amount / 1000, step + 1
    return f"{amount:.3g} {_UNITS[step]}"


def anything(value: Any) -> str:
    """A fact as text."""
    if isinstance(value, Missing):
        return f"missing: {value.reason}"
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "–"}[value]
    if isinstance(value, int | float):
        return f"{value:,}" if isinstance(value, int) else number(value)
    if isinstance(value, Mapping):
        return "; ".join(f"{key}: {anything(inner)}" for key, inner in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(anything(inner) for inner in value)
    return str(value)


def counted(number: int, thing: str) -> str:
    """A number of things: 1 fingerprint, 2,000 fingerprints."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def cost(name: str, value: Any) -> str:
    """One entry of a cost: ``bytes_read`` as a size, ``seconds`` as time, the rest as it is."""
    words = name.replace("_", " ")
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        if name == "bytes" or name.startswith("bytes_"):
            return f"{size(int(value))} {words.removeprefix('bytes').strip()}".rstrip()
        if name == "seconds" or name.endswith("_seconds"):
            return f"{value:.3g} s {words.removesuffix('seconds').strip()}".rstrip()
    return f"{words} {anything(value)}"


def _minus(text: str) -> str:
    return text.replace("-", "−")
