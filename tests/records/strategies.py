"""Records drawn from the table of fields, so that a new field is tested without a new test."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from stemma.records.shapes import Anything, Choice, Either, Field, Flag, Form, ListOf, Named, Number, Shape, Text, Thing
from stemma.records.shapes import Whole as WholeNumber
from stemma.records.surveys import shipped_surveys
from stemma.records.table import ENTRIES, FIELDS
from stemma.vocabulary import RecordType, RelationKind, load_relations

HEX = "0123456789abcdef"
# Words that some YAML reader takes for something else, and text that YAML has marks for.
WORDS = [
    "plain",
    "two words",
    "yes",
    "no",
    "null",
    "~",
    "1.10",
    "007",
    "1e5",
    "12:30:45",
    "2026-03-01",
    "0x1f",
    ".inf",
    "=",
    "<<",
    "true",
    "- dash",
    "# hash",
    "a: b",
    "a #b",
    "'quote'",
    '"quote"',
    "{brace}",
    "[bracket]",
    "*star",
    "&and",
    "!tag",
    "%percent",
    "@at",
    "`tick`",
    "ends with:",
    "ünïcödé 日本 🦙",
    "|",
    ">",
    "?",
    "\\backslash\\n",
    "...",
    "---",
]
lines = st.sampled_from(WORDS) | st.text(
    st.characters(min_codepoint=32, max_codepoint=0x2FF, exclude_categories=["Cc", "Cs"]), min_size=1, max_size=40
).map(str.strip).filter(bool)
prose = st.lists(lines | st.just(""), min_size=1, max_size=4).map("\n".join).filter(str.strip)
hexes = st.text(HEX, min_size=64, max_size=64)
names = st.sampled_from(["base", "llama2-7b", "a", "x.y_z", "laion-5b", "true", "1e5", "null"])
versions = st.sampled_from(["1.0.0", "0.1.0", "2.10.3-rc.1", "1.0.0+b"])

FORMS: dict[Form, st.SearchStrategy[str]] = {
    "line": lines,
    "prose": prose,
    "name": names,
    "version": versions,
    "requirement": st.sampled_from(["base", "base@1.0.0", "llama2-7b@^1.0.0", "x@>=1.0.0 <2.0.0", "y@*"]),
    "date": st.sampled_from(["2026", "2026-03", "2024-02-29"]),
    "digest": hexes.map("sha256:".__add__),
    "sha256": hexes,
    "url": st.sampled_from(["https://example.org/a#b", "doi:10.1000/1", "http://x.y/z?q=1,2"]),
    "purl": st.just("pkg:huggingface/org/name@0123"),
    "language": st.sampled_from(["en", "no", "pt-BR"]),
}
json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**6), 10**6) | st.sampled_from([0.5, -2.25, 1.5e-9]) | lines,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(lines, inner, max_size=3),
    max_leaves=6,
)


def values(shape: Shape) -> st.SearchStrategy[Any]:  # noqa: PLR0911 one return a shape
    """Values of a shape."""
    match shape:
        case Text():
            return FORMS[shape.form].filter(lambda text: len(text) <= shape.most)
        case Choice():
            return st.sampled_from(sorted(shape.words))
        case WholeNumber():
            return st.integers(shape.least, min(shape.most, 10**12))
        case Number():
            return st.integers(-100, 100) | st.sampled_from([0.5, -0.25, 1e-9, 123.456])
        case Flag():
            return st.booleans()
        case ListOf():
            return st.lists(values(shape.item), max_size=3)
        case Thing():
            return things(shape.fields)
        case Either():
            return values(shape.short) | values(shape.long)
        case Anything():
            return json_values
        case Named():
            raise TypeError("sections are drawn by sections()")


@st.composite
def things(draw: st.DrawFn, fields: tuple[Field, ...]) -> dict[str, Any]:
    """A mapping of some of the fields, in any order."""
    some = [field for field in fields if field.required or draw(st.integers(0, 3)) == 0]
    return {field.key: draw(values(field.shape)) for field in draw(st.permutations(some))}


@st.composite
def sections(draw: st.DrawFn, field: Field, kind: RecordType) -> dict[str, Any]:
    """One section, with appended lists and unset fields among the others."""
    if field.key == "risks":
        assert isinstance(field.shape, Named)
        chosen = draw(st.lists(st.sampled_from(sorted(field.shape.known)), unique=True, max_size=3))
        return {key: draw(values(ENTRIES["risks"].shape)) for key in chosen}
    if field.key == "surveys":
        known = sorted(shipped_surveys()["fmti-2023"].names)
        chosen = draw(st.lists(st.sampled_from(known), unique=True, min_size=1, max_size=3))
        return {"fmti-2023": {key: draw(values(ENTRIES["surveys"].shape)) for key in chosen}}
    assert isinstance(field.shape, Thing)
    section: dict[str, Any] = {}
    for inner in field.shape.fields:
        if (inner.types is not None and kind not in inner.types) or draw(st.integers(0, 3)):
            continue
        if inner.key == "links":
            section["links"] = {"card": draw(FORMS["url"])}
        elif inner.inherits and draw(st.integers(0, 4)) == 0:
            section[inner.key] = None
        elif inner.inherits and isinstance(inner.shape, ListOf) and draw(st.booleans()):
            section[f"+{inner.key}"] = draw(values(inner.shape))
        else:
            section[inner.key] = draw(values(inner.shape))
    for number, entry in enumerate(section.get("files", ())):
        entry["path"] = f"part-{number}.safetensors"
    return section


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """A valid record as data."""
    kind = draw(st.sampled_from(sorted(RecordType)))
    data: dict[str, Any] = {"stemma": 1, "name": draw(names), "version": draw(versions), "type": kind.value}
    allowed = [k for k in RelationKind if kind in load_relations().kinds[k].of]
    for field in FIELDS[4:]:
        if draw(st.integers(0, 2)) == 0:
            continue
        if field.key == "relations":
            chosen = draw(st.lists(st.sampled_from(allowed), max_size=2, unique=True))
            data["relations"] = [{**draw(values(_relation(field))), "kind": each.value} for each in chosen]
            for entry in data["relations"]:
                if entry["kind"] != "merged-from":
                    entry.pop("coefficient", None)
        else:
            section = draw(values(field.shape)) if field.key == "status" else draw(sections(field, kind))
            data.update({field.key: section} if section else {})
    if draw(st.booleans()):
        data["x-acme"] = draw(json_values)
    return data


def _relation(field: Field) -> Shape:
    assert isinstance(field.shape, ListOf)
    return field.shape.item
