"""How the nodes of the joined graph are named.

| key | means |
|---|---|
| ``name@version`` | a version of a record |
| ``name`` | versions of a record that the registry does not hold |
| ``model:REFERENCE`` | weights that have no record |
"""

from __future__ import annotations

from collections.abc import Iterable

MODEL = "model:"
_LENGTH = len(MODEL)


def name_of(key: str) -> str:
    """The name of the record that a key belongs to; empty for weights without a record."""
    return "" if key.startswith(MODEL) else key.partition("@")[0]


def names_in(keys: Iterable[str]) -> list[str]:
    """By what the edges of these nodes are looked up: the name of a record, or the key of weights without one."""
    return [key if key[:_LENGTH] == MODEL else key.partition("@")[0] for key in keys]


def version_text(key: str) -> str:
    """The version in a key; empty where it has none."""
    return "" if key.startswith(MODEL) else key.partition("@")[2]


def is_held(key: str) -> bool:
    """True for a version of a record that the registry holds."""
    return not key.startswith(MODEL) and "@" in key


def model_key(reference: str) -> str:
    """The key of weights without a record."""
    return f"{MODEL}{reference}"
