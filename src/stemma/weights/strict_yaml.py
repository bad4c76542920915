"""YAML of unknown origin: strings, lists and mappings alone, no aliases."""

from __future__ import annotations

from typing import Any

import yaml

from stemma.errors import MalformedFile


class _PlainLoader(yaml.BaseLoader):
    """Scalars stay strings; aliases are refused, for they let a small file unfold into a huge one."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("it holds aliases")
        return super().compose_node(parent, index)


def parse_yaml_object(text: str, file: str) -> dict[str, Any]:
    """One YAML mapping with string scalars; the caller bounds the length of ``text``.

    Raises:
        MalformedFile: no YAML, no mapping, or a document with aliases.
    """
    try:
        value = yaml.load(text, Loader=_PlainLoader)  # a BaseLoader builds nothing but str, list and dict
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        fault = " ".join(str(error).split())[:200] or type(error).__name__
        raise MalformedFile(file, f"YAML that cannot be read ({fault})", "a YAML mapping") from error
    if value is None or value == "":
        return {}
    if not isinstance(value, dict):
        raise MalformedFile(file, f"a YAML {type(value).__name__}", "a mapping")
    return value
