"""Token strings in one canonical spelling, whatever the tokenizer's kind.

A token that begins a word begins with a space; one that continues a word does not. So ``Ġthe`` (byte-level BPE),
``▁the`` (SentencePiece) and ``the`` beside ``##the`` (WordPiece) are all ``" the"``, and ``##ing`` is ``"ing"``.

* Byte-level BPE: every character stands for one byte; the bytes are decoded as UTF-8. Tokens that are no whole
  UTF-8 are written as ``<0xE2><0x80>``.
* SentencePiece: ``▁`` is a space; byte tokens keep their spelling ``<0x0A>``.
* WordPiece: see above; tokens in brackets such as ``[CLS]`` stay as they are.

The kind is read off the tokens themselves, since its declaration can be wrong. Special tokens keep their text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache

from stemma.anatomy.interface import Tokens
from stemma.identity import Missing
from stemma.weights.interface import RawTokenizer
from stemma.weights.once import Once

_canonical: Once[RawTokenizer, Tokens] = Once()
_SPECIAL = re.compile(r"\[[A-Za-z0-9_ ]+\]|<[^<>\s]*>")
_ENOUGH = 0.02
_MARKS: Mapping[str, tuple[str, Callable[[str], bool]]] = {
    "byte-level": ("Ġ", lambda token: "Ġ" in token),
    "sentencepiece": ("▁", lambda token: "▁" in token),
    "wordpiece": ("##", lambda token: token.startswith("##")),
}
"""The mark of each kind, and whether a token carries it."""


def canonical_tokens(raw: RawTokenizer | Missing) -> Tokens | Missing:
    """Tokens in canonical spelling; absence is passed on."""
    return raw if isinstance(raw, Missing) else _canonical.get(raw, lambda: _spelled(raw))


def _spelled(raw: RawTokenizer) -> Tokens:
    kind = spelling(raw.tokens)
    spell = {"byte-level": _byte_level, "sentencepiece": _sentencepiece, "wordpiece": _wordpiece}.get(kind, str)
    return Tokens(kind, {number: spell(token) for number, token in raw.tokens.items()})


def spelling(tokens: Mapping[int, str]) -> str:
    """Which marks the tokens carry: "byte-level", "sentencepiece", "wordpiece" or "plain"."""
    count, whole = max(1, len(tokens)), "".join(tokens.values())
    marks = {
        kind: sum([found(token) for token in tokens.values()]) if mark in whole else 0
        for kind, (mark, found) in _MARKS.items()
    }
    kind = max(marks, key=lambda name: marks[name])
    return kind if marks[kind] >= _ENOUGH * count else "plain"


@lru_cache(maxsize=1)
def _bytes_of() -> Mapping[str, int]:
    """The character that byte-level BPE writes for each byte, inverted (Radford et al., 2019)."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    hidden = [byte for byte in range(256) if byte not in printable]
    table = {chr(byte): byte for byte in printable}
    return {**table, **{chr(256 + place): byte for place, byte in enumerate(hidden)}}


def _byte_level(token: str) -> str:
    table = _bytes_of()
    if _SPECIAL.fullmatch(token) or not all(character in table for character in token):
        return token
    raw = bytes(table[character] for character in token)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return "".join(f"<0x{byte:02X}>" for byte in raw)


def _sentencepiece(token: str) -> str:
    return token.replace("▁", " ")


def _wordpiece(token: str) -> str:
    if _SPECIAL.fullmatch(token):
        return token
    return token[2:] if token.startswith("##") and len(token) > 2 else f" {token}"
