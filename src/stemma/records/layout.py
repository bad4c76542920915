"""Text out: new records, formatted ones, and edits that leave comments and the order of keys alone.

Done by ruamel.yaml, which keeps comments. What it writes is read again by the strict reader and must say the same.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from stemma.errors import InvalidRecord, Problem
from stemma.records.read import parse_record, record_from_data
from stemma.records.record import Record
from stemma.records.scalars import plain_value
from stemma.records.shapes import Json, Thing
from stemma.records.table import top_fields

_WIDTH = 110
_LONG = 100
_BRIEF = re.compile(r"[\w .+/@-]{0,29}")  # what every reader takes alike within brackets


def format_record(text: str, file: str = "<record>") -> str:
    """The same record, laid out alike everywhere; comments and the order of keys stay.

    Raises:
        InvalidRecord: the text is no valid record.
    """
    record = parse_record(text, file)
    return _checked(dump_tree(load_tree(text)), record.data, file)


def write_record(data: Mapping[str, Any]) -> str:
    """A new record as text, keys in the order of the language; raises InvalidRecord where ``data`` is none."""
    record = record_from_data(data)
    return _checked(dump_tree(_styled(_ordered(record.data))), record.data, record.key)


def edit_record(text: str, changes: Mapping[str, Json], file: str = "<record>") -> str:
    """Set or, with None, take out the values at dotted paths (``version``, ``about.title``); all else stays as it is.

    A path that the record does not write yet is added at the end of its section. An empty section goes.

    Raises:
        InvalidRecord: the text is no valid record, or would be none afterwards.
    """
    parse_record(text, file)
    tree = load_tree(text)
    for path, value in changes.items():
        _set(tree, path.split("."), value)
    edited = dump_tree(tree)
    parse_record(edited, file)
    return edited


def record_text(record: Record) -> str:
    """A record as :func:`write_record` lays it out; nothing inherited, comments of its file lost."""
    return write_record(record.data)


def _yaml() -> Any:
    from ruamel.yaml import YAML  # noqa: PLC0415 only writing needs it

    yaml = YAML(typ="rt", pure=True)
    yaml.Representer = _representer()
    yaml.preserve_quotes = True
    yaml.width = _WIDTH
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.allow_unicode = True
    return yaml


@cache
def _representer() -> Any:
    """Writes numbers with a point wherever there is an exponent: without one YAML 1.1 takes them for text."""
    from ruamel.yaml.representer import RoundTripRepresenter  # noqa: PLC0415 as above

    class Representer(RoundTripRepresenter):  # a class of its own, so that the registration stays here
        pass

    def number(self: Any, value: float) -> Any:
        text = repr(value)
        return self.represent_scalar("tag:yaml.org,2002:float", text if "." in text else text.replace("e", ".0e"))

    Representer.add_representer(float, number)
    return Representer


def load_tree(text: str) -> Any:
    """A document as ruamel.yaml holds it, comments and all. For text that the strict reader has read."""
    return _yaml().load(text)


def dump_tree(tree: Any) -> str:
    """The text of such a document."""
    out = io.StringIO()
    _yaml().dump(tree, out)
    lines = [line.rstrip() if line.lstrip().startswith("#") else line for line in out.getvalue().splitlines()]
    return "\n".join(lines).strip("\n") + "\n"


def _checked(text: str, data: Mapping[str, Json], file: str) -> str:
    if parse_record(text, file).data == data:
        return text
    message = "Laying this file out would change what it says, so it was left as it is."
    raise InvalidRecord([Problem(file, 1, 1, message, "Write the values in plain or quoted form.", "layout")])


def _ordered(data: Mapping[str, Json]) -> dict[str, Json]:
    """Keys in the order of the language, in sections as at the top; extensions last, by name."""
    fields = top_fields()
    known = {key: data[key] for key in fields if key in data}
    for key, value in known.items():
        shape = fields[key].shape
        if isinstance(shape, Thing) and isinstance(value, dict):
            order = [name for field in shape.fields for name in (field.key, f"+{field.key}")]
            known[key] = {name: value[name] for name in order if name in value}
    return {**known, **{key: data[key] for key in sorted(data) if key not in fields}}


def _styled(value: Json) -> Any:
    """Values with the quotes they need, long text folded, text of several lines as a block."""
    from ruamel.yaml.comments import CommentedMap, CommentedSeq  # noqa: PLC0415 as above

    if isinstance(value, dict):
        return CommentedMap((_styled_key(key), _styled(inner)) for key, inner in value.items())
    if isinstance(value, list):
        items = CommentedSeq(_styled(item) for item in value)
        brief = all(isinstance(item, str) and _BRIEF.fullmatch(item) for item in value)
        if brief and sum(map(len, map(str, value))) < _LONG:
            items.fa.set_flow_style()
        return items
    return _styled_text(value) if isinstance(value, str) else value


def _styled_key(key: str) -> str:
    """A key with the quotes it needs: ``yes`` and ``1.10`` are no strings to some readers."""
    from ruamel.yaml.scalarstring import DoubleQuotedScalarString  # noqa: PLC0415 as above

    return key if plain_value(key) == key else DoubleQuotedScalarString(key)


def _styled_text(text: str) -> Any:
    from ruamel.yaml.scalarstring import DoubleQuotedScalarString, LiteralScalarString  # noqa: PLC0415 as above

    lines = text.split("\n")
    if len(lines) > 1 and all(line == line.strip() and line for line in lines[:1]) and _plain_block(lines):
        return LiteralScalarString(text)
    return text if "\n" not in text and plain_value(text) == text else DoubleQuotedScalarString(text)


def _plain_block(lines: list[str]) -> bool:
    return all(line == line.rstrip() and line.isprintable() for line in lines)


def _set(tree: Any, path: list[str], value: Json) -> None:
    *sections, last = path
    trail = []
    place = tree
    for section in sections:
        if section not in place:
            if value is None:
                return
            place[section] = {}
        trail.append((place, section))
        place = place[section]
    if value is None:
        place.pop(last, None)
        place.pop(f"+{last}", None)
    else:
        place[_styled_key(last)] = _styled(value)
    for outer, section in reversed(trail):
        if not outer[section]:
            del outer[section]
