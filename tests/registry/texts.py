"""Texts of small records."""

from __future__ import annotations


def text(name: str, version: str = "1.0.0", *, relations: tuple[tuple[str, str], ...] = (), more: str = "") -> str:
    """A model record with a comment, which stores must keep."""
    lines = ["stemma: 1  # the language", f"name: {name}", f'version: "{version}"', "type: model"]
    if relations:
        lines.append("relations:")
        lines += [f"  - {{kind: {kind}, target: {target}}}" for kind, target in relations]
    return "\n".join(lines) + "\n" + more
