"""The page that explains the schemas, made of the schemas."""

from __future__ import annotations

from collections.abc import Iterator

from stemma.publish.schemas import schema_file
from stemma.publish.schemas.documents import build_schemas
from stemma.publish.schemas.shapes import Shape

_HEAD = """# JSON schemas of results

Every document that Stemma writes names its schema in the field `schema`. The number after the slash changes
when a field goes or changes its meaning; a new field leaves it, so readers ignore fields they do not know.
All fields are always present. Numbers are finite: one that is not is written as null and listed under
`undefined`. A value that could not be had is an object `{"missing": reason}`. Keys have a fixed order, and
the text is ASCII, so the same result gives the same bytes.
"""


def schema_page() -> str:
    """Markdown with one table a schema."""
    return _HEAD + "".join(_section(name, schema) for name, schema in build_schemas().items())


def _section(name: str, schema: Shape) -> str:
    rows = "\n".join(f"| `{path}` | {kind} | {says} |" for path, kind, says in _fields(schema, ""))
    head = f"\n## {schema['title']}: `{name}`\n\nSchema: [{schema_file(name)}]({schema_file(name)})\n\n"
    return f"{head}| Field | Kind | What it says |\n| --- | --- | --- |\n{rows}\n"


def _fields(shape: Shape, path: str) -> Iterator[tuple[str, str, str]]:
    for name, field in shape.get("properties", {}).items():
        here = f"{path}.{name}" if path else name
        inner = _inner(field)
        mark = "[]" if inner.get("type") == "array" else ""
        yield here + mark, _kind(field), field.get("description", "")
        yield from _fields(inner["items"] if mark else inner, here + mark)


def _inner(field: Shape) -> Shape:
    inner: Shape = field["anyOf"][0] if "anyOf" in field else field
    return inner


def _kind(field: Shape) -> str:
    if "const" in field:
        return f"`{field['const']}`"
    if "enum" in field:
        return ", ".join(f"`{v}`" if v is not None else "null" for v in field["enum"])
    if "anyOf" in field:
        return " or ".join("missing" if "$ref" in option else _kind(option) for option in field["anyOf"])
    kind = field.get("type", "anything")
    return " or ".join(kind) if isinstance(kind, list) else str(kind)
