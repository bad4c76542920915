"""What is drawn: nodes and edges as plain values, whoever made them out of records, rulings or both.

An edge runs from what was there first to what was made of it. Labels, links and identifiers may hold any string; the
renderings escape them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum

from stemma.immutable import immutable

_SAFE_LINK = re.compile(r"https?://[^\s]+|(?![/\\])[^\s:\\]+", re.IGNORECASE)


class Kind(StrEnum):
    """What a node stands for; each kind has its own outline."""

    MODEL = "model"
    DATASET = "dataset"
    FAMILY = "family"
    ADAPTER = "adapter"
    BENCHMARK = "benchmark"
    OTHER = "other"


class State(StrEnum):
    """What must be seen of a node at a glance; the value is the word that the picture and its legend use."""

    PLAIN = "plain"
    FOCUS = "this one"
    MISSING = "no record"
    ALERT = "alert"
    WITHDRAWN = "withdrawn"


class Style(StrEnum):
    """On what an edge rests; the value is the word that the picture and its legend use."""

    DECLARED = "declared"
    MEASURED = "measured"
    CONFIRMED = "declared and measured"
    CONFLICTING = "conflicting"
    UNRESOLVED = "unresolved"


class Direction(StrEnum):
    """Which way the picture runs; AUTO takes the one that fits a page better."""

    AUTO = "auto"
    DOWN = "down"
    RIGHT = "right"


@immutable
class Node:
    """One thing. The first line of ``label`` is its name, further lines are set smaller.

    ``link`` is a relative address or one of http(s); ``remark`` is read out and shown on hovering.
    """

    id: str
    label: tuple[str, ...]
    kind: Kind = Kind.MODEL
    state: State = State.PLAIN
    link: str | None = None
    remark: str = ""

    def __post_init__(self) -> None:
        if not self.label:
            raise ValueError(f"node {self.id!r}: got no label, expected at least a name")
        if self.link is not None and not _SAFE_LINK.fullmatch(self.link):
            raise ValueError(f"node {self.id!r}: got link {self.link!r}, expected a relative address or http(s)")


@immutable
class Edge:
    """``source`` was there first, ``target`` was made of it; where ``directed`` is false nobody knows which."""

    source: str
    target: str
    label: str = ""
    style: Style = Style.DECLARED
    directed: bool = True
    remark: str = ""


@immutable
class Graph:
    """A picture to draw.

    Raises:
        ValueError: two nodes share an identifier, or an edge ends at no node.
    """

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...] = ()
    title: str = "Lineage"
    direction: Direction = Direction.AUTO

    def __post_init__(self) -> None:
        known = {node.id for node in self.nodes}
        if len(known) != len(self.nodes):
            raise ValueError("got two nodes of one identifier, expected each once")
        for edge in self.edges:
            if not {edge.source, edge.target} <= known:
                raise ValueError(f"edge {edge.source!r} to {edge.target!r}: got an end that is no node")

    def sentences(self) -> Iterator[str]:
        """The picture in words, for those who do not see it."""
        names = {node.id: " ".join(node.label) for node in self.nodes}
        ends: set[str] = set()
        for edge in self.edges:
            ends |= {edge.source, edge.target}
            way = "to" if edge.directed else "and"
            said = ", ".join(part for part in (edge.label, str(edge.style), edge.remark) if part)
            yield f"{names[edge.source]} {way} {names[edge.target]}: {said}."
        for node in self.nodes:
            if node.id not in ends:
                yield f"{names[node.id]}: no relation."
