"""Naming schemes: data files that say what the tensor names of one family of models mean.

A file in ``schemes/`` holds ``name``, ``about``, optionally ``extends`` (other files whose tables it starts from
and may override), ``signature`` (paths that must occur for the scheme to apply), ``stack`` (of what lies outside
the layers), ``shared_layers`` (one stored layer serves all) and three tables:

| table | key | value |
|---|---|---|
| ``[trunks]`` | path to one layer, such as ``layers.<layer>`` | the stack it belongs to |
| ``[layer]`` | path inside a layer | a rule (see :mod:`stemma.anatomy.rules`) |
| ``[root]`` | path outside the layers | a rule |

Files whose name begins with an underscore are only there to be extended. What is read is ``data/compiled.json``, which
``stemma.anatomy.compile`` writes from these files. A scheme's trees are grown when it is first
asked: of half a hundred schemes a model needs few.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from threading import Lock
from typing import Any

from stemma.anatomy.compiled import table
from stemma.anatomy.naming import LEAVES
from stemma.anatomy.rules import Captured, Node, Numbers, Rule, SchemeError, alternatives, captured, descend, plant
from stemma.immutable import immutable

_loading = Lock()
_TABLES = ("trunks", "layer", "root")
_KEYS = {"name", "about", "extends", "signature", "stack", "shared_layers", *_TABLES}


@immutable
class Match:
    """What a scheme says of one name: the rule, the numbers in it, the stack, and whether it is the bias."""

    rule: Rule
    numbers: Captured
    stack: str
    bias: bool


@dataclass
class Scheme:
    """One family's names, ready to be looked up: its own tables before those it extends."""

    name: str
    about: str
    stack: str
    signature: tuple[tuple[str, ...], ...] = ()
    shared_layers: bool = False
    parents: tuple[Scheme, ...] = ()
    tables: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @cached_property
    def root(self) -> Node:
        """The tree of paths outside the layers, down to the trunks; raises SchemeError on rules that contradict."""
        root = Node()
        for pattern, stack in self.tables.get("trunks", {}).items():
            plant(root, pattern, str(stack))
        for pattern, value in self.tables.get("root", {}).items():
            _plant_rule(root, pattern, value)
        _check_trunks(root)
        return root

    @cached_property
    def layer(self) -> Node:
        """The tree of paths inside a layer; raises SchemeError on rules that contradict."""
        layer = Node()
        for pattern, value in self.tables.get("layer", {}).items():
            _plant_rule(layer, pattern, value)
        return layer

    def check(self) -> Scheme:
        """This scheme, once all of its rules have been read; raises SchemeError on the first that is wrong."""
        for scheme in self.lineage:
            _ = scheme.root, scheme.layer
        return self

    @cached_property
    def lineage(self) -> tuple[Scheme, ...]:
        """This scheme, then those it extends, nearest first."""
        return (self, *(scheme for parent in self.parents for scheme in parent.lineage))

    def match(self, segments: tuple[str, ...]) -> Match | None:
        """The meaning of a name without its wrappers; None where the scheme does not know it."""
        stop = len(segments) - 1
        for tables in self.lineage:
            numbers: Numbers = []
            found = descend(tables.root, segments, 0, stop, numbers)
            if found is None:
                continue
            node, at = found
            if type(node.value) is str:
                return self._in_layer(segments, at, numbers, node.value)
            match = _meaning(node, segments[stop], numbers, self.stack)
            if match is not None:
                return match
        return None

    def _in_layer(self, segments: tuple[str, ...], start: int, numbers: Numbers, stack: str) -> Match | None:
        stop = len(segments) - 1
        for tables in self.lineage:
            inner = list(numbers)
            found = descend(tables.layer, segments, start, stop, inner) if start <= stop else None
            match = _meaning(found[0], segments[stop], inner, stack) if found else None
            if match is not None:
                return match
        return None


def _meaning(node: Node, last: str, numbers: Numbers, stack: str) -> Match | None:
    """What the last segment means below a node: a path of its own, else the weight or bias of the node's module."""
    leaf = False
    found = descend(node, (last,), 0, 1, numbers)
    rule = found[0].value if found else None
    if rule is None and last in LEAVES:
        rule, leaf = node.value, LEAVES[last]
    if not isinstance(rule, Rule) or (resolved := rule.within(rule.stack or stack)) is None:
        return None
    return Match(resolved, captured(numbers), resolved.stack or stack, resolved.bias or leaf)


class Library:
    """Schemes built from their documents on demand, each one once."""

    def __init__(self, documents: Mapping[str, Mapping[str, Any]]) -> None:
        self.documents = documents
        self._built: dict[str, Scheme] = {}

    def scheme(self, stem: str, below: tuple[str, ...] = ()) -> Scheme:
        """The scheme of a file; raises SchemeError on anything that is not in the schema. Its rules are read later."""
        if stem not in self.documents:
            raise SchemeError(f"scheme {below[-1] if below else '?'} extends {stem}, which does not exist")
        if stem in below:
            raise SchemeError(f"scheme {stem} extends itself")
        if stem not in self._built:
            self._built[stem] = self._build(stem, (*below, stem))
        return self._built[stem]

    def _build(self, stem: str, below: tuple[str, ...]) -> Scheme:
        document = self.documents[stem]
        if not set(document) <= _KEYS or not {"name", "about"} <= set(document):
            raise SchemeError(f"scheme {stem} has unknown or missing keys: {sorted(document)}")
        if document["name"] != stem.removeprefix("_"):
            raise SchemeError(f"scheme {stem} calls itself {document['name']!r}")
        signature = document.get("signature", ())
        return Scheme(
            name=str(document["name"]),
            about=str(document["about"]),
            stack=str(document.get("stack", "decoder")),
            signature=tuple(path for pattern in signature for path in alternatives(pattern)),
            shared_layers=document.get("shared_layers", False) is True,
            parents=tuple(self.scheme(parent, below) for parent in document.get("extends", ())),
            tables={name: document[name] for name in _TABLES if name in document},
        )


def _plant_rule(root: Node, pattern: str, value: object) -> None:
    try:
        plant(root, pattern, Rule.parse(value))
    except SchemeError as problem:
        raise SchemeError(f"{pattern}: {problem}") from problem


def _check_trunks(node: Node, path: str = "") -> None:
    for segment, child in node.children.items():
        if isinstance(child.value, str) and child.children:
            raise SchemeError(f"{path}{segment}: rules below a trunk belong into [layer]")
        _check_trunks(child, f"{path}{segment}.")


def load_schemes() -> tuple[Scheme, ...]:
    """Every scheme of the package, sorted by name; models that are opened at the same time wait for one reading."""
    with _loading:
        return _load()


@lru_cache(maxsize=1)
def _load() -> tuple[Scheme, ...]:
    documents = table("schemes")
    library = Library(documents)
    return tuple(library.scheme(stem) for stem in sorted(documents) if not stem.startswith("_"))
