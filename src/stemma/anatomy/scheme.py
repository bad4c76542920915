"""Naming schemes: data files that say what the tensor names of one family of models mean.

A file in ``schemes/`` holds ``name``, ``about``, optionally ``extends`` (other files whose tables it starts from
and may override), ``signature`` (paths that must occur for the scheme to apply), ``stack`` (of what lies outside
the layers), ``shared_layers`` (one stored layer serves all) and three tables:

| table | key | value |
|---|---|---|
| ``[trunks]`` | path to one layer, such as ``layers.<layer>`` | the stack it belongs to |
| ``[layer]`` | path inside a layer | a rule (see :mod:`stemma.anatomy.rules`) |
| ``[root]`` | path outside the layers | a rule |

Files whose name begins with an underscore are only there to be extended.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from stemma.anatomy.naming import LEAVES
from stemma.anatomy.rules import Captured, Node, Rule, SchemeError, alternatives, plant, walk

_TABLES = ("trunks", "layer", "root")
_KEYS = {"name", "about", "extends", "signature", "stack", "shared_layers", *_TABLES}
NOTHING = Captured()


@dataclass(frozen=True)
class Match:
    """What a scheme says of one name: the rule, the numbers in it, the stack, and whether it is the bias."""

    rule: Rule
    numbers: Captured
    stack: str
    bias: bool


@dataclass
class Scheme:
    """One family's names, ready to be looked up."""

    name: str
    about: str
    stack: str
    signature: tuple[tuple[str, ...], ...]
    shared_layers: bool = False
    root: Node = field(default_factory=Node)
    layer: Node = field(default_factory=Node)

    def match(self, segments: tuple[str, ...]) -> Match | None:
        """The meaning of a name without its wrappers; None where the scheme does not know it."""
        found = self._find(segments, len(segments))
        if found is not None:
            rule, numbers, stack = found
            return Match(rule, numbers, stack, rule.bias)
        leaf = LEAVES.get(segments[-1])
        if leaf is None or (found := self._find(segments, len(segments) - 1)) is None:
            return None
        rule, numbers, stack = found
        return Match(rule, numbers, stack, rule.bias or leaf)

    def _find(self, segments: tuple[str, ...], stop: int) -> tuple[Rule, Captured, str] | None:
        node, numbers = self.root, NOTHING
        for at in range(stop):
            step = walk(node, segments, at, at + 1, numbers)
            if step is None:
                return None
            node, numbers = step
            if isinstance(node.value, str):
                return self._in_layer(segments, at + 1, stop, numbers, node.value)
        return (node.value, numbers, self._stack(node.value)) if isinstance(node.value, Rule) else None

    def _in_layer(
        self, segments: tuple[str, ...], start: int, stop: int, numbers: Captured, stack: str
    ) -> tuple[Rule, Captured, str] | None:
        step = walk(self.layer, segments, start, stop, numbers)
        if step is None or not isinstance(step[0].value, Rule):
            return None
        rule = step[0].value.within(step[0].value.stack or stack)
        return None if rule is None else (rule, step[1], rule.stack or stack)

    def _stack(self, rule: Rule) -> str:
        return rule.stack or self.stack


def build(document: Mapping[str, Any], library: Mapping[str, Mapping[str, Any]]) -> Scheme:
    """A scheme from its document; raises SchemeError on anything that is not in the schema or is ambiguous."""
    merged = _merged(document, library, ())
    scheme = Scheme(
        name=str(document["name"]),
        about=str(document["about"]),
        stack=str(merged["stack"]),
        signature=tuple(path for pattern in document.get("signature", ()) for path in alternatives(pattern)),
        shared_layers=document.get("shared_layers", False) is True,
    )
    for pattern, stack in merged["trunks"].items():
        plant(scheme.root, pattern, str(stack))
    for pattern, value in merged["root"].items():
        _plant_rule(scheme.root, pattern, value)
    for pattern, value in merged["layer"].items():
        _plant_rule(scheme.layer, pattern, value)
    _check_trunks(scheme.root)
    return scheme


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


def _merged(
    document: Mapping[str, Any], library: Mapping[str, Mapping[str, Any]], seen: tuple[str, ...]
) -> dict[str, Any]:
    name = str(document.get("name", "?"))
    if not set(document) <= _KEYS or not {"name", "about"} <= set(document):
        raise SchemeError(f"scheme {name} has unknown or missing keys: {sorted(document)}")
    if name in seen:
        raise SchemeError(f"scheme {name} extends itself")
    out: dict[str, Any] = {"stack": "decoder", **{table: {} for table in _TABLES}}
    for parent in document.get("extends", ()):
        if parent not in library:
            raise SchemeError(f"scheme {name} extends {parent}, which does not exist")
        inherited = _merged(library[parent], library, (*seen, name))
        for table in _TABLES:
            out[table].update(inherited[table])
    out["stack"] = document.get("stack", out["stack"])
    for table in _TABLES:
        _override(out[table], document.get(table, {}))
    return out


def _override(table: dict[str, Any], own: Mapping[str, Any]) -> None:
    """A scheme's own patterns replace inherited ones path by path."""
    mine = {segments for pattern in own for segments in alternatives(pattern)}
    for pattern in [p for p in table if any(segments in mine for segments in alternatives(p))]:
        value = table.pop(pattern)
        kept = (segments for segments in alternatives(pattern) if segments not in mine)
        table.update({".".join(segments): value for segments in kept})
    table.update(own)


def _documents(folder: Traversable) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.name.endswith(".toml"):
            document = tomllib.loads(entry.read_text(encoding="utf-8"))
            stem = entry.name.removesuffix(".toml")
            if document.get("name") != stem.removeprefix("_"):
                raise SchemeError(f"{entry.name} calls itself {document.get('name')!r}")
            found[stem] = document
    return found


@lru_cache(maxsize=1)
def load_schemes() -> tuple[Scheme, ...]:
    """Every scheme of the package, sorted by name."""
    documents = _documents(files("stemma.anatomy") / "schemes")
    return tuple(build(document, documents) for stem, document in sorted(documents.items()) if not stem.startswith("_"))


def names(schemes: Iterable[Scheme]) -> tuple[str, ...]:
    """Their names in order."""
    return tuple(scheme.name for scheme in schemes)
