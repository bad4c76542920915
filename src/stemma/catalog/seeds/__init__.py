"""Seed lists: models to fingerprint into a catalog.

```yaml
schema: stemma-seeds/1
seeds:
- id: org/name             # on the hub
  revision: abc123         # optional: branch, tag or commit
  family: Llama
  publisher: org
  size: 8B                 # 8B, 1.5B, 270M, or a class: <=1B, 1-10B, 10-40B, 40B+
  note: free text          # optional
```

Anything else in the file is an error that names its line.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib import resources
from pathlib import Path

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from stemma.errors import BadReference, LimitExceeded, MalformedFile, ModelNotFound
from stemma.identity import HubReference, parse_reference
from stemma.immutable import immutable

__all__ = ["Seed", "load_seeds", "starter_seeds"]

SCHEMA = "stemma-seeds/1"
MAX_BYTES = 32 << 20
_MAX_DEPTH = 8
_REQUIRED = ("id", "family", "publisher", "size")
_OPTIONAL = ("revision", "note")
_SIZE = re.compile(r"\d{1,5}(\.\d{1,3})?[MB]|<=1B|1-10B|10-40B|40B\+")


@immutable
class Seed:
    """One model to fingerprint. ``size`` is for people: parameters as stated, or a class of them."""

    reference: HubReference
    family: str
    publisher: str
    size: str
    note: str = ""

    @property
    def id(self) -> str:
        """Its name on the hub."""
        return self.reference.name


def starter_seeds() -> tuple[Seed, ...]:
    """The list that comes with Stemma."""
    with resources.as_file(resources.files(__name__) / "starter.yaml") as path:
        return load_seeds(path)


def load_seeds(path: Path) -> tuple[Seed, ...]:
    """Read a seed list.

    Raises:
        ModelNotFound: there is no such file.
        MalformedFile: it is no seed list; the message names the line.
        LimitExceeded: it is larger than :data:`MAX_BYTES`.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ModelNotFound(f"{path}: {error.strerror}.", advice="Check the path of the seed list.") from error
    if len(data) > MAX_BYTES:
        raise LimitExceeded(f"{path} is larger than {MAX_BYTES} bytes.", advice="Split the seed list.")
    root = _compose(path, data)
    top = _mapping(path, root, required=("schema", "seeds"), optional=())
    schema = _text(path, top["schema"])
    if schema != SCHEMA:
        raise _wrong(path, top["schema"], repr(schema), repr(SCHEMA))
    if not isinstance(top["seeds"], SequenceNode):
        raise _wrong(path, top["seeds"], _kind(top["seeds"]), "a list of seeds")
    found: dict[str, Seed] = {}
    for node in top["seeds"].value:
        seed = _seed(path, node)
        if str(seed.reference) in found:
            raise _wrong(path, node, f"{seed.reference} a second time", "each model once")
        found[str(seed.reference)] = seed
    return tuple(found.values())


def _seed(path: Path, node: Node) -> Seed:
    fields = _mapping(path, node, _REQUIRED, _OPTIONAL)
    texts = {key: _text(path, value) for key, value in fields.items()}
    for key in _REQUIRED:
        if not texts[key].strip():
            raise _wrong(path, fields[key], f"an empty {key}", "some text")
    if _SIZE.fullmatch(texts["size"]) is None:
        raise _wrong(path, fields["size"], repr(texts["size"]), "a size such as 8B, 270M or 1-10B")
    revision = f"@{texts['revision']}" if "revision" in texts else ""
    try:
        reference = parse_reference(f"hf:{texts['id']}{revision}")
    except BadReference as error:
        raise _wrong(path, fields["id"], repr(texts["id"] + revision), "org/name") from error
    if not isinstance(reference, HubReference) or "/" not in reference.name:
        raise _wrong(path, fields["id"], repr(texts["id"]), "org/name")
    return Seed(reference, texts["family"], texts["publisher"], texts["size"], texts.get("note", ""))


def _compose(path: Path, data: bytes) -> Node:
    """The document as nodes with lines; aliases and deep nesting are refused before anything is built."""
    try:
        depth = 0
        for event in yaml.parse(data, Loader=yaml.SafeLoader):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > _MAX_DEPTH or isinstance(event, yaml.AliasEvent):
                what = "an alias" if isinstance(event, yaml.AliasEvent) else "deep nesting"
                line = event.start_mark.line + 1 if event.start_mark else 1
                raise MalformedFile(f"{path}:{line}", what, "a plain list of seeds")
        node = yaml.compose(data, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise MalformedFile(f"{path}:{line}", error.problem or "broken YAML", "YAML") from error
    except (yaml.YAMLError, ValueError) as error:
        raise MalformedFile(str(path), "bytes that are no YAML", "YAML") from error
    if node is None:
        raise MalformedFile(str(path), "an empty file", "a list of seeds")
    return node


def _mapping(path: Path, node: Node, required: tuple[str, ...], optional: tuple[str, ...]) -> Mapping[str, Node]:
    if not isinstance(node, MappingNode):
        raise _wrong(path, node, _kind(node), f"a mapping with {', '.join(required)}")
    found: dict[str, Node] = {}
    for key, value in node.value:
        name = _text(path, key)
        if name not in (*required, *optional):
            raise _wrong(path, key, f"the field {name!r}", f"one of {', '.join((*required, *optional))}")
        if name in found:
            raise _wrong(path, key, f"the field {name!r} twice", "each field once")
        found[name] = value
    missing = [name for name in required if name not in found]
    if missing:
        raise _wrong(path, node, f"no {', '.join(missing)}", f"all of {', '.join(required)}")
    return found


def _text(path: Path, node: Node) -> str:
    if not isinstance(node, ScalarNode):
        raise _wrong(path, node, _kind(node), "text")
    return str(node.value)


def _kind(node: Node) -> str:
    return "a mapping" if isinstance(node, MappingNode) else "a list" if isinstance(node, SequenceNode) else "text"


def _wrong(path: Path, node: Node, got: str, expected: str) -> MalformedFile:
    return MalformedFile(f"{path}:{node.start_mark.line + 1}", got, expected)
